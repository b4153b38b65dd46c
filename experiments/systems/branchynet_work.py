"""The multiply-adds of BranchyNet's networks, and what is published of them: exit rates and speed-ups."""

from __future__ import annotations

__all__ = ["CPU", "SHARES", "WORK"]


def _conv(kernel: int, inputs: int, outputs: int, side: int) -> float:
    """Return the multiply-adds of a convolution with square kernel and output."""
    return float(kernel * kernel * inputs * outputs * side * side)


# multiply-adds of the trunk between exits and of each branch, from the layers of the authors' networks
_ALEX_TRUNK = (
    _conv(5, 3, 32, 32) + _conv(5, 32, 64, 16),
    _conv(3, 64, 96, 8),
    _conv(3, 96, 96, 8) + _conv(3, 96, 64, 8) + 1024 * 256 + 256 * 128,
)
_ALEX_SECOND = _conv(3, 96, 32, 4) + 128 * 10
_RES_BLOCK = 2 * _conv(3, 16, 16, 30)
_RES_REST = _conv(3, 16, 32, 15) + 35 * _conv(3, 32, 32, 15) + _conv(3, 32, 64, 8) + 35 * _conv(3, 64, 64, 8)
WORK: dict[str, tuple[tuple[float, ...], tuple[float, ...], float]] = {
    "B-LeNet": (
        (_conv(5, 1, 5, 30), _conv(5, 5, 10, 17) + _conv(5, 10, 20, 11) + 720 * 84),
        (_conv(3, 5, 10, 15) + 640 * 10, 84 * 10),
        _conv(5, 1, 5, 30) + _conv(5, 5, 10, 17) + _conv(5, 10, 20, 11) + 720 * 84 + 84 * 10,
    ),
    "B-AlexNet": (
        _ALEX_TRUNK,
        (_conv(3, 64, 32, 8) + _conv(3, 32, 32, 8) + 512 * 10, _ALEX_SECOND, 128 * 10),
        sum(_ALEX_TRUNK) + 128 * 10,
    ),
    "B-AlexNet, first branch behind conv 1": (
        (_conv(5, 3, 32, 32), _conv(5, 32, 64, 16) + _ALEX_TRUNK[1], _ALEX_TRUNK[2]),
        (_conv(3, 32, 32, 16) + _conv(3, 32, 32, 16) + 2048 * 10, _ALEX_SECOND, 128 * 10),
        sum(_ALEX_TRUNK) + 128 * 10,
    ),
    # the branched trunk has 19 blocks in its first stage, ResNet-110 has 18
    "B-ResNet": (
        (_conv(3, 3, 16, 30) + _RES_BLOCK, 18 * _RES_BLOCK, _RES_REST),
        (_conv(3, 16, 32, 30) + _conv(3, 32, 32, 30) + 7200 * 3600 + 3600 * 10, _RES_BLOCK + 14_400 * 10, 576 * 10),
        _conv(3, 3, 16, 30) + 18 * _RES_BLOCK + _RES_REST + 576 * 10,
    ),
}
"""Trunk between exits, branches, and the network without branches: `kunglab/branchynet`, ``networks``."""
SHARES = {
    "B-LeNet": (0.943, 0.0563),
    "B-AlexNet": (0.656, 0.252, 0.092),
    "B-AlexNet, first branch behind conv 1": (0.656, 0.252, 0.092),
    "B-ResNet": (0.415, 0.138, 0.447),
}
"""Published exit rates."""
CPU = {"B-LeNet": 3.37 / 0.62, "B-AlexNet": 9.56 / 6.32, "B-ResNet": 137.20 / 73.5}
"""Published speed-ups on the CPU."""
