"""Series that lie on one another are all seen, and a legend lies beside what is drawn."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.systems.axes import legend_above, look_of


def test_a_later_series_leaves_the_edge_of_an_earlier_one_to_be_seen() -> None:
    looks = [look_of(index) for index in range(4)]
    assert all(a["markersize"] > b["markersize"] and a["linewidth"] > b["linewidth"] for a, b in pairwise(looks))
    assert len({one["color"] for one in looks}) == len({one["marker"] for one in looks}) == 4


def test_the_legend_covers_no_axes() -> None:
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], label="a series", **look_of(0))
    legend_above(figure, axes)
    canvas.draw()
    assert figure.legends[0].get_window_extent().y0 >= axes.get_window_extent().y1
