"""The machines: published figures of node kinds, each with its citation."""
