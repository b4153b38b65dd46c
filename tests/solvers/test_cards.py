"""Cards say what the registry says, without loading it."""

from __future__ import annotations

import subprocess
import sys

from solvers.cards import card_of
from solvers.registry import entry, method_names


def test_cards_agree_with_the_registry() -> None:
    own = [name for name in method_names() if entry(name).cls.__module__.startswith("solvers.")]
    assert own
    for name in own:
        card = card_of(name)
        assert card is not None, name
        assert (card.kind, card.citation) == (entry(name).kind, entry(name).citation)


def test_an_unknown_method_has_none() -> None:
    assert card_of("no-such-method") is None


def test_no_solver_is_loaded() -> None:
    code = "import sys; from solvers.cards import card_of; card_of('milp'); print('ortools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
