from __future__ import annotations

import json

from instances.files.schema import SCHEMA_PATH, schema_text


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text(), "run python -m instances.files.schema"


def test_the_schema_refuses_unknown_fields_and_describes_units() -> None:
    records = json.loads(schema_text())["$defs"]
    assert all(record["additionalProperties"] is False for record in records.values())
    assert records["LinkRecord"]["properties"]["bytes_per_s"]["description"] == "bytes per second"
    assert set(records["LinkRecord"]["required"]) == {"source", "target", "bytes_per_s"}
