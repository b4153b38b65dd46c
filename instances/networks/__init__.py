"""The networks that are split: graph, zoo, files and imports."""
