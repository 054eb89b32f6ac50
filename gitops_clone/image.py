"""The image reference: parse, normalise, format. Pure.

Grammar and normalisation are those of the distribution project's `reference` package
(github.com/distribution/reference, regexp.go and normalize.go), except that Docker Hub is
called `index.docker.io`, as the naming scheme has it (docs/design.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

DOCKER_HUB = "index.docker.io"
MAX_NAME = 255

_DOMAIN_COMPONENT = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_DOMAIN_COMPONENT}(?:\.{_DOMAIN_COMPONENT})*|\[[a-fA-F0-9:]+\])"
_DOMAIN = rf"{_HOST}(?::[0-9]+)?"
_PATH_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = rf"{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

_REFERENCE = re.compile(rf"(?P<name>(?:{_DOMAIN}/)?{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?")
_REGISTRY = re.compile(_DOMAIN)
# What most references look like once normalised, so that a lock file is checked quickly: no host of capitals, no IPv6,
# two path components, a tag, and so short that only `parse` need know the limit.
_LABEL = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_NORMALISED = re.compile(
    rf"(?!docker\.io/)(?:{_LABEL}(?:\.{_LABEL})+|localhost)(?::[0-9]+)?/{_PATH_COMPONENT}/{_PATH}:{_TAG}"
)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_DIGEST_HEX = {"sha256": 64, "sha384": 96, "sha512": 128}


class InvalidReference(ValueError):
    """The text is no image reference; the message says why, without repeating the text."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A normalised image reference: registry host (lower-case, with port), repository, tag and digest.

    A host of capitals without dot and port (`Foo/bar`) keeps them: they alone tell it from a Docker Hub name.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        """The full text, as used for keys of the lock file: `index.docker.io/library/nginx:1.23`."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

    def __lt__(self, other: Reference) -> bool:
        return str(self) < str(other)

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    def tagged(self) -> Reference:
        """The same reference, with the tag `latest` where it has neither tag nor digest."""
        return self if self.tag or self.digest else replace(self, tag="latest")


def parse(text: str) -> Reference:
    """Parse what a manifest says into a normalised reference, without adding a tag.

    `nginx` gives `index.docker.io/library/nginx`. Raises `InvalidReference` with the reason.
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise InvalidReference(_why_invalid(text))
    name, tag, digest = match["name"], match["tag"], match["digest"]
    if _IDENTIFIER.fullmatch(text):
        raise InvalidReference("64 hexadecimal digits are an image ID, not a name")
    if digest is not None:
        _check_digest(digest)
    registry, repository = _split_registry(name)
    if len(f"{registry}/{repository}") > MAX_NAME:
        raise InvalidReference(f"the name is longer than {MAX_NAME} characters")
    return Reference(registry, repository, tag, digest)


def is_normalised(text: str) -> bool:
    """Whether the text is what `str(parse(x).tagged())` gives for some x: a key of the lock file."""
    if len(text) <= MAX_NAME and _NORMALISED.fullmatch(text):
        return True
    try:
        return str(parse(text).tagged()) == text
    except InvalidReference:
        return False


def is_registry(text: str) -> bool:
    """Whether the text is a registry as it stands before the first slash: host, with or without port."""
    return _REGISTRY.fullmatch(text) is not None


def _split_registry(name: str) -> tuple[str, str]:
    # The first component is a host if it could not be part of a Docker Hub name (normalize.go, splitDockerDomain).
    first, slash, rest = name.partition("/")
    if slash and _is_host(first.lower()):
        registry, repository = first.lower(), rest
    elif slash and first != first.lower():
        registry, repository = first, rest
    else:
        registry, repository = DOCKER_HUB, name
    if not is_registry(registry):  # a path component may hold an underscore, a host may not
        raise InvalidReference("a registry host has no underscore")
    if registry in ("docker.io", DOCKER_HUB):
        registry = DOCKER_HUB
        if "/" not in repository:
            repository = f"library/{repository}"
    return registry, repository


def _is_host(first: str) -> bool:
    return "." in first or ":" in first or first == "localhost"


def _check_digest(digest: str) -> None:
    algorithm, _, encoded = digest.partition(":")
    if algorithm not in _DIGEST_HEX:
        raise InvalidReference(f"unknown digest algorithm {algorithm}")
    if len(encoded) != _DIGEST_HEX[algorithm] or encoded != encoded.lower():
        raise InvalidReference(f"a {algorithm} digest has {_DIGEST_HEX[algorithm]} lower-case hexadecimal digits")


def _why_invalid(text: str) -> str:
    if not text.strip():
        return "empty"
    if text != text.strip():
        return "white space around the reference"
    if "://" in text:
        return f"a URL ({text.partition('://')[0]}://), not an image reference"
    if _REFERENCE.fullmatch(text.lower()):
        return "the repository name must be lower-case"
    return "not an image reference"
