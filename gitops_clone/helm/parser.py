"""Tokens to trees: the grammar of Go's text/template (1.25), with its checks at parse time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from gitops_clone.helm import literals
from gitops_clone.helm.errors import Refused
from gitops_clone.helm.lexer import Token, tokens
from gitops_clone.helm.syntax import (
    Action,
    Body,
    Bool,
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Jump,
    Nil,
    Node,
    Number,
    Operand,
    Pipe,
    String,
    Text,
    Tree,
    Variable,
)

_OPERANDS = frozenset(["bool", "char", "dot", "field", "word", "number", "nil", "raw", "string", "variable", "open"])


class Parsed(NamedTuple):
    """A file's own text as a template, and the templates that it defines."""

    main: Tree
    definitions: dict[str, Tree]


def parse(text: str, functions: frozenset[str]) -> Parsed:
    """Parse a template that may use these functions. Raises `Refused` with a line."""
    parser = _Parser(tokens(text), functions)
    main = parser.file()
    return Parsed(main, parser.definitions)


@dataclass(slots=True)
class _Scope:
    """The variables of one template: names with their slots, innermost last."""

    names: list[tuple[str, int]] = field(default_factory=lambda: [("$", 0)])
    slots: int = 1
    ranges: int = 0

    def declare(self, name: str) -> int:
        slot = self.slots
        self.slots += 1
        self.names.append((name, slot))
        return slot

    def find(self, name: str) -> int | None:
        return next((slot for known, slot in reversed(self.names) if known == name), None)


