""".Files: the files of a chart that are no templates, as templates read them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from gitops_clone.helm import yaml_text
from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.gotypes import Bytes, Member, MethodMap, StringMap, Strings, octets

_MOST_STARS = 3  # each may cost time as long as a name is


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
    """A pattern of gobwas/glob, with `/` as the separator. Raises `Unsupported` for one that is not balanced."""
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
            parts.append(_class(pattern[at:end] if end >= 0 else ""))
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
    if depth or parts.count(".*") + parts.count("[^/]*") > _MOST_STARS:
        raise Unsupported(f"the glob {pattern[:40]!r}")
    return re.compile("".join(parts), re.S)


def _class(body: str) -> str:
    negation = "^" if body.startswith("!") else ""
    inner = body.removeprefix("!")
    if not inner:
        raise Unsupported("a glob with an empty class")
    if len(inner) == 3 and inner[1] == "-":
        return f"[{negation}{re.escape(inner[0])}-{re.escape(inner[2])}]"
    return f"[{negation}{''.join(map(re.escape, inner))}]"
