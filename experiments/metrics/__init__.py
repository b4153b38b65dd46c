"""Metrics: what a table can show of a trial."""
