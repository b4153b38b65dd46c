"""The method `pso-ga`: SPSO-GA without the merging of blocks."""

from __future__ import annotations

from typing import ClassVar

from solvers.metaheuristics.spso_ga import SpsoGa
from solvers.registry import register

__all__ = ["PsoGa"]


@register(
    "pso-ga",
    kind="metaheuristic",
    citation="Lin, Huang, Zhang, Hu, Chen, Li, IEEE TII 16(8):5456-5466, 2020, doi 10.1109/TII.2019.2961237",
    anytime=True,
    uses_evaluations=True,
)
class PsoGa(SpsoGa):
    """SPSO-GA without merged blocks: a gene for every segment between single-tensor cuts, or for every layer.

    Segments in the family `joint`, layers in `schedule`. That this is how it differs from SPSO-GA is our reading; what
    is from memory or our reconstruction there is so here.
    """

    merged: ClassVar[bool] = False
