"""Trees to closures: what Go's text/template does when it executes them (1.25, with missingkey=zero, as Helm sets it).

Each node becomes a function of a frame and the dot. Nodes write, and may return "break" or "continue"; operands return
values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from gitops_clone.helm import syntax
from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.formatting import show
from gitops_clone.helm.frame import LONGEST_LIST, Frame
from gitops_clone.helm.gotypes import NULL, Bytes, Uint8, Value, is_true, octets, type_name
from gitops_clone.helm.operands import Operands
from gitops_clone.helm.parser import parse
from gitops_clone.helm.registry import FUNCTIONS

Write: TypeAlias = "Callable[[Frame, Value], str | None]"


class Template(NamedTuple):
    """A compiled template: `run` writes it, `slots` is how many variables it needs, `$` included."""

    run: Write
    slots: int
    is_empty: bool


class Compiled(NamedTuple):
    main: Template
    definitions: dict[str, Template]


@lru_cache(maxsize=4096)
def compiled(text: str, name: str) -> Compiled:
    """A file's text, compiled; `name` is what errors call it. Raises `Refused`."""
    try:
        parsed = parse(text, frozenset(FUNCTIONS))
    except Refused as error:
        error.template = name
        raise
    compiler = _Compiler(name)
    return Compiled(
        compiler.template(parsed.main), {word: compiler.template(tree) for word, tree in parsed.definitions.items()}
    )


def define(templates: dict[str, Template], found: Compiled, name: str) -> None:
    """Add a file's templates to others: the later ones replace, unless they are empty."""
    for word, template in {**found.definitions, name: found.main}.items():
        if not template.is_empty or word not in templates:
            templates[word] = template


class _Compiler:
    def __init__(self, name: str) -> None:
        self._name = name
        self._operands = Operands()

    def template(self, tree: syntax.Tree) -> Template:
        """A template, compiled when it first runs: of a library's, few ever do."""
        compiled_body: Write | None = None

        def run(frame: Frame, dot: Value) -> str | None:
            nonlocal compiled_body
            if compiled_body is None:
                compiled_body = self._body(tree.body)
            return compiled_body(frame, dot)

        return Template(run, tree.slots, tree.is_empty)

    def _body(self, nodes: syntax.Body) -> Write:
        writes = [self._node(node) for node in nodes]
        if len(writes) == 1:
            return writes[0]

        def body(frame: Frame, dot: Value) -> str | None:
            for write in writes:
                jump = write(frame, dot)
                if jump is not None:
                    return jump
            return None

        return body

    def _node(self, node: syntax.Node) -> Write:
        if isinstance(node, syntax.Text):
            return _text(node.text)
        if isinstance(node, syntax.Action):
            return self._action(node)
        if isinstance(node, syntax.Call):
            return self._call(node)
        if isinstance(node, syntax.Jump):
            keyword = node.keyword
            return lambda frame, dot: keyword
        return self._range(node) if node.keyword == "range" else self._branch(node)

    def _action(self, node: syntax.Action) -> Write:
        pipe, name, line, silent = self._operands.pipe(node.pipe), self._name, node.pipe.line, bool(node.pipe.slots)

        def action(frame: Frame, dot: Value) -> None:
            try:
                value = pipe(frame, dot)
                if not silent:
                    frame.emit(value if type(value) is str else printed(value))
            except Refused as error:
                raise error.at(name, line) from None

        return action

    def _branch(self, node: syntax.Branch) -> Write:
        pipe, name, line = self._operands.pipe(node.pipe), self._name, node.line
        body, otherwise, is_with = self._body(node.body), self._body(node.otherwise), node.keyword == "with"

        def branch(frame: Frame, dot: Value) -> str | None:
            try:
                value = pipe(frame, dot)
            except Refused as error:
                raise error.at(name, line) from None
            if is_true(value):
                return body(frame, value if is_with else dot)
            return otherwise(frame, dot)

        return branch

    def _range(self, node: syntax.Branch) -> Write:
        pipe, name, line = self._operands.pipe(node.pipe), self._name, node.line
        body, otherwise, slots = self._body(node.body), self._body(node.otherwise), node.pipe.slots

        def loop(frame: Frame, dot: Value) -> str | None:
            try:
                value = pipe(frame, dot)
                pairs = iterated(value, slots)
            except Refused as error:
                raise error.at(name, line) from None
            if not pairs:
                return otherwise(frame, dot)
            for key, item in pairs:
                frame.run.tick()
                if item is None:
                    item = NULL
                if slots:
                    frame.slots[slots[-1]] = item
                    if len(slots) > 1:
                        frame.slots[slots[0]] = key
                if body(frame, item) == "break":
                    break
            return None

        return loop

    def _call(self, node: syntax.Call) -> Write:
        pipe = self._operands.pipe(node.pipe) if node.pipe else None
        called, name, line = node.name, self._name, node.line

        def call(frame: Frame, dot: Value) -> None:
            frame.run.tick()
            template = frame.templates.get(called)
            if template is None:
                raise Refused(f'template "{called}" not defined').at(name, line)
            try:
                value = pipe(frame, dot) if pipe else None
            except Refused as error:
                raise error.at(name, line) from None
            slots = [None] * template.slots
            slots[0] = value
            template.run(Frame(frame.run, frame.templates, slots, frame.emit), value)

        return call


def _text(text: str) -> Write:
    def write(frame: Frame, dot: Value) -> None:
        frame.emit(text)

    return write


def printed(value: Value) -> str:
    """What an action writes for a value."""
    return "<no value>" if value is None or value is NULL else show(value)


def iterated(value: Value, slots: Sequence[int]) -> Sequence[tuple[Value, Value]]:
    """The keys and items that `range` goes through: maps by sorted keys, integers from 0 up."""
    if value is None or value is NULL:
        return ()
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, list):
        return list(enumerate(value))
    if isinstance(value, Bytes):
        return [(number, Uint8(octet)) for number, octet in enumerate(octets(value.text))]
    if isinstance(value, int) and not isinstance(value, bool):
        if len(slots) > 1:
            raise Refused(f"can't use {value} to iterate over more than one variable")
        if value > LONGEST_LIST:
            raise Unsupported(f"a range over {value} numbers")
        return [(None, type(value)(number)) for number in range(value)]
    raise Refused(f"range can't iterate over a {type_name(value)}")
