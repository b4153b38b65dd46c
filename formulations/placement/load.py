"""What a sample costs one worker."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Load"]


@dataclass(slots=True, kw_only=True)
class Load:
    """What one sample costs a worker: seconds of its layers, of tensors in and out, and the bytes that it holds."""

    compute_s: float = 0.0
    in_s: float = 0.0
    out_s: float = 0.0
    memory_bytes: float = 0.0

    def seconds(self, overlap: bool) -> float:
        """Return the load: the sum, or with `overlap` the greatest part."""
        parts = (self.compute_s, self.in_s, self.out_s)
        return max(parts) if overlap else sum(parts)
