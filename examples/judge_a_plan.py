"""Judge a plan that some other program wrote: change one by hand and see what the referee says."""

import json
from pathlib import Path

from experiments import check, generate, solve

instance = generate("line", seed=7, tasks=4)
solution = solve(instance, "greedy", seed=1)
solution.write_plan("plan.json")
print("as it was:", check(instance, "plan.json").verdict)

document = json.loads(Path("plan.json").read_text())
document["plan"]["tasks"][0]["candidate"] = 5  # a site that the task does not reach
Path("plan.json").write_text(json.dumps(document))
judged = check(instance, "plan.json")
print("changed:", judged.verdict, *judged.violations, sep="\n  ")
