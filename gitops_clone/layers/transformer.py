"""What one entry of `images` does to one text: kustomize 5.7's image transformer, measured with the tool. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_REST = r"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?"


class Parts(NamedTuple):
    """A reference as kustomize splits it: at the first colon and `@` behind the first slash."""

    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}@{self.digest}" if self.digest else f"{self.name}{tag}"


class Rule(NamedTuple):
    """The four values of an entry besides its name, empty where they are not given."""

    name: str
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""
    tag_suffix: str = ""


@lru_cache(4096)
def _pattern(name: str) -> re.Pattern[str] | None:
    try:
        return re.compile(name + _REST)
    except (re.error, OverflowError):
        return None


def matches(name: str, image: str) -> bool:
    """Whether an entry of that name takes the image. The name is a pattern: its dots stand for any character."""
    pattern = _pattern(name)
    return pattern is not None and pattern.fullmatch(image) is not None


def is_literal(name: str) -> bool:
    """Whether a name is a pattern only through its dots, so that both regular expression dialects agree on it."""
    return re.fullmatch(r"[A-Za-z0-9._/:@-]*", name) is not None


def apply(rule: Rule, image: str) -> str:
    """The image after the entry; the same where it does not match."""
    if not matches(rule.name, image):
        return image
    name, tag, digest = split(image)
    name = rule.new_name or name
    if rule.new_tag:
        tag, digest = rule.new_tag, rule.digest
    elif rule.digest:
        tag, digest = "", rule.digest
    elif rule.tag_suffix:
        tag, digest = tag + rule.tag_suffix, ""
    return str(Parts(name, tag, digest))


def split(image: str) -> Parts:
    """Name, tag and digest, as kustomize's image.Split finds them."""
    slash = max(image.find("/"), 0)
    at, colon = image.find("@", slash), image.find(":", slash)
    if at < 0 and colon < 0:
        return Parts(image)
    if at >= 0 and (colon < 0 or at < colon):
        return Parts(image[:at], "", image[at + 1 :])
    if at < 0:
        return Parts(image[:colon], image[colon + 1 :])
    return Parts(image[:colon], image[colon + 1 : at], image[at + 1 :])
