"""Pipelines and their operands as closures: fields, variables, calls of functions and methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from gitops_clone.helm import syntax
from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.frame import LONGEST_LIST, LONGEST_TEXT, Frame
from gitops_clone.helm.gotypes import NULL, Member, Value, Values, field, is_true
from gitops_clone.helm.registry import FUNCTIONS, Function, checked, signature

Evaluate: TypeAlias = Callable[[Frame, Value], Value]
_MAPS: frozenset[type] = frozenset((dict, Values))  # those without methods
_CONSTANTS = (syntax.Number, syntax.String, syntax.Bool, syntax.Nil)


class Operands:
    """Compiles pipelines."""

    def pipe(self, node: syntax.Pipe) -> Evaluate:
        value: Evaluate | None = None
        for command in node.commands:
            value = self._command(command, value)
        assert value is not None  # the parser refuses empty pipelines
        return _assigned(value, node.slots) if node.slots else value

    def _command(self, node: syntax.Command, final: Evaluate | None) -> Evaluate:
        """A command; `final` is the pipeline before it, whose value is its last argument."""
        first, rest = node.arguments[0], node.arguments[1:]
        if isinstance(first, syntax.Identifier):
            return self._function(first, rest, final)
        if isinstance(first, (syntax.Field, syntax.Variable, syntax.Chain)) and (rest or final):
            return self._method(first, rest, final)
        if rest or final:
            return _failing("can't give argument to non-function")
        if isinstance(first, syntax.Nil):
            return _failing("nil is not a command")
        return self._operand(first)

    def _operand(self, node: syntax.Operand) -> Evaluate:
        """An operand by itself, as an interface{}."""
        if isinstance(node, syntax.Field):
            return _field(node.names)
        if isinstance(node, syntax.Variable):
            return _variable(node.slot, node.names)
        if isinstance(node, syntax.Pipe):
            return self.pipe(node)
        if isinstance(node, syntax.Identifier):
            return self._function(node, (), None)
        if isinstance(node, syntax.Chain):
            return _chain(self._operand(node.node), node.names)
        if isinstance(node, syntax.Dot):
            return _dot
        return _literal(node, "any")

    def _argument(self, node: syntax.Operand, wanted: str) -> Evaluate:
        """An operand as an argument of a type."""
        if isinstance(node, _CONSTANTS):
            return _literal(node, wanted)
        value = self._operand(node)
        if wanted in ("map", "list"):
            return self._nil_checked(node, value, wanted)
        return _checked(value, wanted)

    def _nil_checked(self, node: syntax.Operand, value: Evaluate, wanted: str) -> Evaluate:
        """A nil map is fine, and so is no value at all; a nil that a field or an element holds is none of both."""
        match node:
            case syntax.Dot() | syntax.Field():
                root = _field(())
            case syntax.Variable(_, slot, _):
                root = _variable(slot, (), raw=True)
            case syntax.Chain(inner, _):
                root = self._operand(inner)
            case _:
                return _checked(value, wanted)

        def evaluate(frame: Frame, dot: Value) -> Value:
            found = value(frame, dot)
            if found is None and root(frame, dot) is not None:
                raise Refused(f"wrong type for value; expected a {wanted}; got interface {{}}")
            return checked(found, wanted)

        return evaluate

    def _function(self, node: syntax.Identifier, rest: Sequence[syntax.Operand], final: Evaluate | None) -> Evaluate:
        if node.name in ("and", "or"):
            return self._short_circuit(node.name, rest, final)
        return self._call(FUNCTIONS[node.name], rest, final)

    def _call(self, called: Function, rest: Sequence[syntax.Operand], final: Evaluate | None) -> Evaluate:
        count = len(rest) + (final is not None)
        if wrong := called.wrong_count(count):
            return _failing(wrong)
        arguments = [self._argument(node, called.parameter(number)) for number, node in enumerate(rest)]
        return _invoked(called, arguments, _checked(final, called.parameter(count - 1)) if final else None)

    def _short_circuit(self, name: str, rest: Sequence[syntax.Operand], final: Evaluate | None) -> Evaluate:
        values = [self._operand(node) for node in rest]
        if final is not None:
            values.append(final)
        if not values:
            return _failing(f"wrong number of args for {name}: want at least 1 got 0")
        *firsts, last = values
        wanted = name == "or"

        def evaluate(frame: Frame, dot: Value) -> Value:
            # What the pipeline gives is evaluated before the arguments, and is the last of them.
            given = final(frame, dot) if final else None
            for value in firsts:
                found = value(frame, dot)
                if is_true(found) is wanted:
                    return found
            return given if final else last(frame, dot)

        return evaluate

    def _method(
        self,
        node: syntax.Field | syntax.Variable | syntax.Chain,
        rest: Sequence[syntax.Operand],
        final: Evaluate | None,
    ) -> Evaluate:
        """`.Files.Get "name"`: the last field is a method, which takes the arguments."""
        if not node.names:
            return _failing("can't give argument to non-function")
        *path, name = node.names
        match node:
            case syntax.Field():
                receiver = _field(tuple(path))
            case syntax.Variable(_, slot, _):
                receiver = _variable(slot, tuple(path), raw=True)
            case syntax.Chain(inner, _):
                receiver = _chain(self._operand(inner), tuple(path))
        arguments = [self._operand(operand) for operand in rest]

        def evaluate(frame: Frame, dot: Value) -> Value:
            given = [final(frame, dot)] if final else []
            method = field(receiver(frame, dot), name)
            if not isinstance(method, Member):
                raise Refused(f"{name} is not a method but has arguments")
            return _called(method, name, [*(value(frame, dot) for value in arguments), *given])

        return evaluate


def _called(method: Member, name: str, values: Sequence[Value]) -> Value:
    called = signature(name, method.call, method.parameters)
    if wrong := called.wrong_count(len(values)):
        raise Refused(wrong)
    return method.call(*(checked(value, called.parameter(number)) for number, value in enumerate(values)))


def _failing(reason: str) -> Evaluate:
    """What is wrong only when it runs."""

    def evaluate(frame: Frame, dot: Value) -> Value:
        raise Refused(reason)

    return evaluate


def _dot(frame: Frame, dot: Value) -> Value:
    return None if dot is NULL else dot


def _number(node: syntax.Number) -> Evaluate:
    """A number as an interface{}: an int, unless it is written as a float."""
    is_hex = node.text[:2].lower() == "0x" and "p" not in node.text.lower()
    is_float = not node.is_char and not is_hex and any(mark in node.text for mark in ".eEpP")
    value = node.real if is_float else node.integer
    if value is None or (not is_float and value >= 2**63):
        return _failing(f"{node.text} overflows int")
    return lambda frame, dot: value


def _literal(node: syntax.Operand, wanted: str) -> Evaluate:
    """A constant as an argument. Go converts numbers to the parameter's type, and nothing else."""
    value: Value = None
    if isinstance(node, syntax.Number):
        if wanted == "any":
            return _number(node)
        value = node.real if wanted == "float" else node.integer if (node.integer or 0) < 2**63 else None
        fits = wanted in ("int", "float") and value is not None
    elif isinstance(node, (syntax.String, syntax.Bool)):
        value = node.value
        fits = wanted in ("any", "string" if isinstance(node, syntax.String) else "bool")
    else:
        fits = wanted in ("any", "map", "list")
        value = checked(None, wanted) if fits else None
    if not fits:
        return _failing(f"expected {wanted}; found another constant")
    return lambda frame, dot: value


