"""Exact methods of the family `schedule`, and bounds."""
