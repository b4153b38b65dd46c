"""Matching of tasks and sites: deferred acceptance, swap matching, blocking pairs."""
