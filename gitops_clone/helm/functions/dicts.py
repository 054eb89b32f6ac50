"""sprig's maps. `set`, `unset` and `merge` change the map that they are given, also where it is part of the values."""

from __future__ import annotations

from gitops_clone.helm.errors import Refused
from gitops_clone.helm.functions.convert import text
from gitops_clone.helm.functions.defaults import is_empty
from gitops_clone.helm.gotypes import Strings, Value, is_nil, type_name
from gitops_clone.helm.registry import function
from gitops_clone.helm.walk import Budget

_Map = dict[str, Value]


@function("dict", "...any")
def _dict(*values: Value) -> _Map:
    found: _Map = {}
    for number in range(0, len(values), 2):
        found[text(values[number])] = values[number + 1] if number + 1 < len(values) else ""
    return found


@function("get", "map", "string")
def _get(value: _Map, key: str) -> Value:
    return value.get(key, "")


@function("set", "map", "string", "any")
def _set(value: _Map, key: str, item: Value) -> _Map:
    if is_nil(value):
        raise Refused("assignment to entry in nil map")
    value[key] = item
    return value


@function("unset", "map", "string")
def _unset(value: _Map, key: str) -> _Map:
    value.pop(key, None)
    return value


@function("hasKey", "map", "string")
def _has_key(value: _Map, key: str) -> bool:
    return key in value


@function("pluck", "string", "...map")
def _pluck(key: str, *values: _Map) -> list[Value]:
    return [value[key] for value in values if key in value]


@function("keys", "...map")
def _keys(*values: _Map) -> Strings:
    """Go has no order of keys; here they are sorted."""
    return Strings(key for value in values for key in sorted(value))


@function("values", "map")
def _values(value: _Map) -> list[Value]:
    return [value[key] for key in sorted(value)]


@function("pick", "map", "...string")
def _pick(value: _Map, *keys: str) -> _Map:
    return {key: value[key] for key in keys if key in value}


@function("omit", "map", "...string")
def _omit(value: _Map, *keys: str) -> _Map:
    return {key: item for key, item in value.items() if key not in keys}


@function("dig", "...any")
def _dig(*values: Value) -> Value:
    if len(values) < 3:
        raise Refused("dig needs at least three arguments")
    *path, fallback, found = values
    for number, key in enumerate(path):
        if not isinstance(key, str):
            raise Refused(f"interface conversion: interface {{}} is {type_name(key)}, not string")
        if type(found) is not dict:  # .Values itself has another type
            raise Refused(f"interface conversion: interface {{}} is {type_name(found)}, not map[string]interface {{}}")
        if key not in found:
            return fallback
        found = found[key]
        if number == len(path) - 1:
            return found
    return found


@function("merge mustMerge", "map", "...map")
def _merge(target: _Map, *sources: _Map) -> _Map:
    return _merged(target, sources, overwrite=False)


@function("mergeOverwrite mustMergeOverwrite", "map", "...map")
def _merge_overwrite(target: _Map, *sources: _Map) -> _Map:
    return _merged(target, sources, overwrite=True)


def _merged(target: _Map, sources: tuple[_Map, ...], *, overwrite: bool) -> _Map:
    budget = Budget()
    if is_nil(target) and any(sources):
        target = {}
    for source in sources:
        if source:
            _merge_into(target, source, overwrite, budget, 0)
    return target


def _merge_into(target: _Map, source: _Map, overwrite: bool, budget: Budget, depth: int) -> None:
    """mergo's Merge. Maps are merged; of the rest, what is empty in the target comes from the source, which shares its
    maps with it then. Overwriting takes everything from the source, what is empty and nil too.
    """
    for key, item in list(source.items()):
        budget.visit(depth)
        before = target.get(key)
        if isinstance(before, dict) and isinstance(item, dict):
            _merge_into(before, item, overwrite, budget, depth + 1)
            if before:
                continue
        if overwrite or (item is not None and is_empty(before)):
            target[key] = item
