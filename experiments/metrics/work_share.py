"""Where the work is done: the shares of device, edge and cloud in all operations."""

from __future__ import annotations

from experiments.metrics.metric import Metric, register_metric

__all__ = ["CLOUD_SHARE", "EDGE_SHARE", "LOCAL_SHARE"]


def _share(name: str, column: str, where: str) -> Metric:
    return register_metric(
        Metric(
            name=name,
            title=where,
            unit="%",
            direction=None,
            overall=where,
            digits=1,
            fixed=True,
            of=lambda frame: 100.0 * frame[column],
            summary=f"share of all operations that the plan has done on the {where}",
        )
    )


LOCAL_SHARE = _share("local-share", "device_work", "device")
EDGE_SHARE = _share("edge-share", "edge_work", "edge")
CLOUD_SHARE = _share("cloud-share", "cloud_work", "cloud")
