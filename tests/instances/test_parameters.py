from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instances.errors import InputError
from instances.parameters import describe_parameters, parse_parameters, settings_of


@dataclass(frozen=True, kw_only=True)
class Sample:
    count: int = 3
    share: float = 0.5
    strict: bool = False
    label: str = "x"
    names: tuple[str, ...] = ("a", "b")
    limit: float | None = None
    mode: Literal["slow", "fast"] = "slow"


def test_settings_take_the_types_of_the_fields() -> None:
    settings = {
        "count": "1e6",
        "share": "1e-3",
        "strict": "yes",
        "label": "y z",
        "names": "c, d",
        "limit": "2",
        "mode": "fast",
    }
    expected = Sample(count=10**6, share=1e-3, strict=True, label="y z", names=("c", "d"), limit=2.0, mode="fast")
    assert parse_parameters(Sample, settings, "sample") == expected
    assert parse_parameters(Sample, {"limit": "none"}, "sample").limit is None


@given(
    st.builds(
        Sample,
        count=st.integers(-(2**53), 2**53),
        share=st.floats(allow_nan=False),
        strict=st.booleans(),
        names=st.lists(st.text("abcdef", min_size=1), min_size=1).map(tuple),
        limit=st.none() | st.floats(allow_nan=False),
        mode=st.sampled_from(["slow", "fast"]),
    )
)
def test_settings_of_parameters_give_the_parameters_back(sample: Sample) -> None:
    assert parse_parameters(Sample, settings_of(sample), "sample") == sample


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("count", "1.5"),
        ("count", "many"),
        ("count", "inf"),
        ("count", "nan"),
        ("count", ""),
        ("share", "half"),
        ("strict", "maybe"),
        ("names", "a,,b"),
        ("limit", "low"),
        ("mode", "medium"),
    ],
)
def test_nonsense_values_are_named_in_one_line(key: str, text: str) -> None:
    with pytest.raises(InputError, match=f"sample, {key}: must be") as caught:
        parse_parameters(Sample, {key: text}, "sample")
    assert "\n" not in str(caught.value)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="known are count, label, limit, mode, names, share, strict"):
        parse_parameters(Sample, {"size": "1"}, "sample")


def test_description_shows_type_and_default() -> None:
    described = describe_parameters(Sample)
    assert described["limit"] == ("float or none", "none")
    assert described["names"] == ("str, ...", "a,b")
    assert described["mode"] == ("slow or fast", "slow")
