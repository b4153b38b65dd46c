"""Back ends: MILP solvers behind one call, whatever language the model was written in."""