class _Parser:
    def __init__(self, found: list[Token], functions: frozenset[str]) -> None:
        self.definitions: dict[str, Tree] = {}
        self._tokens = found
        self._position = 0
        self._functions = functions
        self._scope = _Scope()

    # Tokens

    def _peek(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._tokens[self._position]
        self._position += 1
        return token

    def _expect(self, context: str, *kinds: str) -> Token:
        token = self._take()
        if token.kind not in kinds:
            raise self._unexpected(token, context)
        return token

    def _unexpected(self, token: Token, context: str) -> Refused:
        what = "EOF" if token.kind == "eof" else f"<{token.text}>"
        return self._error(f"unexpected {what} in {context}", token.line)

    def _error(self, reason: str, line: int | None = None) -> Refused:
        error = Refused(reason)
        error.line = line or self._tokens[min(self._position, len(self._tokens) - 1)].line
        return error

    # Templates

    def file(self) -> Tree:
        nodes: list[Node] = []
        while (token := self._peek()).kind != "eof":
            if token.kind == "left" and self._starts("define"):
                self._definition()
                continue
            node = self._text_or_action()
            if isinstance(node, Token):
                raise self._unexpected(node, "input")
            nodes.append(node)
        return Tree(tuple(nodes), self._scope.slots)

    def _starts(self, kind: str) -> bool:
        """Whether the action that begins here begins with this keyword; if so, both are taken."""
        if self._tokens[self._position + 1].kind != kind:
            return False
        self._position += 2
        return True

    def _definition(self) -> None:
        name = self._literal(self._expect("define clause", "string", "raw"))
        self._expect("define clause", "right")
        self._add(name, self._own_tree("define clause"))

    def _own_tree(self, context: str) -> Tree:
        """The body of a definition or block, up to its end, with variables of its own."""
        outer, self._scope = self._scope, _Scope()
        body, closing = self._body()
        if closing.kind != "end":
            raise self._unexpected(closing, context)
        tree = Tree(body, self._scope.slots)
        self._scope = outer
        return tree

    def _add(self, name: str, tree: Tree) -> None:
        known = self.definitions.get(name)
        if known is None or known.is_empty:
            self.definitions[name] = tree
        elif not tree.is_empty:
            raise self._error(f'multiple definition of template "{name}"')

    def _body(self) -> tuple[Body, Token]:
        """Nodes up to an `end` or `else`, which comes with them; of an `else if` only the `else` is taken."""
        nodes: list[Node] = []
        while True:
            if self._peek().kind == "eof":
                raise self._error("unexpected EOF")
            node = self._text_or_action()
            if isinstance(node, Token):
                return tuple(nodes), node
            nodes.append(node)

    def _text_or_action(self) -> Node | Token:
        token = self._take()
        if token.kind == "text":
            return Text(token.text)
        if token.kind != "left":
            raise self._unexpected(token, "input")
        return self._action()

    # Actions

    def _action(self) -> Node | Token:
        """What stands between the delimiters. A token for `end` and `else`."""
        token = self._take()
        match token.kind:
            case "if" | "with" | "range":
                return self._branch(token)
            case "end":
                self._expect("end", "right")
                return token
            case "else":
                if self._peek().kind not in ("if", "with"):
                    self._expect("else", "right")
                return token
            case "template":
                return self._call(token)
            case "block":
                return self._block(token)
            case "break" | "continue":
                self._expect(f"{{{{{token.kind}}}}}", "right")
                if not self._scope.ranges:
                    raise self._error(f"{{{{{token.kind}}}}} outside {{{{range}}}}", token.line)
                return Jump(token.kind)
        self._position -= 1
        return Action(self._pipe("command", "right"))

    def _branch(self, token: Token) -> Branch:
        known = len(self._scope.names)
        keyword = token.kind
        pipe = self._pipe(keyword, "right")
        self._scope.ranges += keyword == "range"
        body, closing = self._body()
        self._scope.ranges -= keyword == "range"
        otherwise: Body = ()
        if closing.kind == "else":
            if keyword != "range" and self._peek().kind == keyword:
                otherwise = (self._branch(self._take()),)
            else:
                otherwise, last = self._body()
                if last.kind != "end":
                    raise self._error("expected end; found {{else}}", last.line)
        del self._scope.names[known:]
        return Branch(keyword, pipe, body, otherwise, token.line)

    def _call(self, token: Token) -> Call:
        name = self._literal(self._expect("template clause", "string", "raw"))
        if self._peek().kind == "right":
            self._take()
            return Call(name, None, token.line)
        return Call(name, self._pipe("template clause", "right"), token.line)

    def _block(self, token: Token) -> Call:
        name = self._literal(self._expect("block clause", "string", "raw"))
        pipe = self._pipe("block clause", "right")
        self._add(name, self._own_tree("block clause"))
        return Call(name, pipe, token.line)

    # Pipelines

    def _pipe(self, context: str, end: str) -> Pipe:
        line = self._peek().line
        names, declares = self._variables(context)
        commands: list[Command] = []
        while True:
            token = self._take()
            if token.kind == end:
                break
            if token.kind not in _OPERANDS:
                raise self._unexpected(token, context)
            self._position -= 1
            commands.append(self._command())
        if not commands:
            raise self._error(f"missing value for {context}", token.line)
        for number, command in enumerate(commands[1:], 2):
            if isinstance(command.arguments[0], (Bool, Dot, Nil, Number, String)):
                raise self._error(f"non executable command in pipeline stage {number}", command.line)
        # Only now: in `$x := $x | upper` the second is an older one.
        slots = tuple(self._scope.declare(name) if declares else self._assigned(name, line) for name in names)
        return Pipe(tuple(commands), slots, declares, line)

    def _variables(self, context: str) -> tuple[list[str], bool]:
        """The variables that a pipeline sets: `$x :=`, `$x =`, in a range `$i, $x :=`; and whether it declares them."""
        names: list[str] = []
        while self._peek().kind == "variable":
            start = self._position
            name = self._take().text
            following = self._peek()
            if following.kind in ("assign", "declare"):
                self._take()
                return [*names, name], following.kind == "declare"
            if following.kind != "comma":
                self._position = start
                break
            self._take()
            names.append(name)
            if context != "range" or len(names) > 1:
                raise self._error(f"too many declarations in {context}", following.line)
            if self._peek().kind not in ("variable", "right", "close"):
                raise self._error("range can only initialize variables", following.line)
        return names, True

    def _assigned(self, name: str, line: int) -> int:
        slot = self._scope.find(name)
        if slot is None:
            # Go finds this out when the assignment runs; no chart that works has it.
            raise self._error(f"undefined variable: {name}", line)
        return slot

    def _command(self) -> Command:
        """Operands with spaces between them, up to what ends the command; of the ends, a pipe is taken."""
        line = self._peek().line
        arguments: list[Operand] = []
        while True:
            operand = self._operand()
            if operand is not None:
                arguments.append(operand)
            token = self._tokens[self._position]
            if token.kind in ("right", "close"):
                break
            if token.kind == "pipe":
                self._position += 1
                break
            if operand is None or not token.spaced:
                raise self._unexpected(token, "operand")
        if not arguments:
            raise self._error("empty command", line)
        return Command(tuple(arguments), line)

    def _operand(self) -> Operand | None:
        term = self._term()
        names = []
        while (token := self._tokens[self._position]).kind == "field" and not token.spaced and term is not None:
            names.append(token.text[1:])
            self._position += 1
        if not names or term is None:
            return term
        if isinstance(term, Field):
            return Field((*term.names, *names))
        if isinstance(term, Variable):
            return Variable(term.name, term.slot, tuple(names))
        if isinstance(term, (Bool, String, Number, Nil, Dot)):
            raise self._error("unexpected . after term")
        return Chain(term, tuple(names))

    def _term(self) -> Operand | None:
        """What begins with the next token; None where that begins no operand."""
        token = self._tokens[self._position]
        if token.kind not in _OPERANDS:
            return None
        self._position += 1
        kind, text = token.kind, token.text
        if kind == "field":
            return Field((text[1:],))
        if kind == "word":
            if text not in self._functions:
                raise self._error(f'function "{text}" not defined', token.line)
            return Identifier(text, token.line)
        if kind == "variable":
            slot = self._scope.find(text)
            if slot is None:
                raise self._error(f'undefined variable "{text}"', token.line)
            return Variable(text, slot)
        if kind == "open":
            return self._pipe("parenthesized pipeline", "close")
        if kind in ("string", "raw"):
            return String(self._literal(token))
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
            raise self._error(str(error), token.line) from None

    def _literal(self, token: Token) -> str:
        try:
            return literals.string(token.text)
        except ValueError as error:
            raise self._error(str(error), token.line) from None
