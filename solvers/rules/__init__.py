"""The simple rules that every paper compares with."""
