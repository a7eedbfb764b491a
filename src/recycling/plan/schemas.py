"""The closed schema of a study: its defaults filled in, and the first fault as one line.

Imported by the Snakefile, so free of everything heavy.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

from recycling.ground.errors import InputError
from recycling.plan import yaml_values

SCHEMAS = Path(__file__).resolve().parents[3] / "workflow" / "schemas"


def fill(study: dict[str, Any], schema: str) -> None:
    """Give the study the defaults of a schema; raises InputError at the first fault."""
    fault = best_match(_validator(schema).iter_errors(study))
    if fault is not None:
        raise _described(fault)


def _defaults(
    validator: Any, properties: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for key, rule in properties.items():
            if "default" in rule:
                instance.setdefault(key, yaml_values.copied(rule["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


def _pattern(_: Any, pattern: str, text: Any, __: Any) -> Iterator[ValidationError]:
    # Python's `$` also matches before a final line end, which would become part of a path.
    if isinstance(text, str) and not re.fullmatch(pattern, text):
        yield ValidationError(f"{text!r} does not match {pattern!r}")


def _is_whole(_: Any, value: Any) -> bool:
    # JSON calls 2.0 an integer; range(2.0) does not.
    return isinstance(value, int) and not isinstance(value, bool)


_Filling = validators.extend(
    Draft202012Validator,
    {"properties": _defaults, "pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)


def _validator(schema: str) -> Any:
    """The validator of a schema, which may refer to parts of the others."""
    texts = {file.name: yaml.safe_load(file.read_text()) for file in SCHEMAS.glob("*.schema.yaml")}
    known = Registry().with_resources(
        (name, Resource.from_contents(text)) for name, text in texts.items()
    )
    return _Filling(texts[schema], registry=known)


def _described(fault: ValidationError) -> InputError:
    path = ".".join(str(part) for part in fault.absolute_path) or "(top level)"
    if fault.validator == "additionalProperties":
        known = sorted(fault.schema.get("properties", {}))
        extra = sorted(set(fault.instance) - set(known))
        return InputError(
            "config", path, extra[0], f"one of {known}", "correct the spelling or remove the key"
        )
    if fault.validator == "required":
        missing = [key for key in fault.validator_value if key not in fault.instance]
        return InputError("config", path, sorted(fault.instance), f"also {missing}", "add the key")
    if fault.validator == "enum":
        expected = f"one of {fault.validator_value}"
    else:
        expected = f"{fault.validator} {fault.validator_value}"
    return InputError("config", path, fault.instance, expected, "correct the value")
