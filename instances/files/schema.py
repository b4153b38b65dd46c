"""The published JSON schema of the readable layout, generated from its records.

``python -m instances.files.schema`` writes it anew; a test fails where the published one is out of date.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from instances.files.document import InstanceDocument

__all__ = ["SCHEMA_PATH", "schema_text"]

SCHEMA_PATH = Path(__file__).with_name("instance.schema.json")


def schema_text() -> str:
    """Return the schema as the text of its file: JSON Schema 2020-12, indented, keys in a fixed order."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tiercut instance, readable layout",
        **msgspec.json.schema(InstanceDocument),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


if __name__ == "__main__":
    SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
