"""Passes over blocks of tasks that the workers of a Dask cluster hold."""
