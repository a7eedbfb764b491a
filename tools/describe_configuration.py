"""Write docs/configuration.md and the JSON schemas of study files, from the records of the plan.

    make configuration

An editor completes and checks a study file that begins with
`# yaml-language-server: $schema=workflow/schemas/merging.schema.json`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recycling import composition
from recycling.ground import registry
from recycling.ground.tables import replacing
from recycling.merging import METHODS
from recycling.model import BASE_SOURCES
from recycling.plan.study.file import KINDS
from recycling.plan.study.mix import Mix
from recycling.tasks import SOURCES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/configuration.md"
SCHEMAS = ROOT / "workflow/schemas"
HEAD = """# Every key of a study file

Made by `make configuration` from the records in `src/recycling/plan/study/`; do not edit it by
hand. A study file is YAML. Its `kind` says which of the tables below holds; without it the study is
a merging study. A key that is not here is refused, with the nearest one that is. `name` in a key
stands for a name of your own, `[]` for each entry of a list. A key without a default is required
or, where the column is empty, may be left out.

A path counts from the study file that says it (those in a catalogue from the catalogue), then from
the folder that the run starts in, which is that of `--directory` where it is given. `~` is the home
folder.
"""
OPTIONS = """## Options

What stands beside a name that is chosen of a table. The keyword-only arguments of the functions are
the options; the functions' own words say what they do: see docs/methods.md.

| choice | option | type | default |
| --- | --- | --- | --- |"""
TABLES = {
    "base.source.kind": BASE_SOURCES,
    "tasks.name.source": SOURCES,
    "merge.method": registry.entries(METHODS) | composition.METHODS,
    "subjects": registry.entries(composition.SUBJECTS),
}
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
}
TYPES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
}
Schema = dict[str, Any]


def schema(kind: str) -> Schema:
    """The JSON schema of a kind of study."""
    return KINDS[kind][0].model_json_schema()


def rows(whole: Schema, record: Schema, path: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Key, type, default and meaning of every key of a record, those of records in it behind it."""
    for name, raw in record.get("properties", {}).items():
        key, rule = f"{path}{name}", _resolved(whole, raw)
        default = "required" if name in record.get("required", []) else _default(raw, rule)
        # A record's own description is the key's where these are the same.
        meaning = raw.get("description") or rule.get("description", "")
        yield key, _type(whole, rule), default, " ".join(meaning.split())
        yield from rows(whole, rule, f"{key}.")
        inner = _resolved(whole, _values(rule))
        yield from rows(whole, inner, f"{key}.name.")
        yield from rows(whole, _resolved(whole, rule.get("items", {})), f"{key}[].")


def options() -> Iterator[tuple[str, str, str, str]]:
    """Choice, option, type and default of all that an entry of a table takes."""
    for where, table in TABLES.items():
        for name, entry in table.items():
            for option, (kind_of, default) in registry.options(entry).items():
                value = "required" if default is ... else f"`{json.dumps(default)}`"
                yield f"`{where}: {name}`", f"`{option}`", f"`{kind_of}`".replace("|", "or"), value


def page() -> str:
    """The page of all kinds of study."""
    parts = [HEAD]
    described = {f"kind: {kind}": schema(kind) for kind in KINDS}
    described["The file of community_from"] = Mix.model_json_schema()
    for title, whole in described.items():
        parts.append(f"## {title}\n\n{' '.join(whole['description'].split())}\n")
        parts.append("| key | type | default | meaning |\n| --- | --- | --- | --- |")
        for key, kind_of, default, meaning in rows(whole, whole):
            parts.append(f"| `{key}` | {kind_of} | {default} | {meaning} |".replace("\n", " "))
        parts.append("")
    parts.append(OPTIONS)
    parts += [f"| {' | '.join(row)} |" for row in options()]
    return "\n".join(parts) + "\n"


def _resolved(whole: Schema, rule: Schema) -> Schema:
    """A rule with what it refers to, without the null that stands for a key left out."""
    options = [option for option in rule.get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        rule = {**options[0], **{key: said for key, said in rule.items() if key != "anyOf"}}
    elif options:
        rule = {**rule, "anyOf": options}
    if "$ref" in rule:
        rule = {**whole["$defs"][rule["$ref"].rpartition("/")[2]], **rule}
    return rule


def _values(rule: Schema) -> Schema:
    """The rule of the values behind names of one's own; empty where there are none."""
    of = [rule.get("additionalProperties"), *rule.get("patternProperties", {}).values()]
    return next((values for values in of if isinstance(values, dict)), {})


def _type(whole: Schema, rule: Schema) -> str:
    if "const" in rule or "enum" in rule:
        values = rule.get("enum", [rule.get("const")])
        return " or ".join(f"`{value}`" for value in values)
    if "anyOf" in rule:
        return " or ".join(_type(whole, _resolved(whole, option)) for option in rule["anyOf"])
    if rule.get("type") == "array":
        of = _type(whole, _resolved(whole, rule["items"]))
        some = "one or more" if rule.get("minItems") else "list"
        return f"{some} of: {of}" + (", each once" if rule.get("uniqueItems") else "")
    if rule.get("type") == "object":
        values = _resolved(whole, _values(rule))
        return f"name -> {_type(whole, values)}" if values else "keys"
    bounds = [said.format(rule[key]) for key, said in BOUNDS.items() if key in rule]
    return ", ".join([TYPES.get(rule.get("type", ""), "any value"), *bounds])


def _default(raw: Schema, rule: Schema) -> str:
    value = raw.get("default")
    if value is None or (isinstance(value, dict) and rule.get("properties")):
        return ""  # none, or that of each key in it
    return f"`{json.dumps(value)}`"


def write(path: Path, text: str) -> None:
    """Put `text` at `path`."""
    with replacing(path) as temporary:
        temporary.write_text(text)


def main() -> None:
    """Write the page and the schemas."""
    write(PAGE, page())
    for kind in KINDS:
        write(SCHEMAS / f"{kind}.schema.json", json.dumps(schema(kind), indent=1) + "\n")


if __name__ == "__main__":
    main()
