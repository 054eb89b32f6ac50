"""What skopeo's messages mean: one line for a person, and whether it is worth another try. Pure.

skopeo ends with 1 for every failure, so its message is all there is. The messages are those of skopeo 1.9 to 1.18
(github.com/containers/image, docker/errors.go, docker/docker_client.go, copy/manifest.go) and of Go's net and tls.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum

_MAX_REASON = 240


class Kind(Enum):
    """What a problem is, as far as it decides what to do next."""

    MISSING = "the registry has no such image"
    FINAL = "another try gives the same"
    UNREACHABLE = "nobody answers at the registry's address"
    TRANSIENT = "may be gone at the next try"
    UNKNOWN = "no rule knows the message"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something did not work: `reason` is one line for a person, without secrets."""

    kind: Kind
    reason: str


# The first rule whose pattern is found decides. {where} is the registry, {host} its name for `skopeo login`.
_RULES: tuple[tuple[str, Kind, str], ...] = (
    (r"unknown flag", Kind.FINAL, "this skopeo is too old, it does not know {detail}: install a newer one"),
    (r"getting credentials|executable file not found", Kind.FINAL, "a credential helper failed: {detail}"),
    (r"invalid status code from registry 404|invalid character '<'", Kind.FINAL, "{where} is not a container registry"),
    (
        r"unauthorized|authentication required|[Ss]tatus(Code:| code from registry) 401|invalid username/password",
        Kind.FINAL,
        "unauthorized: log in with `skopeo login {host}`",
    ),
    (
        r"\bdenied\b|[Ss]tatus(Code:| code from registry) 403|\bforbidden\b",
        Kind.FINAL,
        "denied by {where}: no such image, or no right to it (`skopeo login {host}`)",
    ),
    (
        r"(?i)preserve digests|cannot modify|manifest invalid|must be converted"
        r"|uploading manifest .*(unsupported|StatusCode: 4(00|15))",
        Kind.FINAL,
        "{where} converts manifests ({detail}): the digest would change",
    ),
    (r"no image found in (image index|manifest list)", Kind.FINAL, "no image for the platform: {detail}"),
    (r"x509: |tls: .*certificate", Kind.FINAL, "the certificate of {where} is not trusted: {detail}"),
    (
        r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake",
        Kind.FINAL,
        "{where} speaks plain HTTP: allow it with --insecure-registry {host}",
    ),
    (
        r"connection refused|no such host|no route to host|network is unreachable|dial tcp .*i/o timeout",
        Kind.UNREACHABLE,
        "{where} cannot be reached: {detail}",
    ),
    (
        r"HTTP status: 5\d\d|StatusCode: 5\d\d|status code from registry 5\d\d|\b5\d\d \(",
        Kind.TRANSIENT,
        "{where} has a fault: {detail}",
    ),
    (
        r"EOF|connection reset|broken pipe|(?i:timeout|timed out)|deadline exceeded|server misbehaving"
        r"|(?i:temporary failure)|INTERNAL_ERROR|GOAWAY|use of closed network connection",
        Kind.TRANSIENT,
        "connection to {where} lost: {detail}",
    ),
)
_RATE_LIMITED = re.compile(r"(?i)toomanyrequests|too many requests|StatusCode: 429")
_MISSING = re.compile(r"manifest unknown|name unknown|not found|StatusCode: 404|was deleted or has expired")
_COMPILED = tuple((re.compile(pattern), kind, reason) for pattern, kind, reason in _RULES)
_AT_DESTINATION = re.compile(r"destination|writing (blob|manifest)|[Uu]ploading|initiating layer upload|reuse blob")
# Names of images, hosts and URLs are strangers' words: an image named `denied` must not look like an error.
_NAMES = re.compile(r"(?<!\S)(?!i/o\b)\S*/\S*|(?<=container registry )\S+")
_FATAL = re.compile(r'level=fatal msg="((?:[^"\\]|\\.)*)"')
_SECRETS = (
    (re.compile(r"(?<=://)[^/@\s\"]+@"), ""),
    (re.compile(r"(?<=[\w/])\?[^\s\"]+"), ""),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"(?i)\b(\w*token|password|secret|authorization)(\"?[=:]\s*\"?)[^\s\",]+"), r"\1\2***"),
    (re.compile(r"\beyJ[\w-]+\.[\w.-]+"), "***"),
)


def explain(output: str, *, upstream: str | None = None, backup: str | None = None) -> Problem:
    """What went wrong when skopeo said `output`.

    `upstream` and `backup` are the registries that took part, as skopeo names them: both in a copy, one if it was
    only inspected.
    """
    message = fatal_message(output)
    said = _NAMES.sub("…", message)
    at_backup = upstream is None or (backup is not None and _AT_DESTINATION.search(said) is not None)
    host = (backup if at_backup else upstream) or ""
    where = f"backup registry {host}" if at_backup else host
    detail = _innermost(message)
    if _RATE_LIMITED.search(said):
        # skopeo has waited long for its reads, but does not wait when it writes.
        return Problem(Kind.TRANSIENT if at_backup else Kind.FINAL, f"{where} limits requests: {detail}")
    for pattern, kind, reason in _COMPILED:
        if pattern.search(said):
            return Problem(kind, reason.format(where=where, host=host, detail=detail))
    if _MISSING.search(said):
        if at_backup and upstream:
            return Problem(Kind.FINAL, f"{where} has no repository for it, create it there: {detail}")
        return Problem(Kind.MISSING, f"not found on {where}" if at_backup else "not found upstream")
    return Problem(Kind.UNKNOWN, clean(message))


def fatal_message(output: str) -> str:
    """The text of skopeo's last error: it logs `time=… level=fatal msg="…"`, with Go's quoting."""
    if found := _FATAL.findall(output):
        text: str = found[-1]
        try:
            return str(json.loads(f'"{text}"'))
        except ValueError:
            return text
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "skopeo failed without a message"


def clean(text: str) -> str:
    """One printable line without log-ins and tokens, cut to a length that a table can bear."""
    text = _without_secrets(text)
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= _MAX_REASON else f"{text[: _MAX_REASON - 1]}…"


def _without_secrets(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _innermost(message: str) -> str:
    """The cause behind Go's chain of `doing this: doing that: cause`."""
    return clean(re.split(r"(?<=[\w\"\])]): |status code from registry ", _without_secrets(message))[-1])
