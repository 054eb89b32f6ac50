"""sprig's regular expressions. A bad pattern is refused by all but `regexMatch`, for which nothing matches it."""

from __future__ import annotations

import re
from collections.abc import Callable

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.frame import LONGEST_TEXT
from gitops_clone.helm.gotypes import NilStrings, Strings
from gitops_clone.helm.re2.match import Regex, Spans, regex
from gitops_clone.helm.re2.syntax import BadPattern
from gitops_clone.helm.registry import function

_REFERENCE = re.compile(r"\$(?:(\$)|([0-9A-Za-z_]+)|\{([0-9A-Za-z_]+)\})")


def _compiled(pattern: str) -> Regex:
    try:
        return regex(pattern)
    except BadPattern as error:
        raise Refused(f"error parsing regexp: {error}") from None


def _span(found: Spans) -> tuple[int, int]:
    return found[0] or (0, 0)


@function("regexMatch", "string", "string")
def _regex_match(pattern: str, value: str) -> bool:
    try:
        return regex(pattern).search(value) is not None
    except BadPattern:
        return False


@function("mustRegexMatch", "string", "string")
def _must_regex_match(pattern: str, value: str) -> bool:
    return _compiled(pattern).search(value) is not None


@function("regexFind mustRegexFind", "string", "string")
def _regex_find(pattern: str, value: str) -> str:
    found = _compiled(pattern).search(value)
    return value[slice(*_span(found))] if found else ""


@function("regexFindAll mustRegexFindAll", "string", "string", "int")
def _regex_find_all(pattern: str, value: str, count: int) -> Strings:
    found = [value[slice(*_span(spans))] for spans in _compiled(pattern).all(value)]
    found = found if count < 0 else found[:count]
    return Strings(found) if found else NilStrings()


@function("regexReplaceAll mustRegexReplaceAll", "string", "string", "string")
def _regex_replace_all(pattern: str, value: str, replacement: str) -> str:
    compiled = _compiled(pattern)
    return _replaced(compiled, value, lambda found: _expanded(replacement, compiled, value, found))


@function("regexReplaceAllLiteral mustRegexReplaceAllLiteral", "string", "string", "string")
def _regex_replace_all_literal(pattern: str, value: str, replacement: str) -> str:
    return _replaced(_compiled(pattern), value, lambda found: replacement)


def _replaced(compiled: Regex, value: str, text: Callable[[Spans], str]) -> str:
    parts: list[str] = []
    end = length = 0
    for found in compiled.all(value):
        low, high = _span(found)
        new = text(found)
        length += len(new)
        if length > LONGEST_TEXT:
            raise Unsupported("regexReplaceAll makes a text beyond all bounds")
        parts += [value[end:low], new]
        end = high
    return "".join(parts) + value[end:]


def _expanded(template: str, compiled: Regex, value: str, found: Spans) -> str:
    """Go's Expand: $1, ${1}, $name; a group that is not there, or took no part, is empty."""

    def replace(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        number = int(name) if name.isdigit() and len(name) < 9 else compiled.names.get(name, -1)
        span = found[number] if 0 <= number < len(found) else None
        return value[span[0] : span[1]] if span else ""

    return _REFERENCE.sub(replace, template)


@function("regexSplit mustRegexSplit", "string", "string", "int")
def _regex_split(pattern: str, value: str, count: int) -> Strings:
    if count == 0:
        return NilStrings()
    compiled = _compiled(pattern)
    if pattern and not value:
        return Strings([""])
    parts: list[str] = []
    start = end = 0
    for found in compiled.all(value):
        if count > 0 and len(parts) == count - 1:
            break
        end, following = _span(found)
        if following:
            parts.append(value[start:end])
        start = following
    if end != len(value):
        parts.append(value[start:])
    return Strings(parts)


@function("regexQuoteMeta", "string")
def _regex_quote_meta(value: str) -> str:
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", value)
