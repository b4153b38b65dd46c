"""List scheduling: operations in order of a priority, each to the node that a rule chooses, once and for all."""
