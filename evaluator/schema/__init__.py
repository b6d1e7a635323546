"""JSON Schemas of the files that people write, made from the tables that the readers use (``evaluator schema``)."""

from __future__ import annotations

import json
from pathlib import Path

from evaluator.schema.parts import Schema


def schemas() -> dict[str, Schema]:
    """File name → schema."""
    from evaluator.schema.months import mapping_schema, period_schema
    from evaluator.schema.packs import pack_schema
    from evaluator.schema.plans import plan_schema

    makers = {"period": period_schema, "plan": plan_schema, "pack": pack_schema, "mapping": mapping_schema}
    return {f"{name}.schema.json": make() for name, make in makers.items()}


def schema_text(schema: Schema) -> str:
    """As a file: each key and each definition on a line of its own."""

    def entries(held: Schema) -> str:
        lines = (f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in held.items())
        return ",\n".join(lines)

    head = {key: value for key, value in schema.items() if key != "definitions"}
    return f'{{\n{entries(head)},\n"definitions": {{\n{entries(schema["definitions"])}\n}}\n}}\n'


def write_schemas(folder: Path) -> list[Path]:
    """Writes every schema into the folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        (folder / name).write_text(schema_text(schema), encoding="utf-8")
        written.append(folder / name)
    return written
