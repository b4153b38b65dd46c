"""A heap of numbers by their keys in a plain array, for kernels; of equal keys the least number comes first."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from numba import njit

__all__ = ["pop", "push"]


@njit(cache=True, error_model="numpy", inline="always")
def _before(key, a, b):
    return key[a] < key[b] or (key[a] == key[b] and a < b)


@njit(cache=True, error_model="numpy")
def push(heap, size, key, item):
    """Put `item` into the first `size` places, which become one more."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if not _before(key, item, heap[parent]):
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = item


@njit(cache=True, error_model="numpy")
def pop(heap, size, key):
    """Take the item of least key out of the first `size` places, which become one less."""
    top, item = heap[0], heap[size - 1]
    size -= 1
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _before(key, heap[child + 1], heap[child]):
            child += 1
        if not _before(key, heap[child], item):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item
    return top
