"""Where a cluster is: ``local:4`` for workers on this machine, ``tcp://host:port`` for a scheduler that runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from instances.errors import InputError

__all__ = ["ClusterAddress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAddress:
    """A number of workers to start on this machine, or a scheduler's address.

    Examples
    --------
    >>> ClusterAddress.read("local:4").workers, ClusterAddress.read("tcp://10.0.0.1:8786").scheduler
    (4, 'tcp://10.0.0.1:8786')
    """

    workers: int | None = None
    scheduler: str | None = None

    def __str__(self) -> str:
        return f"local:{self.workers}" if self.scheduler is None else self.scheduler

    @classmethod
    def read(cls, text: str) -> ClusterAddress:
        """Return what `text` stands for; InputError where it is nothing of the kind."""
        if match := re.fullmatch(r"local:([1-9]\d{0,3})", text.strip()):
            return cls(workers=int(match[1]))
        if re.fullmatch(r"(tcp|tls)://[^\s:]\S*:\d{1,5}", text.strip()):
            return cls(scheduler=text.strip())
        raise InputError("cluster", "must be local:N or a scheduler's address such as tcp://host:8786", text)
