"""sprig's encodings: base64 and base32."""

from __future__ import annotations

import base64
import re

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.gotypes import from_octets, octets
from gitops_clone.helm.registry import function

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@function("b64enc", "string")
def _b64enc(value: str) -> str:
    return base64.b64encode(octets(value)).decode()


@function("b64dec", "string")
def _b64dec(value: str) -> str:
    """What is no base64 gives Go's complaint, as a text."""
    data = octets(value).translate(None, b"\r\n")
    if _BASE64.fullmatch(data):
        return from_octets(base64.b64decode(data))
    return f"illegal base64 data at input byte {_illegal(octets(value))}"


def _illegal(data: bytes) -> int:
    """Where Go stops: at the first byte that is not of the alphabet, or at the end of what is too short."""
    if b"\n" in data or b"\r" in data or b"=" in data:
        raise Unsupported("b64dec of a text that is no base64")
    match = re.match(rb"[A-Za-z0-9+/]*", data)
    end = match.end() if match else 0
    return end if end < len(data) else len(data) - len(data) % 4


@function("b32enc", "string")
def _b32enc(value: str) -> str:
    return base64.b32encode(octets(value)).decode()


@function("b32dec", "string")
def _b32dec(value: str) -> str:
    try:
        return from_octets(base64.b32decode(octets(value).translate(None, b"\r\n")))
    except ValueError:
        raise Unsupported("b32dec of a text that is no base32") from None
