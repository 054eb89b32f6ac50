"""Which versions are one version, and the tag that it has in a registry. Pure.

Helm pushes a chart under its version, with `_` for `+`, which no tag may have
(https://helm.sh/docs/v3/topics/registries/, "OCI feature deprecation and behavior changes with v3.8.0").
"""

from __future__ import annotations

import re

_EXACT = re.compile(r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_PARTIAL = re.compile(r"v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def of_chart(text: str | None) -> tuple[str | None, str | None]:
    """The tag of a chart's version, or why there is not one."""
    if text and _EXACT.fullmatch(text):
        return text.replace("+", "_"), None
    return None, _why_not(text)


def of_artifact(text: str | None) -> tuple[str | None, str | None]:
    """The tag or digest that a text is where ranges of versions may stand too, or why it is none."""
    if text and (_EXACT.fullmatch(text) or _DIGEST.fullmatch(text)):
        return text.replace("+", "_"), None
    if text and text != "HEAD" and _TAG.fullmatch(text) and not _PARTIAL.fullmatch(text):
        return text, None
    return None, _why_not(text)


def _why_not(text: str | None) -> str:
    if not text:
        return "no version is written, so that the newest is taken"
    if "{{" in text:
        return "its version is composed by a template: {{ … }}"
    if "$" in text:
        return "its version has a variable"
    return "its version is a range" if len(text) < 64 else "its version is none"
