"""The messages are skopeo's own, noted from runs against real registries and faulty ones."""

from __future__ import annotations

import pytest

from gitops_clone.mirror.problem import Kind, Problem, clean, explain

READING = "initializing source docker://ghcr.io/a/b:1: reading manifest 1 in ghcr.io/a/b: "
WRITING = "copying image 1/2 from manifest list: writing manifest: uploading manifest sha256:e4 to localhost:5001/a: "
REUSING = "copying image 1/2 from manifest list: trying to reuse blob sha256:68 at destination: "


def said(message: str) -> Problem:
    output = f'time="2024-01-02T03:04:05Z" level=fatal msg="{message}"\n'
    return explain(output, upstream="ghcr.io", backup="localhost:5001")


@pytest.mark.parametrize(
    ("message", "kind", "reason"),
    [
        (READING + "manifest unknown: manifest unknown", Kind.MISSING, "not found upstream"),
        (READING + "StatusCode: 404, <html>nope</html>", Kind.MISSING, "not found upstream"),
        (
            READING + "unauthorized: authentication required",
            Kind.FINAL,
            "unauthorized: log in with `skopeo login ghcr.io`",
        ),
        (
            REUSING + "checking whether a blob exists in localhost:5001/x: unauthorized: authentication required",
            Kind.FINAL,
            "unauthorized: log in with `skopeo login localhost:5001`",
        ),
        (
            READING + "denied",
            Kind.FINAL,
            "denied by ghcr.io: no such image, or no right to it (`skopeo login ghcr.io`)",
        ),
        (
            READING + "received unexpected HTTP status: 503 Service Unavailable",
            Kind.TRANSIENT,
            "ghcr.io has a fault: 503 Service Unavailable",
        ),
        (
            REUSING + "failed to read from destination repository ghcr_io/a/b: 502 (Bad Gateway)",
            Kind.TRANSIENT,
            "backup registry localhost:5001 has a fault: 502 (Bad Gateway)",
        ),
        (
            "initializing source docker://ghcr.io/a/b:1: pinging container registry ghcr.io: "
            r"Get \"https://ghcr.io/v2/\": net/http: TLS handshake timeout",
            Kind.TRANSIENT,
            "connection to ghcr.io lost: TLS handshake timeout",
        ),
        (
            "initializing source docker://ghcr.io/a/b:1: unexpected EOF",
            Kind.TRANSIENT,
            "connection to ghcr.io lost: unexpected EOF",
        ),
        (
            "initializing source docker://ghcr.io/a/b:1: pinging container registry ghcr.io: "
            r"Get \"https://ghcr.io/v2/\": dial tcp 1.2.3.4:443: i/o timeout",
            Kind.UNREACHABLE,
            "ghcr.io cannot be reached: i/o timeout",
        ),
        (
            REUSING + "pinging container registry localhost:5001: "
            r"Get \"http://localhost:5001/v2/\": dial tcp 127.0.0.1:5001: connect: connection refused",
            Kind.UNREACHABLE,
            "backup registry localhost:5001 cannot be reached: connection refused",
        ),
        (
            REUSING + "pinging container registry localhost:5001: invalid status code from registry 404 (Not Found)",
            Kind.FINAL,
            "backup registry localhost:5001 is not a container registry",
        ),
        (
            READING + "toomanyrequests: You have reached your pull rate limit.",
            Kind.FINAL,
            "ghcr.io limits requests: You have reached your pull rate limit.",
        ),
        (
            WRITING + "toomanyrequests: slow down",
            Kind.TRANSIENT,
            "backup registry localhost:5001 limits requests: slow down",
        ),
        (
            WRITING + "manifest invalid: manifest invalid",
            Kind.FINAL,
            "backup registry localhost:5001 converts manifests (manifest invalid): the digest would change",
        ),
        (
            r"Manifest list must be converted to type \"x\" to be written to destination, but we cannot modify it: "
            r"\"Instructed to preserve digests\"",
            Kind.FINAL,
            "backup registry localhost:5001 converts manifests "
            '("Instructed to preserve digests"): the digest would change',
        ),
        (
            "initializing source docker://ghcr.io/a/b:1: pinging container registry ghcr.io: "
            r"Get \"https://ghcr.io/v2/\": x509: certificate signed by unknown authority",
            Kind.FINAL,
            "the certificate of ghcr.io is not trusted: certificate signed by unknown authority",
        ),
        (
            "initializing source docker://ghcr.io/a/b:1: pinging container registry ghcr.io: "
            r"Get \"https://ghcr.io/v2/\": http: server gave HTTP response to HTTPS client",
            Kind.FINAL,
            "ghcr.io speaks plain HTTP: allow it with --insecure-registry ghcr.io",
        ),
        (
            r"initializing source docker://ghcr.io/a/b:1: error getting credentials - err: exec: "
            r"\"docker-credential-x\": executable file not found in $PATH",
            Kind.FINAL,
            "a credential helper failed: executable file not found in $PATH",
        ),
        (
            "unknown flag: --preserve-digests",
            Kind.FINAL,
            "this skopeo is too old, it does not know --preserve-digests: install a newer one",
        ),
        ("something new", Kind.UNKNOWN, "something new"),
    ],
)
def test_messages_become_a_reason_and_a_kind(message: str, kind: Kind, reason: str) -> None:
    assert said(message) == Problem(kind, reason)


@pytest.mark.parametrize(
    "name", ["denied/unauthorized", "acme/503", "timeout/eof", "x509/certificate", "destination/a"]
)
def test_the_name_of_an_image_is_not_taken_for_an_error(name: str) -> None:
    message = f"initializing source docker://ghcr.io/{name}:1: reading manifest 1 in ghcr.io/{name}: manifest unknown"
    assert said(message) == Problem(Kind.MISSING, "not found upstream")


def test_what_was_only_inspected_on_the_backup_registry_is_not_found_there() -> None:
    problem = explain(
        'level=fatal msg="reading manifest 1 in localhost:5001/a: manifest unknown"', backup="localhost:5001"
    )
    assert problem == Problem(Kind.MISSING, "not found on backup registry localhost:5001")


@pytest.mark.parametrize("kind", ["upstream", "backup"])
@pytest.mark.parametrize("output", ["", "\n \n"])
def test_no_message_at_all_is_said(output: str, kind: str) -> None:
    assert explain(output, **{kind: "ghcr.io"}).reason == "skopeo failed without a message"


@pytest.mark.parametrize(
    "text",
    [
        "Get https://robot:hunter22@ghcr.io/v2/: EOF of a new kind",
        "Get https://ghcr.io/token?account=robot&password=hunter22 bad",
        "header Authorization: Bearer hunter22hunter22",
        "header: Basic hunter22hunter22==",
        'answer {"access_token": "hunter22"}',
        "password: hunter22",
        "PATCH /v2/a/blobs/uploads/1?_state=hunter22: what",
    ],
)
def test_no_secret_gets_into_a_reason(text: str) -> None:
    assert "hunter22" not in clean(text)
    assert "hunter22" not in said(text.replace('"', '\\"')).reason
    assert "hunter22" not in said(f"received unexpected HTTP status: 503 {text}".replace('"', '\\"')).reason


def test_a_reason_is_one_printable_line_of_bearable_length() -> None:
    reason = said(r"a\nb\x1b[31m" + "\x1b[2J\u202e" + "long " * 200).reason
    assert reason.isprintable()
    assert len(reason) <= 240
