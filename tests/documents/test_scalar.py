"""Where the text of a scalar stands in its token."""

from __future__ import annotations

import pytest

from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.documents.parse import parse
from gitops_clone.documents.scalar import text_span, value_of

SPLIT = "the value is not in one piece"


def first_value(text: str) -> Scalar:
    root = parse(text)[0]
    assert isinstance(root, Mapping)
    value = root.pairs[0][1]
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("a: nginx", "nginx"),
        ("a:    nginx   # why\n", "nginx"),
        ("a:\n  nginx\n", "nginx"),
        ("a: 'nginx'\n", "nginx"),
        ('a: "nginx"', "nginx"),
        ('{"a":"docker.io\\/nginx"}', "docker.io\\/nginx"),
        ("{a: nginx}", "nginx"),
        ("{a: nginx, b: c}", "nginx"),
        ("a: &x nginx\nb: *x\n", "nginx"),
        ('a: &x "nginx"', "nginx"),
        ("a: !!str nginx", "nginx"),
        ("a: !!str &x 'nginx'", "nginx"),
        ("a: &x !!str\n  nginx\n", "nginx"),
        ("a: ! nginx", "nginx"),
        ("a: !<tag:yaml.org,2002:str> nginx", "nginx"),
        ("a: &x # an anchor's comment, &y !z 'q'\n  nginx\n", "nginx"),
        ("a: !!str # one\n  # two\n  'nginx'\n", "nginx"),
        ("a: &x\r\n  nginx\r\n", "nginx"),
        ("? a\n: nginx\n", "nginx"),
        ("a: |\n  nginx\n", "nginx"),
        ("a: >-\n  nginx\n", "nginx"),
        ("a: >- # nginx\n\n  nginx\n", "nginx"),
        ("a: |2-\n    nginx\n", "nginx"),
        ("a: |+\n  nginx\n\n\nb: c\n", "nginx"),
        ("a: &nginx |\n  nginx\n", "nginx"),
        ("a: >-\r\n  nginx\r\n", "nginx"),
        ("a: |-\n  nginx", "nginx"),
        ("a: 😀/名前\n", "😀/名前"),
        ("a: ' nginx '", " nginx "),
        ("a: ''", ""),
        ("a: nginx\n  alpine\n", SPLIT),
        ("a: >-\n  nginx\n  alpine\n", SPLIT),
        ("a: |\n  nginx\n\n  alpine\n", SPLIT),
        ("a: |\n\n", SPLIT),
        ("a: 'nginx\n  alpine'", "nginx\n  alpine"),
    ],
)
def test_the_span_is_the_text_alone(text: str, raw: str) -> None:
    scalar = first_value(text)
    span = text_span(text, scalar)
    assert (text[slice(*span)] if span else SPLIT) == raw
    if span and "\n" not in raw:
        # What stands there is all that the value is made of.
        changed = first_value(text[: span.start] + "busybox" + text[span.end :])
        assert changed.value.strip() == "busybox"
        assert (changed.style, changed.tag, changed.anchor) == (scalar.style, scalar.tag, scalar.anchor)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("nginx:1.23", "nginx:1.23"),
        ("docker.io\\/nginx", "docker.io/nginx"),
        ("docker.io\\x2fnginx", "docker.io/nginx"),
        ("\\u006eginx", "nginx"),
        ("no\\such", "no\\such"),
        ('a\\"b', 'a"b'),
        ('a", "b\\', 'a", "b\\'),
    ],
)
def test_the_value_of_raw_text(raw: str, value: str) -> None:
    assert value_of(raw) == value
