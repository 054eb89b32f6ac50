""".Files: the files of a chart that are no templates, as templates read them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from gitops_clone.helm import yaml_text
from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.gotypes import Bytes, Member, MethodMap, StringMap, Strings, octets


class Files(MethodMap):
    """Names to bytes, with Helm's methods."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__({name: Bytes(text) for name, text in texts.items()})

    def members(self) -> Mapping[str, Member]:
        return {
            "Get": Member(self._text, ("string",)),
            "GetBytes": Member(lambda name: Bytes(self._text(name)), ("string",)),
            "Glob": Member(self._glob, ("string",)),
            "AsConfig": Member(self._as_config),
            "AsSecrets": Member(self._as_secrets),
            "Lines": Member(self._lines, ("string",)),
        }

    def _text(self, name: str) -> str:
        return str(self[name].text) if name in self else ""

    def _glob(self, pattern: str) -> Files:
        matching = glob(pattern)
        return Files({name: data.text for name, data in self.items() if matching.fullmatch(name)})

    def _as_config(self) -> str:
        return yaml_text.dump(StringMap({_base(name): self[name].text for name in self}))

    def _as_secrets(self) -> str:
        encoded = {_base(name): base64.b64encode(octets(self[name].text)).decode() for name in self}
        return yaml_text.dump(StringMap(encoded))

    def _lines(self, name: str) -> Strings:
        return Strings(self._text(name).removesuffix("\n").split("\n")) if name in self else Strings()


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def glob(pattern: str) -> re.Pattern[str]:
    """A pattern of gobwas/glob, with `/` as the separator. A bad one matches all names of one level, as Helm has it."""
    try:
        return re.compile(_translated(pattern), re.S)
    except _BadPattern:
        return re.compile(".*", re.S)


class _BadPattern(ValueError):
    pass


def _translated(pattern: str) -> str:
    parts: list[str] = []
    depth = at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            doubled = pattern.startswith("*", at)
            at += doubled
            parts.append(".*" if doubled else "[^/]*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "[":
            end = pattern.find("]", at)
            if end < 0:
                raise _BadPattern(pattern)
            parts.append(_class(pattern[at:end]))
            at = end + 1
        elif character == "{":
            depth += 1
            parts.append("(?:")
        elif character == "}" and depth:
            depth -= 1
            parts.append(")")
        elif character == "," and depth:
            parts.append("|")
        else:
            if character == "\\" and at < len(pattern):
                character = pattern[at]
                at += 1
            parts.append(re.escape(character))
    if depth:
        raise _BadPattern(pattern)
    if parts.count(".*") + parts.count("[^/]*") > 12:
        raise Unsupported("a glob with many stars")
    return "".join(parts)


def _class(body: str) -> str:
    negation = "^" if body.startswith("!") else ""
    inner = body.removeprefix("!")
    if not inner:
        raise _BadPattern(body)
    if len(inner) == 3 and inner[1] == "-":
        return f"[{negation}{re.escape(inner[0])}-{re.escape(inner[2])}]"
    return f"[{negation}{''.join(map(re.escape, inner))}]"
