"""Instance files: one file an instance, readable JSON for small ones, columns for large ones."""
