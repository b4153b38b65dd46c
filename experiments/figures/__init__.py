"""Figures: vector graphics with the data beside them."""
