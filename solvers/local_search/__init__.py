"""Local search: replies of one task at a time."""
