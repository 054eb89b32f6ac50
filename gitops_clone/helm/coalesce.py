"""How values come together: a chart's own, its parent's, those of the user. Helm's rules, its shared maps included.

A map that two charts share stays shared, since a template may change it with `set`.
"""

from __future__ import annotations

from gitops_clone.helm.charts import Loaded
from gitops_clone.helm.errors import Refused
from gitops_clone.helm.gotypes import Value
from gitops_clone.helm.walk import copied

_GLOBAL = "global"


def coalesce(chart: Loaded, values: dict[str, Value], *, keep_nulls: bool = False) -> dict[str, Value]:
    """The values for a chart and its subcharts, from those given for it. A null takes a default away, or stays."""
    return _coalesce(chart, copied(values), keep_nulls)


def _coalesce(chart: Loaded, values: dict[str, Value], keep_nulls: bool) -> dict[str, Value]:
    _add_defaults(chart, values, keep_nulls)
    for child in chart.children:
        own = values.setdefault(child.name, {})
        if not isinstance(own, dict):
            raise Refused(f"type mismatch on {child.name}: a subchart's values must be a table")
        _add_globals(own, values)
        values[child.name] = _coalesce(child, own, keep_nulls)
    return values


def _add_defaults(chart: Loaded, values: dict[str, Value], keep_nulls: bool) -> None:
    """The chart's own values, where no others are given."""
    names = {child.name for child in chart.children}
    for key, default in copied(chart.values).items():
        if key not in values:
            values[key] = default
            continue
        given = values[key]
        if given is None and not keep_nulls:
            del values[key]
        elif isinstance(given, dict) and isinstance(default, dict):
            # What a null means for a subchart's values, the subchart says.
            coalesce_tables(given, default, keep_nulls or key in names)


def _add_globals(target: dict[str, Value], source: dict[str, Value]) -> None:
    """The parent's globals into a subchart's; the parent's win."""
    own, others = target.get(_GLOBAL, {}), source.get(_GLOBAL, {})
    if not isinstance(own, dict) or not isinstance(others, dict):
        return
    for key, value in others.items():
        before = own.get(key)
        if not isinstance(value, dict):
            if not isinstance(before, dict):
                own[key] = value
        elif key not in own:
            own[key] = dict(value)
        elif isinstance(before, dict):
            merged = dict(value)
            coalesce_tables(merged, before, keep_nulls=True)
            own[key] = merged
    target[_GLOBAL] = own


def coalesce_tables(target: dict[str, Value], source: dict[str, Value], keep_nulls: bool) -> dict[str, Value]:
    """Add to the target what only the source has, at every level; the source is changed too."""
    defaults = {key for key, value in source.items() if value is not None}
    for key, value in target.items():
        if value is None:
            source[key] = None
    for key, value in source.items():
        if key not in target:
            target[key] = value
            continue
        before = target[key]
        if before is None and not keep_nulls and key in defaults:
            del target[key]
        elif isinstance(value, dict) and isinstance(before, dict):
            coalesce_tables(before, value, keep_nulls)
    return target


def table(values: Value, path: str) -> dict[str, Value] | None:
    """The map at a path of keys with dots, None where there is none."""
    for key in path.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values if isinstance(values, dict) else None


def at(values: Value, path: str) -> tuple[bool, Value]:
    """Whether there is a value that is no map at a path, and which."""
    *above, key = path.split(".")
    found = table(values, ".".join(above)) if above else values
    if found is None or key not in found or isinstance(found[key], dict):
        return False, None
    return True, found[key]
