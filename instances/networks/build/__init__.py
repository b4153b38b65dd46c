"""Builds the zoo's files from public architecture definitions; needs the extra ``zoo``."""
