"""Generate a metropolitan scenario and ask three methods for a plan."""

from experiments import generate, solve

instance = generate("metro", seed=7, tasks=20, edges=4)
print(instance.summary())

for method in ("all-local", "greedy", "lagrangian"):
    solution = solve(instance, method, seed=1, seconds=5)
    bound = "none" if solution.bound is None else f"{solution.bound:.4f}"
    gap = "unknown" if solution.gap is None else f"{100 * solution.gap:.2f} %"
    print(f"{method:12s} value {solution.value:.4f}  bound {bound}  gap {gap}")
