"""How it is answered: the method contract, the registry and the methods."""
