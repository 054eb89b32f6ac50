"""The functions that templates may call: each with the types of its parameters, which Go checks before the call.

Types: `any`, `string`, `int`, `float`, `bool`, `map`, `list`; `...any` takes the rest. A function
raises `Refused` where Go's would fail, and `Unsupported` where that cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gitops_clone.helm.errors import Refused
from gitops_clone.helm.gotypes import NULL, NilList, NilMap, Value, Values, type_name

_GO = {
    "string": "string",
    "int": "int",
    "float": "float64",
    "bool": "bool",
    "map": "map[string]interface {}",
    "list": "[]interface {}",
}
_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "float": (float,),
    "bool": (bool,),
    "map": (dict, Values, NilMap),
    "list": (list, NilList),
}

_NIL: dict[str, type] = {"map": NilMap, "list": NilList}

_Call = TypeVar("_Call", bound=Callable[..., Value])


@dataclass(frozen=True, slots=True)
class Function:
    """`framed`: takes the frame of the run as its first argument."""

    name: str
    call: Callable[..., Value]
    fixed: tuple[str, ...]
    rest: str | None
    framed: bool

    def parameter(self, number: int) -> str:
        return self.fixed[number] if number < len(self.fixed) else str(self.rest)

    def wrong_count(self, given: int) -> str | None:
        """What is wrong with this number of arguments, if anything."""
        least = len(self.fixed)
        if self.rest is not None:
            return f"wrong number of args for {self.name}: want at least {least} got {given}" if given < least else None
        return f"wrong number of args for {self.name}: want {least} got {given}" if given != least else None


FUNCTIONS: dict[str, Function] = {}


def function(names: str, *parameters: str, framed: bool = False) -> Callable[[_Call], _Call]:
    """Register a function under one or several names."""

    def register(call: _Call) -> _Call:
        for name in names.split():
            FUNCTIONS[name] = signature(name, call, parameters, framed)
        return call

    return register


def signature(name: str, call: Callable[..., Value], parameters: tuple[str, ...], framed: bool = False) -> Function:
    rest = parameters[-1][3:] if parameters and parameters[-1].startswith("...") else None
    return Function(name, call, parameters if rest is None else parameters[:-1], rest, framed)


def checked(value: Value, wanted: str) -> Value:
    """A value as an argument of this type. Raises `Refused`."""
    if value is NULL:
        value = None
    if wanted == "any" or type(value) in _PYTHON[wanted]:
        return value
    if value is None:
        if wanted in _NIL:
            return _NIL[wanted]()
        raise Refused(f"invalid value; expected {_GO[wanted]}")
    raise Refused(f"wrong type for value; expected {_GO[wanted]}; got {type_name(value)}")
