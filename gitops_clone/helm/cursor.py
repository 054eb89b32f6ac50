"""A place among a template's tokens, and the variables that are known there: what the parser moves along."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops_clone.helm import literals
from gitops_clone.helm.errors import Refused
from gitops_clone.helm.lexer import Token


class Cursor:
    """Reads tokens one after the other: `token` is the next. The last is `eof`, and is so for ever."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, tokens[-1]]
        self._position = 0
        self.token = tokens[0]

    def after(self) -> Token:
        """The token after the next."""
        return self._tokens[self._position + 1]

    def take(self) -> Token:
        token = self.token
        if token.kind != "eof":
            self._position += 1
            self.token = self._tokens[self._position]
        return token

    def back(self) -> None:
        """Undo one `take`, of anything but the end."""
        self._position -= 1
        self.token = self._tokens[self._position]

    def expect(self, context: str, *kinds: str) -> Token:
        token = self.take()
        if token.kind not in kinds:
            raise self.unexpected(token, context)
        return token

    def literal(self, context: str) -> str:
        """The string that must come next."""
        return self.string(self.expect(context, "string", "raw"))

    def string(self, token: Token) -> str:
        try:
            return literals.string(token.text)
        except ValueError as error:
            raise self.error(str(error), token.line) from None

    def unexpected(self, token: Token, context: str) -> Refused:
        what = "EOF" if token.kind == "eof" else f"<{token.text}>"
        return self.error(f"unexpected {what} in {context}", token.line)

    def error(self, reason: str, line: int | None = None) -> Refused:
        error = Refused(reason)
        error.line = line or self.token.line
        return error


@dataclass(slots=True)
class Scope:
    """The variables of one template: names with their slots, innermost last; and how many ranges are open."""

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
