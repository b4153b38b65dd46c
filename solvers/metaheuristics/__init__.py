"""Metaheuristics of the family `joint`, all on one encoding and one decoder."""
