"""Whatever the input holds, the message is one printable line of bounded length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instances.errors import InputError


@given(st.text(), st.text(), st.one_of(st.text(), st.binary(), st.floats(), st.lists(st.integers()), st.none()))
def test_the_message_is_one_printable_line(where: str, expected: str, got: object) -> None:
    text = str(InputError(where, expected, got))
    assert text.isprintable()
    assert len(text) <= 1000


def test_it_says_where_what_was_expected_and_what_was_found() -> None:
    error = InputError("link a->b", "rate must be > 0 byte/s", -3.0)
    assert str(error) == "link a->b: rate must be > 0 byte/s, got -3.0"
    assert (error.where, error.expected) == ("link a->b", "rate must be > 0 byte/s")
    assert isinstance(error, ValueError)


def test_without_a_value_none_is_named_but_none_itself_is_one() -> None:
    assert str(InputError("a", "b")) == "a: b"
    assert str(InputError("a", "b", None)) == "a: b, got None"


def test_long_values_are_cut() -> None:
    text = str(InputError("column", "must be short", np.arange(10**6)))
    assert len(text) < 150
    assert str(InputError("name", "must be short", "x" * 10**6)).endswith("...")


def test_line_breaks_and_control_characters_do_not_pass() -> None:
    assert str(InputError("net\nwork", "no\ttabs\x1b[31m", "a\nb")) == "net work: no tabs?[31m, got 'a\\nb'"
