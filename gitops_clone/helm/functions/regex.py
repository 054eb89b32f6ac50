"""sprig's regular expressions. Go's (RE2) as Python's, where the two agree and no pattern can run away."""

from __future__ import annotations

import re
from functools import lru_cache

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.frame import LONGEST_TEXT
from gitops_clone.helm.gotypes import Strings
from gitops_clone.helm.registry import function

_NESTED = re.compile(r"[*+}][^()]*\)[*+{]")


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    if re.search(r"\\[pPQCzX]|\[\[:|\(\?[^:imsP]|\\x\{|\(\?[a-zA-Z]*U", pattern):
        raise Unsupported("a regular expression with syntax of RE2")
    if _NESTED.search(pattern):
        raise Unsupported("a regular expression with nested repetitions")
    try:
        return re.compile(pattern.replace(r"\z", r"\Z"), re.ASCII)
    except (re.error, OverflowError, RecursionError):
        raise Refused(f"error parsing regexp: `{pattern}`") from None


@function("regexMatch", "string", "string")
def _regex_match(pattern: str, value: str) -> bool:
    try:
        return _compiled(pattern).search(value) is not None
    except Refused:
        return False


@function("mustRegexMatch", "string", "string")
def _must_regex_match(pattern: str, value: str) -> bool:
    return _compiled(pattern).search(value) is not None


@function("regexFind mustRegexFind", "string", "string")
def _regex_find(pattern: str, value: str) -> str:
    match = _compiled(pattern).search(value)
    return match[0] if match else ""


@function("regexFindAll mustRegexFindAll", "string", "string", "int")
def _regex_find_all(pattern: str, value: str, count: int) -> Strings:
    found = [match[0] for match in _compiled(pattern).finditer(value)]
    return Strings(found if count < 0 else found[:count])


@function("regexReplaceAll mustRegexReplaceAll", "string", "string", "string")
def _regex_replace_all(pattern: str, value: str, replacement: str) -> str:
    compiled = _compiled(pattern)

    def replace(match: re.Match[str]) -> str:
        return _expanded(replacement, match)

    if len(value) * (len(replacement) + 1) > LONGEST_TEXT:
        raise Unsupported("regexReplaceAll makes a text beyond all bounds")
    return compiled.sub(replace, value)


@function("regexReplaceAllLiteral mustRegexReplaceAllLiteral", "string", "string", "string")
def _regex_replace_all_literal(pattern: str, value: str, replacement: str) -> str:
    if len(value) * (len(replacement) + 1) > LONGEST_TEXT:
        raise Unsupported("regexReplaceAllLiteral makes a text beyond all bounds")
    return _compiled(pattern).sub(lambda match: replacement, value)


_REFERENCE = re.compile(r"\$(?:(\$)|([0-9A-Za-z_]+)|\{([0-9A-Za-z_]+)\})", re.ASCII)


def _expanded(template: str, match: re.Match[str]) -> str:
    """Go's Expand: $1, ${1}, $name; a group that is not there is empty."""

    def replace(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except IndexError:
            return ""

    return _REFERENCE.sub(replace, template)


@function("regexSplit mustRegexSplit", "string", "string", "int")
def _regex_split(pattern: str, value: str, count: int) -> Strings:
    if count == 0:
        return Strings()
    parts: list[str] = []
    start = end = 0
    if pattern and not value:
        return Strings([""])
    for match in _compiled(pattern).finditer(value):
        if count > 0 and len(parts) == count - 1:
            break
        end = match.start()
        if match.end():
            parts.append(value[start:end])
        start = match.end()
    if end != len(value):
        parts.append(value[start:])
    return Strings(parts)


@function("regexQuoteMeta", "string")
def _regex_quote_meta(value: str) -> str:
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", value)
