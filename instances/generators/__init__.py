"""Seeded, pure generators of instances; each file here that registers one is found by itself."""
