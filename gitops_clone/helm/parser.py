"""Tokens to trees: the grammar of Go's text/template (1.25), with its checks at parse time."""

from __future__ import annotations

from typing import NamedTuple

from gitops_clone.helm.cursor import Cursor, Scope
from gitops_clone.helm.lexer import Token, tokens
from gitops_clone.helm.pipelines import Pipelines
from gitops_clone.helm.syntax import Action, Body, Branch, Call, Jump, Node, Text, Tree


class Parsed(NamedTuple):
    """A file's own text as a template, and the templates that it defines."""

    main: Tree
    definitions: dict[str, Tree]


def parse(text: str, functions: frozenset[str]) -> Parsed:
    """Parse a template that may use these functions. Raises `Refused` with a line."""
    cursor = Cursor(tokens(text))
    parser = _Parser(cursor, Pipelines(cursor, functions))
    main = parser.file()
    return Parsed(main, parser.definitions)


class _Parser:
    def __init__(self, cursor: Cursor, pipelines: Pipelines) -> None:
        self.definitions: dict[str, Tree] = {}
        self._cursor = cursor
        self._pipelines = pipelines

    def file(self) -> Tree:
        """All nodes up to the end; only here templates are defined."""
        nodes: list[Node] = []
        while (token := self._cursor.token).kind != "eof":
            if token.kind == "left" and self._cursor.after().kind == "define":
                self._definition()
                continue
            node = self._text_or_action()
            if isinstance(node, Token):
                raise self._cursor.unexpected(node, "input")
            nodes.append(node)
        return Tree(tuple(nodes), self._pipelines.scope.slots)

    def _definition(self) -> None:
        self._cursor.take()
        self._cursor.take()
        name = self._cursor.literal("define clause")
        self._cursor.expect("define clause", "right")
        self._add(name, self._own_tree("define clause"))

    def _own_tree(self, context: str) -> Tree:
        """The body of a definition or block, up to its end, with variables of its own."""
        outer, self._pipelines.scope = self._pipelines.scope, Scope()
        body, closing = self._body()
        if closing.kind != "end":
            raise self._cursor.unexpected(closing, context)
        tree = Tree(body, self._pipelines.scope.slots)
        self._pipelines.scope = outer
        return tree

    def _add(self, name: str, tree: Tree) -> None:
        known = self.definitions.get(name)
        if known is None or known.is_empty:
            self.definitions[name] = tree
        elif not tree.is_empty:
            raise self._cursor.error(f'multiple definition of template "{name}"')

    def _body(self) -> tuple[Body, Token]:
        """Nodes up to an `end` or `else`, which comes with them; of an `else if` only the `else` is taken."""
        nodes: list[Node] = []
        while True:
            if self._cursor.token.kind == "eof":
                raise self._cursor.error("unexpected EOF")
            node = self._text_or_action()
            if isinstance(node, Token):
                return tuple(nodes), node
            nodes.append(node)

    def _text_or_action(self) -> Node | Token:
        token = self._cursor.take()
        if token.kind == "text":
            return Text(token.text)
        if token.kind != "left":
            raise self._cursor.unexpected(token, "input")
        return self._action()

    def _action(self) -> Node | Token:
        """What stands between the delimiters. A token for `end` and `else`."""
        token = self._cursor.take()
        match token.kind:
            case "if" | "with" | "range":
                return self._branch(token)
            case "end":
                self._cursor.expect("end", "right")
                return token
            case "else":
                if self._cursor.token.kind not in ("if", "with"):
                    self._cursor.expect("else", "right")
                return token
            case "template":
                return self._call(token)
            case "block":
                return self._block(token)
            case "break" | "continue":
                return self._jump(token)
        self._cursor.back()
        return Action(self._pipelines.pipe("command"))

    def _branch(self, token: Token) -> Branch:
        scope, keyword = self._pipelines.scope, token.kind
        known = len(scope.names)
        pipe = self._pipelines.pipe(keyword)
        scope.ranges += keyword == "range"
        body, closing = self._body()
        scope.ranges -= keyword == "range"
        otherwise: Body = ()
        if closing.kind == "else":
            if keyword != "range" and self._cursor.token.kind == keyword:
                otherwise = (self._branch(self._cursor.take()),)
            else:
                otherwise, last = self._body()
                if last.kind != "end":
                    raise self._cursor.error("expected end; found {{else}}", last.line)
        del scope.names[known:]
        return Branch(keyword, pipe, body, otherwise, token.line)

    def _call(self, token: Token) -> Call:
        name = self._cursor.literal("template clause")
        if self._cursor.token.kind == "right":
            self._cursor.take()
            return Call(name, None, token.line)
        return Call(name, self._pipelines.pipe("template clause"), token.line)

    def _block(self, token: Token) -> Call:
        name = self._cursor.literal("block clause")
        pipe = self._pipelines.pipe("block clause")
        self._add(name, self._own_tree("block clause"))
        return Call(name, pipe, token.line)

    def _jump(self, token: Token) -> Jump:
        self._cursor.expect(f"{{{{{token.kind}}}}}", "right")
        if not self._pipelines.scope.ranges:
            raise self._cursor.error(f"{{{{{token.kind}}}}} outside {{{{range}}}}", token.line)
        return Jump(token.kind)
