"""What keeps the processes of a local cluster from outliving the process that started them, however that ends.

The processes run it as they start, so it needs the standard library alone.
"""

from __future__ import annotations

import os
import threading
import time

__all__ = ["end_with"]

_EVERY_S = 1.0


def end_with(parent: int) -> None:
    """End this process soon after process `parent`, which has started it, has gone.

    The kernel's death signal would come too early: it is sent when the thread that started the process ends.
    """

    def watch() -> None:
        # an orphan becomes another process's child
        while os.getppid() == parent:
            time.sleep(_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()
