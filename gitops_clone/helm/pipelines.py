"""Tokens of one action to a pipeline: declarations, commands, operands."""

from __future__ import annotations

from gitops_clone.helm import literals
from gitops_clone.helm.cursor import Cursor, Scope
from gitops_clone.helm.lexer import Token
from gitops_clone.helm.syntax import (
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    Number,
    Operand,
    Pipe,
    String,
    Variable,
)

_OPERANDS = frozenset(("bool", "char", "dot", "field", "word", "number", "nil", "raw", "string", "variable", "open"))


class Pipelines:
    """Parses pipelines at a cursor. `scope` has the variables of the template that they stand in."""

    def __init__(self, cursor: Cursor, functions: frozenset[str]) -> None:
        self.scope = Scope()
        self._cursor = cursor
        self._functions = functions

    def pipe(self, context: str, end: str = "right") -> Pipe:
        """A pipeline with what ends it, which is taken."""
        cursor = self._cursor
        line = cursor.token.line
        names, declares = self._variables(context)
        commands: list[Command] = []
        while (token := cursor.take()).kind != end:
            if token.kind not in _OPERANDS:
                raise cursor.unexpected(token, context)
            cursor.back()
            commands.append(self._command())
        if not commands:
            raise cursor.error(f"missing value for {context}", token.line)
        for number, command in enumerate(commands[1:], 2):
            if isinstance(command.arguments[0], (Bool, Dot, Nil, Number, String)):
                raise cursor.error(f"non executable command in pipeline stage {number}", command.line)
        # Only now: in `$x := $x | upper` the second is an older one.
        slots = tuple(self.scope.declare(name) if declares else self._known(name, line) for name in names)
        return Pipe(tuple(commands), slots, declares, line)

    def _variables(self, context: str) -> tuple[list[str], bool]:
        """The variables that a pipeline sets: `$x :=`, `$x =`, in a range `$i, $x :=`; and whether it declares them."""
        cursor = self._cursor
        names: list[str] = []
        while cursor.token.kind == "variable":
            following = cursor.after()
            if following.kind not in ("assign", "declare", "comma"):
                break
            names.append(cursor.take().text)
            cursor.take()
            if following.kind != "comma":
                return names, following.kind == "declare"
            if context != "range" or len(names) > 1:
                raise cursor.error(f"too many declarations in {context}", following.line)
            if cursor.token.kind not in ("variable", "right", "close"):
                raise cursor.error("range can only initialize variables", following.line)
        return names, True

    def _known(self, name: str, line: int) -> int:
        slot = self.scope.find(name)
        if slot is None:
            # Of an assignment, Go finds this out when it runs; no chart that works has it.
            raise self._cursor.error(f'undefined variable "{name}"', line)
        return slot

    def _command(self) -> Command:
        """Operands with spaces between them, up to what ends the command; of the ends, a pipe is taken."""
        cursor = self._cursor
        line = cursor.token.line
        arguments: list[Operand] = []
        while True:
            operand = self._operand()
            if operand is not None:
                arguments.append(operand)
            token = cursor.token
            if token.kind in ("right", "close"):
                break
            if token.kind == "pipe":
                cursor.take()
                break
            if operand is None or not token.spaced:
                raise cursor.unexpected(token, "operand")
        if not arguments:
            raise cursor.error("empty command", line)
        return Command(tuple(arguments), line)

    def _operand(self) -> Operand | None:
        """A term with the fields that follow without a space."""
        term = self._term()
        if term is None:
            return None
        names = []
        while (token := self._cursor.token).kind == "field" and not token.spaced:
            names.append(self._cursor.take().text[1:])
        if not names:
            return term
        if isinstance(term, Field):
            return Field((*term.names, *names))
        if isinstance(term, Variable):
            return Variable(term.name, term.slot, tuple(names))
        if isinstance(term, (Bool, String, Number, Nil, Dot)):
            raise self._cursor.error("unexpected . after term")
        return Chain(term, tuple(names))

    def _term(self) -> Operand | None:
        """What begins with the next token; None where that begins no operand."""
        token = self._cursor.token
        if token.kind not in _OPERANDS:
            return None
        self._cursor.take()
        kind, text = token.kind, token.text
        if kind == "field":
            return Field((text[1:],))
        if kind == "word":
            if text not in self._functions:
                raise self._cursor.error(f'function "{text}" not defined', token.line)
            return Identifier(text, token.line)
        if kind == "variable":
            return Variable(text, self._known(text, token.line))
        if kind == "open":
            return self.pipe("parenthesized pipeline", "close")
        if kind in ("string", "raw"):
            return String(self._cursor.string(token))
        return self._simple(token)

    def _simple(self, token: Token) -> Operand:
        match token.kind:
            case "dot":
                return Dot()
            case "nil":
                return Nil()
            case "bool":
                return Bool(token.text == "true")
        try:
            return literals.character(token.text) if token.kind == "char" else literals.number(token.text)
        except ValueError as error:
            raise self._cursor.error(str(error), token.line) from None
