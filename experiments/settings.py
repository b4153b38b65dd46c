"""Settings: values from TOML, Python or the command line as the text that parameter classes read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formulations.registry import family
from instances.parameters import parse_parameters

__all__ = ["options_of", "setting_text", "settings_text"]


def setting_text(value: object) -> str:
    """Return `value` as it is written after ``--set key=``.

    Examples
    --------
    >>> setting_text((1, 2.5)), setting_text(True), setting_text(None)
    ('1,2.5', 'true', 'none')
    """
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(setting_text(item) for item in value)
    return str(value)


def settings_text(values: Mapping[str, Any] | None) -> dict[str, str]:
    """Return all `values` as text."""
    return {str(key): setting_text(value) for key, value in (values or {}).items()}


def options_of(family_name: str, given: Mapping[str, Any] | None) -> Any:
    """Return the option dataclass of a family, read from settings or plain data.

    Raises
    ------
    InputError
        If the family or an option does not exist, or a value is refused.
    """
    return parse_parameters(family(family_name).Options, settings_text(given), f"problem {family_name}")
