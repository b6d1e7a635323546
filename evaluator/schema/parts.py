"""Pieces of a JSON Schema (draft 07, which editors read best), as ``yamlfile.Node`` reads values: what
``Node.number``, ``Node.text`` … take, a mapping with known keys, a value by date (R-P5).

A schema cannot say all that a reader checks (that bands descend, that a leap day exists); there it takes more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evaluator.dated import BESIDE_VALUES, LIKE_A_DATE
from evaluator.rulebook import key_words

Schema = dict[str, Any]

_MONTH_DAYS = "|".join(
    (
        "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
        "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
        "02-(?:0[1-9]|[12][0-9])",
    )
)
DATE = f"^[0-9]{{4}}-(?:{_MONTH_DAYS})$"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"

ANY: Schema = {}
NULL: Schema = {"type": "null"}
TEXT: Schema = {"type": ["string", "integer"], "pattern": "\\S"}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "pattern": DATE, "patternErrorMessage": "应为存在的日期，如 2026-10-01"}
CLOCK: Schema = {"type": "string", "pattern": f"^{_CLOCK}$", "patternErrorMessage": '应为时刻，如 "08:00"'}
HOURS: Schema = {
    "type": "array",
    "items": [CLOCK, {"type": "string", "pattern": f"^(?:{_CLOCK}|24:00)$"}],
    "minItems": 2,
    "additionalItems": False,
}
MONEY: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def number(*, least: int | None = None, above: int | None = None) -> Schema:
    limits = {"minimum": least, "exclusiveMinimum": above}
    return {"type": "number"} | {key: limit for key, limit in limits.items() if limit is not None}


def integer(least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least}


def choice(options: Iterable[str], told: Mapping[str, str] | None = None) -> Schema:
    """One of ``options``; ``told``: what they mean, for the editor's list."""
    options = list(options)
    found: Schema = {"enum": options}
    if told and any(told.get(option) for option in options):
        found["enumDescriptions"] = [told.get(option, "") for option in options]
    return found


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def when(conditions: Schema, then: Schema) -> Schema:
    """``then`` holds where these keys are there and are so."""
    return {"if": {"properties": conditions, "required": list(conditions)}, "then": then}


def needed(keys: Iterable[str], properties: Schema | None = None) -> Schema:
    """Keys that must stand there with a value, beside what else is said of ``properties``."""
    keys = list(keys)
    return {"required": keys, "properties": (properties or {}) | {key: {"not": NULL} for key in keys}}


def absent(keys: Iterable[str], why: str) -> Schema:
    """Keys that may not stand there (null is nothing). ``why``: what the editor says."""
    return {key: {"type": "null", "errorMessage": why} for key in keys}


def _mapping(
    sections: Iterable[str], known: Iterable[str], given: Mapping[str, Schema], required: Iterable[str]
) -> Schema:
    """A mapping with the keys ``known`` to the reader, each described; null stands for a key that is absent."""
    known = list(known)
    words: dict[str, str] = {}
    for section in sections:
        words = key_words()[section] | words
    if set(known) != set(given):
        raise AssertionError(f"{known[0]} …: reader and schema differ in {sorted(set(known) ^ set(given))}")
    described = {
        key: {"description": words[key]} | (given[key] if key in required else either(given[key], NULL))
        for key in known
    }
    return {
        "type": "object",
        "properties": described,
        "required": list(required),
        "additionalProperties": False,
    }


class Parts:
    """A schema in the making: its definitions. ``dated``: whether values may be written by date here."""

    def __init__(self, *, dated: bool = True) -> None:
        self.definitions: dict[str, Schema] = {}
        self.by_date = dated

    def define(self, name: str, schema: Schema) -> Schema:
        """A reference to the schema, kept under the name."""
        if self.definitions.setdefault(name, schema) != schema:
            raise AssertionError(f"two definitions are called {name}")
        return {"$ref": f"#/definitions/{name}"}

    def dated(self, name: str, schema: Schema) -> Schema:
        """The value, or the same by date (R-P5): ``{2026-01-01: …}`` or ``{values: {…}, source: …}``."""
        if not self.by_date:
            return schema
        plain = self.define(name, schema)
        me = {"$ref": f"#/definitions/{name}.dated"}
        if f"{name}.dated" in self.definitions:
            return me
        by_date = {
            "type": "object",
            "propertyNames": {"pattern": DATE, "patternErrorMessage": "按日期写的值，每个键都应为存在的日期"},
            "additionalProperties": either(me, NULL),
            "minProperties": 1,
        }
        of_values = {"values": by_date, "source": TEXT, "reviewed_until": DAY, "note": ANY}
        values = _mapping(["dated"], BESIDE_VALUES, of_values, ["values"])
        has_date = {"type": "object", "not": {"propertyNames": {"not": {"pattern": LIKE_A_DATE.pattern}}}}
        has_values = {"type": "object", "required": ["values"]}
        if schema.get("type") in ("object", None) and "enum" not in schema:
            how = {"if": has_values, "then": values, "else": {"if": has_date, "then": by_date, "else": plain}}
        else:  # a scalar or a list: an editor completes alternatives better than conditions
            how = either(plain, by_date, values)
        self.define(f"{name}.dated", how)
        return me

    def mapping(
        self,
        name: str,
        known: Iterable[str],
        given: Mapping[str, Schema],
        required: Iterable[str] = (),
        *,
        sections: Iterable[str] = (),
        rules: Iterable[Schema] = (),
    ) -> Schema:
        """A mapping, maybe by date; ``sections`` of ``rules/keys.yaml``, the first first (default: its name);
        ``rules``: what else holds."""
        found = _mapping(list(sections) or [name], known, given, required)
        if rules := list(rules):
            found["allOf"] = rules
        return self.dated(name, found)

    def list_of(self, name: str, item: Schema, *, least: int = 0) -> Schema:
        listed: Schema = {"type": "array", "items": item}
        return self.dated(name, listed | ({"minItems": least} if least else {}))

    def row(self, name: str, *cells: Schema, least: int | None = None) -> Schema:
        """A list of so many cells, each of its own kind."""
        length = {"minItems": len(cells) if least is None else least, "additionalItems": False}
        return self.dated(name, {"type": "array", "items": list(cells)} | length)

    def text(self) -> Schema:
        return self.dated("text", TEXT)

    def texts(self) -> Schema:
        return self.list_of("texts", self.text())

    def flag(self) -> Schema:
        return self.dated("flag", FLAG)

    def number(self) -> Schema:
        return self.dated("number", number())

    def positive(self) -> Schema:
        return self.dated("positive", number(above=0))

    def not_negative(self) -> Schema:
        return self.dated("not_negative", number(least=0))

    def share(self) -> Schema:
        return self.dated("share", SHARE)

    def money(self) -> Schema:
        return self.dated("money", MONEY)

    def integer(self, least: int = 0) -> Schema:
        return self.dated(f"integer_from_{least}", integer(least))

    def hours(self) -> Schema:
        return self.dated("hours", HOURS)

    def finished(self, title: str, description: str, root: Schema) -> Schema:
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": title,
            "description": description,
            **root,
            "definitions": dict(sorted(self.definitions.items())),
        }
