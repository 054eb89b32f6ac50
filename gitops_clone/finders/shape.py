"""References by their shape alone, in any text: a registry host, a path, and a tag or digest. Pure.

It is for what no field and no row of the catalogue names, so precision comes first: a short name (`nginx:1.27`), a host
without a dot or port, a reference without tag and digest are not told from other texts, and not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.finding import Span
from gitops_clone.image import InvalidReference, parse

# A slash and what follows it in a reference. It begins with a literal, which `re` finds at the speed of memory; what
# stands before is looked at afterwards.
_TAIL = (
    r"/(?<=[A-Za-z0-9]/)(?P<path>[a-z0-9][a-z0-9._/-]*+)"
    r"(?:@sha256:[0-9a-f]{64}(?![0-9a-f])|:(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}+)(?:@sha256:[0-9a-f]{64}(?![0-9a-f]))?)"
)
_SEARCH = re.compile(_TAIL)
_SEARCH_BYTES = re.compile(_TAIL.encode())
# The host before the slash, and before that nothing that would make it a part of something longer: a path, a URL, an
# address, a template. What begins with `docker://` is an image all the same, with `oci://` it may be one.
_HOST = re.compile(
    r"(?:\A|[^A-Za-z0-9._:/@%}\\$-]|docker://|oci://)((?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)*[a-z0-9]+(?:-+[a-z0-9]+)*(?::[0-9]{2,5})?)\Z"
)
_LONGEST_HOST = 120
# What may not follow: the reference would go on, or a program completes it.
_GOES_ON = re.compile(r"""[:@/$#%*{}<]|\\(?!["'nrt\\])|\.[A-Za-z0-9{$<*]|-[{$<*]""")
# Hosts that serve files, sources, keys or APIs, and no images.
_NO_REGISTRY = re.compile(
    r"(?:^|\.)(?:github\.com|gitlab\.com|bitbucket\.org|githubusercontent\.com|golang\.org|gopkg\.in|schema\.org|w3\.org"
    r"|kubernetes\.io|googleapis\.com|opentelemetry\.io|microsoft\.com|iana\.org)(?::[0-9]+)?\Z"
)
_REGISTRY_ALL_THE_SAME = re.compile(r"(?:^|[.-])(?:registry|mcr|docker|cr)[.-]")
# Labels and taints of Kubernetes have the form of a name with a host; only registries of these domains hold images.
_LABELS = re.compile(r"(?:^|\.)(?:k8s\.io|amazonaws\.com|azure\.com)(?::[0-9]+)?\Z")
_REGISTRIES_THERE = re.compile(r"(?:^|\.)(?:registry|gcr|dkr\.ecr|ecr|azurecr)\b")
_TAINT = ("NoSchedule", "PreferNoSchedule", "NoExecute")
# The last label of what is a file name and no host.
_FILE = re.compile(
    r"\.(?:ya?ml|json5?|toml|txt|xml|ini|cfg|conf|config|log|pem|crt|cer|key|sock|html?|jar|war|go|d|tf|tpl|tmpl|lock|mod|sum"
    r"|[0-9]+|[a-z])\Z"
)
_FILE_PATH = re.compile(r"\.(?:ya?ml|json|toml|txt|xml|html?|go|md|sh|py|tgz|zip|tar\.gz)\Z")


def may_hold(data: bytes) -> bool:
    """Whether bytes can hold such a reference, in time linear in the data. Expects UTF-8."""
    return any(_may_be_host(data[max(0, m.start() - _LONGEST_HOST) : m.start()]) for m in _SEARCH_BYTES.finditer(data))


def find(text: str) -> Iterator[Span]:
    """The spans of the references in a text, in its order."""
    for match in _SEARCH.finditer(text):
        start = _start(text, match)
        end = _end(text, match)
        if start is not None and end is not None and _is_image(text[start:end]):
            yield Span(start, end)


def is_whole(text: str) -> bool:
    """Whether a text is one such reference and nothing else."""
    return next(find(text), None) == (0, len(text))


def _may_be_host(before: bytes) -> bool:
    return re.search(rb"(?:\.[a-z0-9-]{2,}|:[0-9]{2,5}|localhost)\Z", before) is not None


def _start(text: str, match: re.Match[str]) -> int | None:
    host = _HOST.search(text[max(0, match.start() - _LONGEST_HOST) : match.start()])
    return match.start() - len(host[1]) if host else None


def _end(text: str, match: re.Match[str]) -> int | None:
    """Where the reference ends; a full stop that ends a sentence is no part of it. None where something goes on."""
    end = match.end()
    while text[end - 1] in ".-_" and match["tag"] and "@" not in match[0]:
        end -= 1
    if end <= match.start("tag"):
        return None
    return end if not _GOES_ON.match(text, end) else None


def _is_image(text: str) -> bool:
    try:
        reference = parse(text)
    except InvalidReference:
        return False
    host = text.partition("/")[0]
    name = host.partition(":")[0]
    if reference.tag in _TAINT or ("." not in host and ":" not in host and host != "localhost"):
        return False
    if (_FILE.search(name) and ":" not in host) or _FILE_PATH.search(reference.repository):
        return False
    if _NO_REGISTRY.search(host):
        return _REGISTRY_ALL_THE_SAME.search(host) is not None
    return _LABELS.search(host) is None or _REGISTRIES_THERE.search(host) is not None
