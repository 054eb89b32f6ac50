"""sprig's words in texts: capitals, cases, line breaks between them. For ASCII, as far as charts need them."""

from __future__ import annotations

import re

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.functions.builtin import cut_text
from gitops_clone.helm.functions.strings import SPACES, simple_lower, simple_upper
from gitops_clone.helm.gotypes import size
from gitops_clone.helm.registry import function


@function("title", "string")
def _title(value: str) -> str:
    """Go's strings.Title: a letter after what is no letter, digit, underscore or apostrophe-free mark."""
    parts = []
    before = " "
    for character in value:
        parts.append(simple_upper(character) if _separates(before) else character)
        before = character
    return "".join(parts)


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return not character.isalnum() and character in SPACES


@function("untitle", "string")
def _untitle(value: str) -> str:
    return re.sub(rf"(^|[{SPACES}])([^{SPACES}])", lambda match: match[1] + simple_lower(match[2]), value)


@function("initials", "string")
def _initials(value: str) -> str:
    if not value.isascii():
        raise Unsupported("initials of a text that is not ASCII")
    return "".join(word[0] for word in re.split(f"[{SPACES}]+", value) if word)


@function("abbrev", "int", "string")
def _abbrev(width: int, value: str) -> str:
    return value if width < 4 or size(value) <= width else cut_text(value, 0, width - 3) + "..."


@function("wrap", "int", "string")
def _wrap(width: int, value: str) -> str:
    return _wrapped(value, width, "\n", long_words=False)


@function("wrapWith", "int", "string", "string")
def _wrap_with(width: int, separator: str, value: str) -> str:
    return _wrapped(value, width, separator or "\n", long_words=True)


def _wrapped(value: str, width: int, separator: str, *, long_words: bool) -> str:
    if not value.isascii():
        raise Unsupported("wrap of a text that is not ASCII")
    width = max(width, 1)
    parts: list[str] = []
    offset = 0
    while len(value) - offset > width:
        if value[offset] == " ":
            offset += 1
            continue
        end = offset + width
        space = value.rfind(" ", offset, end + 1)
        if space < 0 and not long_words:
            space = value.find(" ", end)
            if space < 0:
                break
        stop = end if space < 0 else space
        parts += [value[offset:stop], separator]
        offset = stop + (space >= 0)
    return "".join(parts) + value[offset:]


@function("camelcase", "string")
def _camelcase(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]+(?:[-_ ][A-Za-z0-9]+)*", value):
        raise Unsupported("camelcase of a text with other characters")
    words = re.split("[-_ ]", value)
    return "".join(word[0].upper() + _lowered(word) for word in words)


def _lowered(word: str) -> str:
    """What follows the first letter: capitals become small while only capitals were seen."""
    capitals = re.match(r"[A-Z]+", word)
    count = capitals.end() if capitals else 1
    return word[1:count].lower() + word[count:]


@function("snakecase", "string")
def _snakecase(value: str) -> str:
    return _joined(value, "_")


@function("kebabcase", "string")
def _kebabcase(value: str) -> str:
    return _joined(value, "-")


def _joined(value: str, connector: str) -> str:
    """Words in small letters: `HTTPServer` is two of them. Digits have rules of their own (huandu/xstrings)."""
    if not re.fullmatch("[A-Za-z _-]*", value):
        raise Unsupported("snakecase or kebabcase of a text with digits or other characters")
    parts = re.split("([ _-]+)", value)
    words = ["-".join(re.findall("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", part)) for part in parts[::2]]
    return re.sub("[ _-]", connector, "".join(w + c for w, c in zip(words, [*parts[1::2], ""], strict=True)).lower())
