"""Images in files that are templates, not YAML: told by their bytes, read and rewritten line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# A template action where YAML wants a key, an item or a value: `{{ if`, `- {{`, `image: {{`; or one that trims; or one
# with double quotes inside double quotes; or a statement of Jinja.
_ACTION = re.compile(
    r"""^[ \t]*(?:-[ ]+)*(?:\{\{|\{%) | :[ \t]+\{\{ | \{\{- | -\}\}
      | "[^"\n{]*+(?:\{(?!\{)[^"\n{]*+)*+\{\{[^"}\n]*+"[^}\n]{0,500}+\}\}""",
    re.MULTILINE | re.VERBOSE,
)
_IMAGE_LINE = re.compile(r"""^[ \t]*(?:-[ \t]+)*["']?image["']?[ \t]*:[ \t]+(?P<rest>\S[^\r\n]*)""", re.MULTILINE)
_COMMENT = re.compile(r"[ \t]#")


class TemplateSpot(NamedTuple):
    """The text of an image in a template: offsets in code points; `templated` if an action composes it."""

    start: int
    end: int
    image: str
    templated: bool


def is_template(text: str) -> bool:
    """Whether a text that YAML parsers refuse is a Go (or Jinja) template."""
    return ("{{" in text or "{%" in text) and _ACTION.search(text) is not None


def find(text: str) -> Iterator[TemplateSpot]:
    """The images of a template: one for each `image:` line with a value."""
    for match in _IMAGE_LINE.finditer(text):
        start, image = _value(match["rest"])
        if image:
            start += match.start("rest")
            yield TemplateSpot(start, start + len(image), image, "{{" in image or "{%" in image)


def _value(rest: str) -> tuple[int, str]:
    """Where in the rest of a line its value begins, and the value without quotes and comment; empty if no text."""
    if rest[0] in "\"'":
        quote = rest[0]
        # Actions may hold the quotes that surround them.
        end = rest.rfind(quote) if "{{" in rest else rest.find(quote, 1)
        return 1, rest[1 : max(end, 1)]
    if rest[0] in "#[|>&*!" or (rest[0] == "{" and rest[1:2] not in ("{", "%")):
        return 0, ""
    comment = _COMMENT.search(rest)
    return 0, rest[: comment.start() if comment else len(rest)].rstrip(" \t").removesuffix(",")
