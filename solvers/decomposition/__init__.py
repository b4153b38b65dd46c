"""Decomposition: dual bounds that hold at any size, and plans from their prices."""
