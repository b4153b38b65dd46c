"""What a Dask worker of the random kills loads first: its fork server knows the dummies' libraries only."""

from __future__ import annotations

from experiments import fork_server

fork_server.PRELOAD = ["experiments.fork_guard", "tests.experiments.chaos_preload"]
