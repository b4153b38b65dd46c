"""Compare methods over a grid of instances and print the table for a paper."""

from experiments import compare, table

study = {
    "name": "methods",
    "title": "Rules against the bound",
    "seed": 1,
    "budget": {"seconds": 2},
    "instances": [{"generator": "line", "set": {"tasks": [5, 10]}, "problem": {"sharing": ["optimal", "equal"]}}],
    "methods": [
        {"name": "lagrangian"},
        {"name": "best-reply"},
        {"name": "greedy"},
        {"name": "random", "label": "random, 10 draws", "set": {"draws": 10}},
    ],
}

done = compare(study, "results/methods", quiet=True)  # run it again: everything has its record already
print(table(done, "summary"))
print(table(done, "overview", "latex"))
print(done.frame.groupby("title")["gap"].mean())
