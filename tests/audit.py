"""Whether this run is `make audit`, in which exhaustive tests draw all of their cases."""

from __future__ import annotations

import os

__all__ = ["AUDIT"]

AUDIT = os.environ.get("TIERCUT_AUDIT") == "1"
