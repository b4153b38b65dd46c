"""torchvision beside a torch that its compiled operators do not match."""

from __future__ import annotations

from typing import Any

from instances.networks.importers.optional import require

__all__ = ["torchvision_for"]

_KEPT: list[Any] = []


def torchvision_for(torch: Any) -> Any:
    """Return torchvision, importable even where its compiled operators cannot be loaded (beside a CPU torch, say).

    The networks use none of those operators, but importing torchvision registers shapes for two of them, which must
    then have a schema.
    """
    if not _KEPT:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            if not hasattr(torch.ops.torchvision, operator):
                library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEPT.append(library)  # a definition lives as long as its library
    return require("torchvision", "zoo")
