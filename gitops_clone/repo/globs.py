"""The globs of `exclude`: written like lines of a `.gitignore`, matched against names relative to the root. Pure.

A `re` translation of our own: the rules are few, and this is on the way of every run, which a library would slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gitops_clone.errors import UsageError

_TOKEN = re.compile(r"\*\*/|/\*\*\Z|\*+|\?|\[[!^]?\]?[^\]]*\]|\\.|.", re.DOTALL)


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
    anywhere = "" if "/" in body else "(?:.*/)?"
    below = "/.*" if glob.endswith("/") else "(?:/.*)?"
    try:
        return re.compile(anywhere + "".join(map(_translate, _TOKEN.findall(body.lstrip("/")))) + below, re.DOTALL)
    except re.error as error:
        raise UsageError(f'exclude "{glob}": {error.msg}') from error


def _translate(token: str) -> str:
    if token == "**/":
        return "(?:.*/)?"
    if token == "/**":
        return "/.*"
    if token[0] == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if token[0] == "[" and len(token) > 1:
        negated, characters = token[1] in "!^", token[1:-1].lstrip("!^") if token[1] in "!^" else token[1:-1]
        escaped = characters.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
        return f"[^/{escaped}]" if negated else f"(?!/)[{escaped}]"
    return re.escape(token[1] if token[0] == "\\" and len(token) > 1 else token)
