"""What Helm itself adds: templates as functions, refusals, YAML, JSON and TOML."""

from __future__ import annotations

from gitops_clone.helm import json_text, toml_text, yaml_text, yaml_values
from gitops_clone.helm.errors import Refused
from gitops_clone.helm.evaluate import compiled, define
from gitops_clone.helm.frame import Frame, call
from gitops_clone.helm.gotypes import NilList, NilMap, Value
from gitops_clone.helm.registry import function
from gitops_clone.helm.walk import copied

# What Go calls the template that all others belong to, and so a text that `tpl` is given.
_ROOT = "gotpl"


@function("include", "string", "any", framed=True)
def _include(frame: Frame, name: str, dot: Value) -> str:
    template = frame.templates.get(name)
    if template is None:
        raise Refused(f'template: no template "{name}" associated with template "{_ROOT}"')
    return call(template, frame, dot)


@function("tpl", "string", "any", framed=True)
def _tpl(frame: Frame, text: str, dot: Value) -> str:
    if "{{" not in text:
        return text.replace("<no value>", "")
    found = compiled(text, _ROOT)
    inner = frame
    if found.definitions:
        # What the text defines holds in it, and in what it calls.
        templates = dict(frame.templates)
        define(templates, found, _ROOT)
        inner = Frame(frame.run, templates, frame.slots, frame.emit)
    return call(found.main, inner, dot).replace("<no value>", "")


@function("required", "string", "any")
def _required(message: str, value: Value) -> Value:
    if value is None or value == "":
        raise Refused(message)
    return value


@function("fail", "string")
def _fail(message: str) -> str:
    raise Refused(message)


@function("lookup", "string", "string", "string", "string")
def _lookup(version: str, kind: str, namespace: str, name: str) -> dict[str, Value]:
    return {}


@function("toYaml", "any")
def _to_yaml(value: Value) -> str:
    try:
        return yaml_text.dump(value)
    except Refused:
        return ""


@function("mustToYaml", "any")
def _must_to_yaml(value: Value) -> str:
    return yaml_text.dump(value)


@function("toYamlPretty", "any")
def _to_yaml_pretty(value: Value) -> str:
    return yaml_text.dump_pretty(value)


@function("fromYaml", "string")
def _from_yaml(text: str) -> dict[str, Value]:
    try:
        found = yaml_values.load(text)
        return {} if found is None else _map(found, "error unmarshaling JSON: while decoding JSON: ")
    except yaml_values.NotValues as error:
        return {"Error": _no_yaml(error)}


@function("fromYamlArray", "string")
def _from_yaml_array(text: str) -> list[Value]:
    try:
        found = yaml_values.load(text)
        return [] if found is None else _array(found, "error unmarshaling JSON: while decoding JSON: ")
    except yaml_values.NotValues as error:
        return [_no_yaml(error)]


@function("toJson", "any")
def _to_json(value: Value) -> str:
    try:
        return json_text.dump(value)
    except Refused:
        return ""


@function("mustToJson", "any")
def _must_to_json(value: Value) -> str:
    return json_text.dump(value)


@function("toPrettyJson", "any")
def _to_pretty_json(value: Value) -> str:
    try:
        return json_text.dump(value, indent="  ")
    except Refused:
        return ""


@function("mustToPrettyJson", "any")
def _must_to_pretty_json(value: Value) -> str:
    return json_text.dump(value, indent="  ")


@function("toRawJson mustToRawJson", "any")
def _to_raw_json(value: Value) -> str:
    return json_text.dump(value, html=False)


@function("fromJson", "string")
def _from_json(text: str) -> dict[str, Value]:
    try:
        return _map(json_text.load(text))
    except ValueError as error:
        return {"Error": str(error)}


@function("fromJsonArray", "string")
def _from_json_array(text: str) -> list[Value]:
    try:
        return _array(json_text.load(text))
    except ValueError as error:
        return [str(error)]


@function("mustFromJson", "string")
def _must_from_json(text: str) -> Value:
    try:
        return json_text.load(text)
    except ValueError as error:
        raise Refused(str(error)) from None


@function("toToml", "any")
def _to_toml(value: Value) -> str:
    return toml_text.dump(value)


@function("fromToml", "string")
def _from_toml(text: str) -> dict[str, Value]:
    return toml_text.load(text)


def _map(found: Value, prefix: str = "") -> dict[str, Value]:
    """A map as it was read; of anything else, Go's complaint in one."""
    if found is None:
        return NilMap()
    if isinstance(found, dict):
        return found
    return {"Error": f"{prefix}{_complaint(found)} map[string]interface {{}}"}


def _array(found: Value, prefix: str = "") -> list[Value]:
    if found is None:
        return NilList()
    if isinstance(found, list):
        return found
    return [f"{prefix}{_complaint(found)} []interface {{}}"]


def _no_yaml(error: yaml_values.NotValues) -> str:
    """Charts test for an error, not for its words, which are not always those of go-yaml."""
    return f"error converting YAML to JSON: {error.words}"


def _complaint(found: Value) -> str:
    name = {dict: "object", list: "array", str: "string", bool: "bool"}.get(type(found), "number")
    return f"json: cannot unmarshal {name} into Go value of type"


@function("deepCopy mustDeepCopy", "any")
def _deep_copy(value: Value) -> Value:
    if value is None:
        raise Refused("reflect: call of reflect.Value.Type on zero Value")
    return copied(value)
