"""A shard: one of n equal parts of a study's trials, for array jobs that share nothing but the study's file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from instances.errors import InputError

__all__ = ["Shard"]

T = TypeVar("T", bound=Any)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Part `index` of `count`, counted from 1.

    Examples
    --------
    >>> Shard.read("2/3").part("abcdefgh")
    ['b', 'e', 'h']
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise InputError("shard", "must be k/n with 1 <= k <= n", str(self))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @classmethod
    def read(cls, text: str) -> Shard:
        """Return the shard that ``k/n`` stands for; InputError where it is nothing of the kind."""
        match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        if match is None:
            raise InputError("shard", "must be k/n, such as 1/4", text)
        return cls(index=int(match[1]), count=int(match[2]))

    @property
    def store_name(self) -> str:
        """Name of the shard's store file."""
        return f"store-{self.index}-of-{self.count}.sqlite"

    def part(self, items: Sequence[T]) -> list[T]:
        """Return every `count`-th of `items`; the shards together have each once."""
        return list(items[self.index - 1 :: self.count])
