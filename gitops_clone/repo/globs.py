"""The globs of `exclude`: written like lines of a `.gitignore`, matched against names relative to the root. Pure.

A `re` translation of our own: the rules are few, and this is on the way of every run, which a library would slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gitops_clone.errors import UsageError

_TOKEN = re.compile(r"(?<![^/])\*\*/|\*+|\?|\[[!^]?\]?[^\]]*\]|\\.|.", re.DOTALL)
_SPAN = "**/"
_ANYWHERE = "(?:[^/]+/)*?"


def compile_globs(globs: Sequence[str]) -> Callable[[str], str | None]:
    """A function that gives, for a `/`-separated name, the first glob that matches it or a directory above it.

    `*` and `?` stay within a path element, `**` spans several, `[a-z]` is one character, `\\` escapes. A glob without
    a slash (but at its end) matches a path element at any depth, another one counts from the root; a slash at the end
    means directories only. As in gitignore(5), but for `!`, which raises `UsageError`.
    """
    patterns = [(glob, _compile(glob)) for glob in globs if glob.strip("./")]
    return lambda name: next((glob for glob, pattern in patterns if pattern.fullmatch(name)), None)


def _compile(glob: str) -> re.Pattern[str]:
    if glob.startswith("!"):
        raise UsageError(f'exclude "{glob}": there is no "!" here; name only what is to be left out')
    body = glob.removeprefix("./").rstrip("/")
    while body.endswith("**/**"):
        body = body[:-3]
    inside = len(body) > 3 and body.endswith("/**")
    anchored = "/" in body
    tokens = _TOKEN.findall((body[:-3] if inside else body).lstrip("/"))
    below = ("/[^/]+" if inside else "") + ("/.*" if glob.endswith("/") else "(?:/.*)?")
    try:
        return re.compile(_translate(tokens if anchored else [_SPAN, *tokens]) + below, re.DOTALL)
    except re.error as error:
        raise UsageError(f'exclude "{glob}": {error.msg}') from error


def _translate(tokens: Sequence[str]) -> str:
    """The pattern of a glob. Its groups are atomic, for the first fit of each is as good as any later one: so no glob,
    which may come from a stranger's pull request, makes `re` try more than a few ways."""
    first, *others = (_elements(block) for block in _split(tokens, lambda token: token == _SPAN))
    return first + "".join(f"(?>{_ANYWHERE}{block})" for block in others)


def _elements(tokens: Sequence[str]) -> str:
    """What stands between two `**/`, a path element each between slashes."""
    return "/".join(_element(element) if element else "" for element in _split(tokens, lambda token: token == "/"))


def _element(tokens: Sequence[str]) -> str:
    """A whole path element: what stands before, between and after its stars."""
    first, *others = ("".join(map(_character, run)) for run in _split(tokens, lambda token: token[0] == "*"))
    between = "".join(f"(?>[^/]*?{run})" for run in others[:-1])
    last = f"[^/]*{others[-1]}" if others else ""
    return f"(?>{first}{between}{last}(?=/|\\Z))"


def _split(tokens: Sequence[str], separates: Callable[[str], bool]) -> list[list[str]]:
    runs: list[list[str]] = [[]]
    for token in tokens:
        if separates(token):
            runs.append([])
        else:
            runs[-1].append(token)
    return runs


def _character(token: str) -> str:
    """The pattern of one character."""
    if token == "?":
        return "[^/]"
    if token[0] == "[" and len(token) > 1:
        negated, characters = token[1] in "!^", token[1:-1].lstrip("!^") if token[1] in "!^" else token[1:-1]
        escaped = characters.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
        return f"[^/{escaped}]" if negated else f"(?!/)[{escaped}]"
    return re.escape(token[1] if token[0] == "\\" and len(token) > 1 else token)
