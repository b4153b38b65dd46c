"""Statistics: what may be said of methods from the instances that they met."""
