"""Exact methods: mathematical models solved by general solvers."""
