"""Family `joint`: many tasks, shared nodes and links; placements and shares together."""
