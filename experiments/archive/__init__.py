"""The archive: all that a study's tables need in one zip file, and the way back from it to the tables."""
