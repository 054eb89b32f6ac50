"""Regular expressions of strangers, written for Go: only those that mean the same in Python, and take no time. Pure."""

from __future__ import annotations

import re
from functools import cache

_SIMPLE = re.compile(r"(?:[\w\s/:@,=~#%&!<>'\"-]|\\[.\w-]|\[[\w.^-]+\]|[.|()*+?$^])*")
_MANY = 3  # quantifiers without a bound: each of them multiplies the time by the length of the text


class Unsure(ValueError):
    """What kustomize makes of it cannot be told; the message is one line."""


@cache
def pattern(written: str) -> re.Pattern[str]:
    """The pattern. Raises `Unsure`."""
    unbounded = len(re.findall(r"(?<!\\)[*+]", written))
    if not _SIMPLE.fullmatch(written) or unbounded > _MANY or re.search(r"\)[*+?]|\(\?|[*+?][*+?]", written):
        raise Unsure(f"{written} is a regular expression that is not followed here")
    try:
        return re.compile(written)
    except (re.error, OverflowError):
        raise Unsure(f"{written} is a regular expression that is not followed here") from None
