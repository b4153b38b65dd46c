"""The deciding algorithms of published systems, as their authors state them; what is our reconstruction says so."""
