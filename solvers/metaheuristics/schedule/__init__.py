"""The genes of the family `schedule`: a server of every block, and an order of the blocks."""
