""".helmignore: which files of a chart Helm does not see. Patterns are Go's filepath.Match, one a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

ALWAYS = "templates/.?*"


class Rule(NamedTuple):
    matches: Callable[[str], bool]
    negated: bool
    folders_only: bool


def rules(text: str) -> list[Rule]:
    """The rules of a file, and the one that always holds. Raises `ValueError` for a pattern that Helm refuses."""
    return [rule for line in [*text.removeprefix("\ufeff").splitlines(), ALWAYS] if (rule := _rule(line.strip()))]


def is_ignored(found: Sequence[Rule], path: str, is_folder: bool) -> bool:
    """Whether a path below the chart is ignored: the first rule that says so counts."""
    for rule in found:
        if rule.negated:
            if (rule.folders_only and not is_folder) or not rule.matches(path):
                return True
        elif (is_folder or not rule.folders_only) and rule.matches(path):
            return True
    return False


def _rule(line: str) -> Rule | None:
    if not line or line.startswith("#"):
        return None
    if "**" in line:
        raise ValueError("double-star (**) syntax is not supported")
    negated = line.startswith("!")
    pattern = line.removeprefix("!")
    folders_only = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    whole = re.compile(glob(pattern.removeprefix("/")))
    if "/" in pattern:
        return Rule(lambda path: whole.fullmatch(path) is not None, negated, folders_only)
    return Rule(lambda path: whole.fullmatch(path.rpartition("/")[2]) is not None, negated, folders_only)


def glob(pattern: str) -> str:
    """A regular expression for a pattern of Go's filepath.Match. Raises `ValueError` for a bad one."""
    parts: list[str | None] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            parts.append(None)
        elif character == "?":
            parts.append("[^/]")
        elif character == "\\":
            if at == len(pattern):
                raise ValueError(f"syntax error in pattern {pattern!r}")
            parts.append(re.escape(pattern[at]))
            at += 1
        elif character == "[":
            match = _CLASS.match(pattern, at)
            if not match:
                raise ValueError(f"syntax error in pattern {pattern!r}")
            negation = "^" if match[0].startswith("^") else ""
            inner = match[0][len(negation) : -1].replace("[", "\\[").replace("&", "\\&").replace("~", "\\~")
            parts.append(f"(?!/)[{negation}{inner}]")
            at = match.end()
        else:
            parts.append(re.escape(character))
    return f"(?s:{with_stars(parts, '[^/]*')})"


def with_stars(parts: Sequence[str | None], star: str) -> str:
    """Fragments that match one character each, with stars (None) between them: what follows a star is taken at the
    first place that it fits, once and for all, so that no name costs more than its length for each star.
    """
    groups: list[list[str]] = [[]]
    for part in parts:
        if part is None:
            groups.append([])
        else:
            groups[-1].append(part)
    first, *rest = ("".join(group) for group in groups)
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>{star}?{group})" for group in middle if group) + star + last


_CLASS = re.compile(r"\^?(?:\\.|[^\]\\-])(?:-(?:\\.|[^\]\\-]))?(?:(?:\\.|[^\]\\-])(?:-(?:\\.|[^\]\\-]))?)*\]")
