"""The proof: a right edit passes whatever stands around it, a wrong one is caught."""

from __future__ import annotations

import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.documents.parse import parse
from gitops_clone.documents.proof import Unproved, pointer, prove, text_pointers

AROUND = {
    "duplicate keys": "a: 1\na: 2\nb: {c: d, c: e}\n",
    "integer keys": "1: x\n0x1: y\n1.0: z\n",
    "merge keys": "x: &x {k: v}\ny:\n  <<: *x\n  <<: {l: m}\n",
    "custom tags": "a: !vault secret\nb: !Ref {c: !Sub [d]}\n!x c: d\n",
    "timestamps": "a: 2001-12-14t21:59:43.10-05:00\n2001-01-01: b\n",
    "complex keys": "? [a, b]\n: c\n? {d: e}\n: f\n? |\n  block\n: g\n",
    "null keys": "~: a\n: b\n? c\n",
    "keys of a pointer's characters": "a/b: 1\na~b: 2\n'': 3\n",
    "aliases as keys": "k: &k name\n*k : value\n",
    "anchors defined twice": "a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
    "numbers and booleans": "a: 1e3\nb: .inf\nc: yes\nd: 0o7\n",
    "tags on collections": "a: !!set {b, c}\nd: !!omap [e: f]\n",
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_a_right_edit_passes(around: str) -> None:
    before = f"{around}image: nginx # why\nrest:\n{' ' + around.replace(chr(10), chr(10) + ' ')}\n"
    after = before.replace("image: nginx", "image: busybox")
    prove(before, after, {(0, "/image"): "busybox"})
    with pytest.raises(Unproved, match="would not mean"):
        prove(before, after, {(0, "/image"): "busybox:1"})
    with pytest.raises(Unproved, match="would not mean"):
        prove(before, after, {})


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("image: 'busybox'\nname: a\n", "would not mean"),
        ("image: &x busybox\nname: a\n", "would not mean"),
        ("image: !!str busybox\nname: a\n", "would not mean"),
        ("image: busybox\nname: b\n", "would not mean"),
        ("image: busybox\n", "would not mean"),
        ("image: busybox\nname: a\nname: a\n", "would not mean"),
        ("name: a\nimage: busybox\n---\n", "would not mean"),
        ("image: busybox: 1\nname: a\n", "would not parse"),
        ("image: [busybox\nname: a\n", "would not parse"),
    ],
)
def test_a_wrong_edit_is_caught(after: str, reason: str) -> None:
    with pytest.raises(Unproved, match=reason):
        prove("image: nginx\nname: a\n", after, {(0, "/image"): "busybox"})


@pytest.mark.parametrize("place", ["/other", "/image/0", "", "/name/x"])
def test_an_edit_at_no_scalar_does_not_apply(place: str) -> None:
    with pytest.raises(Unproved):
        prove("image: nginx\nname: {}\n", "image: busybox\nname: {}\n", {(0, place): "busybox"})


def test_documents_are_told_apart() -> None:
    before = "image: nginx\n---\nimage: nginx\n"
    after = "image: nginx\n---\nimage: busybox\n"
    prove(before, after, {(1, "/image"): "busybox"})
    with pytest.raises(Unproved):
        prove(before, after, {(0, "/image"): "busybox"})


def test_the_pointer_of_a_text_is_where_it_stands() -> None:
    root = parse("x: &x {image: nginx}\ny: *x\n<<: {a/b~c: d}\nz: 1\nz: 2\n")[0]
    assert sorted(text_pointers(root).values()) == ["/<</a~1b~0c", "/x/image", "/z", "/z\0" + "2"]
    assert pointer(("a/b", 0, "~")) == "/a~1b/0/~0"


TEXT = """\
apiVersion: v1 # 1
kind: Pod
x: &x {image: 'a', list: [1, "2", ~]}
spec:
  containers:
  - name: b
    <<: *x
    image: nginx:1.23
  - {image: "redis", args: ["x y", 'z']}
text: |
  kept: 'as it is'
"""
NEW = TEXT.replace("nginx:1.23", "busybox")
PLANNED = {(0, "/spec/containers/0/image"): "busybox"}
TOKENS = [
    "",
    " ",
    "\n",
    "'",
    '"',
    "a",
    "0",
    "#",
    " #",
    ":",
    ": ",
    "- ",
    "&y ",
    "*x",
    "[",
    "]",
    "{",
    "}",
    ",",
    "|",
    "!t ",
    "\\",
]


@given(at=st.integers(0, len(NEW)), length=st.sampled_from((0, 0, 1, 2, 9, 40)), token=st.sampled_from(TOKENS))
@settings(deadline=None, derandomize="CI" in os.environ, database=None, max_examples=400)
def test_a_slip_passes_only_if_it_means_the_same(at: int, length: int, token: str) -> None:
    """Another parser is the judge: what it reads must be what it reads from the right text."""
    slipped = NEW[:at] + token + NEW[at + length :]
    try:
        prove(TEXT, slipped, PLANNED)
    except Unproved:
        return
    assert list(yaml.compose_all(slipped, yaml.CBaseLoader))
    assert list(yaml.load_all(slipped, yaml.CBaseLoader)) == list(yaml.load_all(NEW, yaml.CBaseLoader))