def _assigned(value: Evaluate, slots: Sequence[int]) -> Evaluate:
    def evaluate(frame: Frame, dot: Value) -> Value:
        found = value(frame, dot)
        for slot in slots:
            frame.slots[slot] = found
        return found

    return evaluate


def _checked(value: Evaluate, wanted: str) -> Evaluate:
    if wanted == "any":
        return value
    return lambda frame, dot: checked(value(frame, dot), wanted)


def _invoked(called: Function, arguments: Sequence[Evaluate], final: Evaluate | None) -> Evaluate:
    """A call. What the pipeline gives is evaluated before the arguments, and is the last of them."""
    function = called.call

    def evaluate(frame: Frame, dot: Value) -> Value:
        if final is None:
            return _bounded(function(*[value(frame, dot) for value in arguments]), called)
        given = final(frame, dot)
        return _bounded(function(*[value(frame, dot) for value in arguments], given), called)

    def evaluate_framed(frame: Frame, dot: Value) -> Value:
        given = [final(frame, dot)] if final else ()
        return function(frame, *[value(frame, dot) for value in arguments], *given)

    return evaluate_framed if called.framed else evaluate


def _bounded(found: Value, called: Function) -> Value:
    kind = type(found)
    if (kind is str and len(found) > LONGEST_TEXT) or (kind is list and len(found) > LONGEST_LIST):
        raise Unsupported(f"{called.name} makes a value beyond all bounds")
    return found


def _field(names: Sequence[str]) -> Evaluate:
    """`.a.b`: nil has no fields, but no dot at all has any."""
    if not names:
        return lambda frame, dot: dot
    if len(names) == 1:
        (only,) = names

        def evaluate_one(frame: Frame, dot: Value) -> Value:
            if type(dot) in _MAPS:
                return dot.get(only)
            return None if dot is None else _reached(dot, only)

        return evaluate_one

    def evaluate(frame: Frame, dot: Value) -> Value:
        return None if dot is None else _walk(dot, names)

    return evaluate


def _walk(value: Value, names: Sequence[str]) -> Value:
    for name in names:
        value = value.get(name) if type(value) in _MAPS else _reached(value, name)
    return value


def _reached(value: Value, name: str) -> Value:
    found = field(value, name)
    return _called(found, name, ()) if isinstance(found, Member) else found


def _variable(slot: int, names: Sequence[str], raw: bool = False) -> Evaluate:
    if not names:
        if raw:
            return lambda frame, dot: frame.slots[slot]

        def evaluate_bare(frame: Frame, dot: Value) -> Value:
            found = frame.slots[slot]
            return None if found is NULL else found

        return evaluate_bare

    def evaluate(frame: Frame, dot: Value) -> Value:
        found = frame.slots[slot]
        return None if found is None else _walk(found, names)

    return evaluate


def _chain(value: Evaluate, names: Sequence[str]) -> Evaluate:
    def evaluate(frame: Frame, dot: Value) -> Value:
        found = value(frame, dot)
        return None if found is None else _walk(found, names)

    return evaluate
