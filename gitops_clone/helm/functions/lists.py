"""sprig's lists. They are never changed in place, but for what shares their items."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.frame import LONGEST_LIST
from gitops_clone.helm.functions.convert import integer, text
from gitops_clone.helm.functions.defaults import is_empty
from gitops_clone.helm.gotypes import Bytes, Int64, Ints, NilList, StringLists, Strings, Uint8, Value, kind, octets
from gitops_clone.helm.registry import function
from gitops_clone.helm.walk import Budget, deep_equal

_SCALARS: frozenset[type] = frozenset((str, int, Int64, bool, float, type(None)))


def items(value: Value, doing: str) -> list[Value]:
    """A slice's items. Raises `Refused` for what is none."""
    if isinstance(value, list):
        return value
    if isinstance(value, Bytes):
        return [Uint8(octet) for octet in octets(value.text)]
    if value is None:
        raise Refused("runtime error: invalid memory address or nil pointer dereference")
    raise Refused(f"Cannot {doing} on type {kind(value)}")


def strings(value: Value) -> Strings:
    """strslice: the texts of items that are not nil; a lone value is a list of it."""
    if isinstance(value, Strings):
        return value
    if value is None:
        return Strings()
    if isinstance(value, list):
        return Strings(text(item) for item in value if item is not None)
    return Strings(map(text, items(value, "list"))) if isinstance(value, Bytes) else Strings([text(value)])


@function("list tuple", "...any")
def _list(*values: Value) -> list[Value]:
    return list(values)


@function("append push mustAppend mustPush", "any", "any")
def _append(value: Value, item: Value) -> list[Value]:
    return [*items(value, "push"), item]


@function("prepend mustPrepend", "any", "any")
def _prepend(value: Value, item: Value) -> list[Value]:
    return [item, *items(value, "prepend")]


@function("first mustFirst", "any")
def _first(value: Value) -> Value:
    found = items(value, "find first")
    return found[0] if found else None


@function("last mustLast", "any")
def _last(value: Value) -> Value:
    found = items(value, "find last")
    return found[-1] if found else None


@function("rest mustRest", "any")
def _rest(value: Value) -> list[Value]:
    found = items(value, "find rest")
    return list(found[1:]) if found else NilList()


@function("initial mustInitial", "any")
def _initial(value: Value) -> list[Value]:
    found = items(value, "find initial")
    return list(found[:-1]) if found else NilList()


@function("reverse mustReverse", "any")
def _reverse(value: Value) -> list[Value]:
    return list(reversed(items(value, "find reverse")))


@function("compact mustCompact", "any")
def _compact(value: Value) -> list[Value]:
    return [item for item in items(value, "compact") if not is_empty(item)]


@function("uniq mustUniq", "any")
def _uniq(value: Value) -> list[Value]:
    found: list[Value] = []
    seen = _Seen()
    for item in items(value, "find uniq"):
        if item not in seen:
            seen.add(item)
            found.append(item)
    return found


@function("without mustWithout", "any", "...any")
def _without(value: Value, *omitted: Value) -> list[Value]:
    seen = _Seen(omitted)
    return [item for item in items(value, "find without") if item not in seen]


@function("has mustHas", "any", "any")
def _has(needle: Value, value: Value) -> bool:
    if value is None:
        return False
    return any(deep_equal(needle, item) for item in items(value, "find has"))


class _Seen:
    """Values by deep equality: scalars, of which there may be many, at once, the others one by one."""

    def __init__(self, values: Iterable[Value] = ()) -> None:
        self._scalars: set[tuple[type, Value]] = set()
        self._others: list[Value] = []
        self._budget = Budget()
        for value in values:
            self.add(value)

    def add(self, value: Value) -> None:
        if type(value) in _SCALARS:
            self._scalars.add((type(value), value))
        else:
            self._others.append(value)

    def __contains__(self, value: Value) -> bool:
        if type(value) in _SCALARS:
            return (type(value), value) in self._scalars
        return any(self._is(value, other) for other in self._others)

    def _is(self, value: Value, other: Value) -> bool:
        self._budget.visit(0)
        return deep_equal(value, other)


@function("slice mustSlice", "any", "...any")
def _slice(value: Value, *numbers: Value) -> Value:
    if not isinstance(value, list):
        raise Refused(f"list should be type of slice or array but {kind(value)}")
    if not value:
        return None
    start = int(integer(numbers[0])) if numbers else 0
    end = int(integer(numbers[1])) if len(numbers) > 1 else len(value)
    if not 0 <= start <= end:
        raise Refused("reflect.Value.Slice: slice index out of bounds")
    if end > len(value):
        # Go allows it up to the slice's capacity, which depends on how it came to be.
        raise Unsupported("slice beyond the end of a list")
    return type(value)(value[start:end])


@function("concat", "...any")
def _concat(*values: Value) -> list[Value]:
    found: list[Value] = []
    for value in values:
        if isinstance(value, list) or value is None or isinstance(value, Bytes):
            found += items(value, "concat")
        else:
            raise Refused(f"Cannot concat type {kind(value)} as list")
    return found or NilList()


@function("chunk mustChunk", "int", "any")
def _chunk(number: int, value: Value) -> StringLists:
    found = items(value, "chunk")
    if number <= 0:
        raise Unsupported("chunk with a number that is not positive")
    return StringLists(list(found[start : start + number]) for start in range(0, len(found), number))


@function("join", "string", "any")
def _join(separator: str, value: Value) -> str:
    found = strings(value)
    if len(separator) * len(found) > LONGEST_LIST * 20:
        raise Unsupported("join makes a text beyond all bounds")
    return separator.join(found)


@function("sortAlpha", "any")
def _sort_alpha(value: Value) -> Strings:
    if isinstance(value, list):
        return Strings(sorted(strings(value), key=octets))
    return Strings([text(value)])


@function("toStrings", "any")
def _to_strings(value: Value) -> Strings:
    return strings(value)


@function("until", "int")
def _until(count: int) -> Ints:
    return _steps(0, count, -1 if count < 0 else 1)


@function("untilStep", "int", "int", "int")
def _until_step(start: int, stop: int, step: int) -> Ints:
    return _steps(start, stop, step)


@function("seq", "...int")
def _seq(*numbers: int) -> str:
    if not 1 <= len(numbers) <= 3:
        return ""
    start = 1 if len(numbers) == 1 else numbers[0]
    end = numbers[-1]
    down = -1 if end < start else 1
    step = numbers[1] if len(numbers) == 3 else down
    if down < 0 and len(numbers) == 3 and step > 0:
        return ""
    return " ".join(map(str, _steps(start, end + down, step)))


def _steps(start: int, stop: int, step: int) -> Ints:
    if (stop < start and step >= 0) or (stop >= start and step <= 0):
        return Ints()
    found = range(start, stop, step)
    if len(found) > LONGEST_LIST:
        raise Unsupported(f"a list of {len(found)} numbers")
    return Ints(found)
