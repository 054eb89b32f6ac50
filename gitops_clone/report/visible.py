"""Untrusted text, made safe to show: manifests, file names and server messages come from strangers."""

from __future__ import annotations

import re

# What a CI runner takes for a command wherever it stands in a line: "##[" (GitHub), "##vso[" (Azure Pipelines),
# "##teamcity["; and "::" where only white space precedes it (GitHub's actions/runner, ActionCommand.cs).
_RUNNER_COMMAND = re.compile(r"(?<=#)#|(?:(?<=\s)|^):(?=:)")
_LONG_DIGEST = re.compile(r"\b(sha(?:256|384|512)[:_][0-9a-f]{12})[0-9a-f]{20,}")


def visible(text: str) -> str:
    """The text on one line, with what a terminal or a CI runner would obey shown as an escape.

    As `printable`; and the marks of CI commands become `#\\x23` and `\\x3a:`.
    """
    return _RUNNER_COMMAND.sub(lambda match: f"\\x{ord(match[0]):02x}", printable(text))


def printable(text: str) -> str:
    """The text with what a terminal would obey shown as an escape.

    Control and format characters (also the ones that turn the direction of text), white space other than a space, and
    lone surrogates become `\\x1b`, `\\n`, `\\u202e`.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def brief(text: str) -> str:
    """`visible`, with digests cut to 12 hexadecimal digits: for reading, not for pasting."""
    return _LONG_DIGEST.sub(r"\1", visible(text))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
