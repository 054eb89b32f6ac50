"""Where a place stands, which comments are heeded, and what is passed over with a reason."""

from __future__ import annotations

import json

import pytest

from tests.looking import findings, images, look, reasons, rewritten

HEAD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
IGNORED = "comment gitops-clone: ignore"


@pytest.mark.parametrize(
    "item",
    [
        "  - image: nginx:1 # gitops-clone: ignore",
        "  - image: nginx:1 #gitops-clone:ignore, the node needs it",
        "  # gitops-clone: ignore\n  - image: nginx:1",
        "  - name: a\n    # gitops-clone: ignore (it's ours)\n    image: nginx:1",
        "  - # gitops-clone: ignore\n    image: nginx:1",
        "  - image: # gitops-clone: ignore\n      nginx:1",
        "  - image: >- # gitops-clone: ignore\n      nginx:1",
        "  - image: >-\n      nginx:1 \n    # gitops-clone: ignore\n  - image: nginx:1",
        "  - {name: a, image: nginx:1} # gitops-clone: ignore",
        "  - {name: a,\n     # gitops-clone: ignore\n     image: nginx:1}",
        "  - {name: a, image: nginx:1, # gitops-clone: ignore\n     command: [a]}",
    ],
)
def test_comments_that_ignore(item: str) -> None:
    assert reasons(f"{HEAD}{item}\n")[-1] == ("nginx:1", "ignored", IGNORED)
    crlf = f"{HEAD}{item}\n".replace("\n", "\r\n")
    assert reasons(crlf)[-1] == ("nginx:1", "ignored", IGNORED)


@pytest.mark.parametrize(
    "item",
    [
        "  # gitops-clone: ignore\n  - name: a\n    image: nginx:1",
        "  - name: a # gitops-clone: ignore\n    image: nginx:1",
        "  - image: nginx:1\n    # gitops-clone: ignore",
        "  - image: nginx:1 # gitops-clone: ignored",
        "  - image: nginx:1 # not gitops-clone: ignore",
        "  - {image: nginx:1, name: '# gitops-clone: ignore'}",
        "  - {name: '\n      # gitops-clone: ignore\n      ', image: nginx:1}",
        "  - args: |\n      # gitops-clone: ignore\n    image: nginx:1",
    ],
)
def test_comments_that_do_not_ignore(item: str) -> None:
    assert reasons(f"{HEAD}{item}\n") == [("nginx:1", "upstream", None)]


def test_json_has_no_comments() -> None:
    container = {"image": "nginx:1", "name": "# gitops-clone: ignore", "args": ['# {"$imagepolicy": "a:b"}']}
    for indent in (None, 2):
        text = json.dumps({"kind": "Pod", "spec": {"containers": [container]}}, indent=indent)
        assert reasons(text) == [("nginx:1", "upstream", None)]


def test_a_comment_at_an_alias_or_at_its_anchor_ignores() -> None:
    at_alias = f"x-image: &image nginx:1\n{HEAD}  - image: *image # gitops-clone: ignore\n  - image: *image\n"
    assert reasons(at_alias) == [
        ("nginx:1", "ignored", IGNORED),
        ("nginx:1", "unresolved", f"shares its text with line 6: {IGNORED}"),
    ]
    at_anchor = f"x-image: &image nginx:1 # gitops-clone: ignore\n{HEAD}  - image: *image\n"
    assert reasons(at_anchor) == [("nginx:1", "ignored", IGNORED)]


@pytest.mark.parametrize(
    "spelling", ['# {"$imagepolicy": "flux-system:app"}', '#{"$imagepolicy":"flux-system:app:tag"}']
)
@pytest.mark.parametrize("value", ["nginx:1", "'nginx:1'", "&a nginx:1"])
def test_lines_of_flux(spelling: str, value: str) -> None:
    text = f"{HEAD}  - image: {value} {spelling}\n  - image: redis:1\n"
    assert reasons(text) == [
        ("nginx:1", "ignored", "Flux image automation owns this line (ImagePolicy flux-system:app)"),
        ("redis:1", "upstream", None),
    ]
    assert f"- image: {value} {spelling}\n".encode() in rewritten(text.encode())


def test_lines_and_columns_count_code_points() -> None:
    containers = '  - {name: "äöü😀", image: "nginx:1"}\n  - image: &a redis:1\n'
    text = f"# ü\n---\nkind: A\n---\nkind: Pod\nspec:\n  containers:\n{containers}"
    for data in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.replace("\n", "\r\n").encode("utf-16")):
        found = findings(data)
        assert [(f.place.document, f.place.line, f.place.column) for f in found] == [(1, 8, 28), (1, 9, 15)]


def test_an_alias_is_a_finding_at_the_alias() -> None:
    text = """kind: Pod
x-all: &all {name: a, image: &image "nginx:1"}
spec:
  containers:
  - image: *image
  - <<: *all
  - *all
  - {<<: [{name: b}, *all]}
  - <<: {name: c}
    <<: *all
"""
    found = findings(text)
    assert [(f.place.pointer, f.place.line, f.place.column) for f in found] == [
        ("/spec/containers/0/image", 5, 12),
        ("/spec/containers/1/image", 6, 9),
        ("/spec/containers/2/image", 7, 5),
        ("/spec/containers/3/image", 8, 22),
        ("/spec/containers/4/image", 10, 9),
    ]
    assert {f.place.text_pointer for f in found} == {"/x-all/image"}
    assert (
        rewritten(text.encode()) == text.replace("nginx:1", "localhost:5001/index_docker_io/library/nginx:1").encode()
    )


def test_what_a_mapping_says_itself_wins_over_what_it_merges() -> None:
    text = "kind: Pod\nx-a: &a {image: old:1}\nspec:\n  containers:\n  - image: new:1\n    <<: *a\n"
    assert images(text) == {"/spec/containers/0/image": "new:1"}
    assert b"old:1" in rewritten(text.encode())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("kind: Pod\nmetadata: {labels: {v: &v nginx:1}}\nspec: {containers: [{image: *v}]}\n", "/metadata/labels/v"),
        ("kind: Pod\nspec: {containers: [{image: &v nginx:1, args: [*v]}]}\n", "/spec/containers/0/args/0"),
        ("kind: Pod\ncommon: &c {image: nginx:1}\nspec: {containers: [{<<: *c}]}\n", "/common/image"),
        (
            "kind: Pod\nspec: {containers: [&c {image: nginx:1}]}\nstatus: {containers: [*c]}\n",
            "/status/containers/0/image",
        ),
    ],
)
def test_a_text_that_also_serves_something_else_is_held_back(text: str, place: str) -> None:
    why = f"its text also serves {place}, which is not to be changed"
    assert reasons(text) == [("nginx:1", "unresolved", why)]
    assert rewritten(text.encode()) == text.encode()


def test_anchors_kept_where_no_application_reads_them() -> None:
    for key in ("x-image", ".image", "_image"):
        text = f"kind: Pod\n{key}: &image nginx:1\nspec: {{containers: [{{image: *image}}]}}\n"
        assert f"{key}: &image localhost:5001/index_docker_io/library/nginx:1\n".encode() in rewritten(text.encode())


def test_pointers_escape_their_keys() -> None:
    text = 'kind: A\nspec: {"a/b~c": {1: {"": {containers: [{image: nginx:1}]}}}}\n'
    assert images(text) == {"/spec/a~1b~0c/1//containers/0/image": "nginx:1"}
    assert rewritten(text.encode()) != text.encode()


@pytest.mark.parametrize(("setting", "held"), [("", True), ("  mac_only_encrypted: true\n", False)])
def test_files_of_sops(setting: str, held: bool) -> None:
    secret = "ENC[AES256_GCM,data:aa==,iv:bb=,tag:cc==,type:str]"
    text = f"{HEAD}  - image: nginx:1\n  - image: {secret}\nsops:\n  mac: {secret}\n{setting}"
    scan = look(text)
    note = "SOPS: its MAC covers all values, an edit would make the file undecryptable"
    states = [(f.state.value, f.reason) for f in scan.findings]
    assert states == ([("unresolved", note)] * 2 if held else [("upstream", None), ("unresolved", "encrypted")])
    assert [(s.reason, s.fatal) for s in scan.skipped] == ([(note, False)] if held else [])
    assert (rewritten(text.encode()) == text.encode()) is held


def test_sops_in_json_of_one_line() -> None:
    text = '{"kind":"Pod","spec":{"containers":[{"image":"nginx:1"}]},"sops":{"mac":"ENC[x]"}}'
    assert rewritten(text.encode()) == text.encode()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f"{HEAD}  - image: [nginx\n", 6, "not valid YAML"),
        (f"{HEAD}  - image: *gone\n", 5, "undefined alias *gone"),
        (f"{HEAD}  - image: nginx\n  - &a [*a]\n", 6, "contains itself"),
        (f"{HEAD}  - image: nginx\n    args: {'[' * 1000}\n", 6, "nested deeper than 200 levels"),
        (f"a: 1\n---\n{HEAD}  - image: {{user}}/nginx\n", 7, "not valid YAML"),
    ],
)
def test_what_no_parser_takes_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    scan = look(text)
    assert scan.findings == ()
    (skipped,) = scan.skipped
    assert (skipped.line, skipped.fatal) == (line, True)
    assert reason in skipped.reason


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ("quay.io/a/b", False),
        ("a/b:1", False),
        ("policy: IfNotPresent", False),
        ("quay.io/a/b:1", True),
        ("https://acme.io/a:1", True),
        ("image: a", True),
        ("name: SOME_IMAGE", True),
        ("--worker-image=a", True),
    ],
)
def test_only_what_may_hold_an_image_is_parsed(value: str, parsed: bool) -> None:
    """What is broken is told by a parser alone."""
    broken = look(f"kind: Thing\nspec: [{value}\n")
    assert [skipped.fatal for skipped in broken.skipped] == [True] * parsed


def test_one_broken_document_does_not_hide_the_others() -> None:
    scan = look(f"{HEAD}  - image: [nginx\n---\n{HEAD}  - image: redis:1\n")
    assert [(f.place.document, f.place.image) for f in scan.findings] == [(1, "redis:1")]
    assert len(scan.skipped) == 1


@pytest.mark.parametrize(
    ("data", "fatal"),
    [(b"kind: Pod\nspec:\n  image: \xff\n", True), (b"name: \xff\n", None), (b"\xff\xfek\x00i\x00n", False)],
)
def test_what_is_no_text(data: bytes, fatal: bool | None) -> None:
    assert [skipped.fatal for skipped in look(data).skipped] == ([] if fatal is None else [fatal])


def _bomb(first: str, more: str) -> str:
    return first + "".join(more.format(i, ",".join([f"*a{i - 1}"] * 10)) for i in range(1, 12))


@pytest.mark.parametrize(
    "bomb",
    [
        _bomb("a0: &a0 [x]\n", "a{0}: &a{0} [{1}]\n"),
        _bomb("a0: &a0 {{containers: [{{image: nginx}}]}}\n".format(), "a{0}: &a{0} [{1}]\n"),
        "".join(f"a{i}: &a{i} {{<<: *a{i - 1}, k{i}: v}}\n" if i else "a0: &a0 {k: v}\n" for i in range(1500)),
        f"a: &a {{{','.join(f'k{i}: v' for i in range(1500))}}}\n"
        + "".join(f"b{i}: {{<<: *a}}\n" for i in range(1500)),
    ],
    ids=["aliases", "images", "merge chain", "wide merges"],
)
def test_bombs_are_not_expanded(bomb: str) -> None:
    scan = look(f"{bomb}kind: Pod\nspec: {{containers: [{{image: nginx}}]}}\n")
    assert scan.findings == ()
    assert [(s.reason, s.fatal) for s in scan.skipped] == [("its aliases stand for more than 500,000 nodes", True)]


def test_merges_of_the_same_many_times_are_no_bomb() -> None:
    text = "kind: Pod\n" + _bomb("a0: &a0 {k: v}\n", "a{0}: &a{0} {{<<: [{1}], x{0}: v}}\n")
    assert images(f"{text}spec: {{containers: [{{image: nginx}}]}}\n") == {"/spec/containers/0/image": "nginx"}


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"---\nkind: Pod\nspec:\n  containers:\n  - image: nginx:{i}\n" for i in range(20_000)),
        "kind: Pod\nspec: {containers: [" + "{image: nginx:1}, " * 20_000 + "]}\n",
        "kind: Pod\nspec:\n  containers:\n" + "  - image: nginx:1\n" * 20_000,
    ],
    ids=["documents", "one line", "lines"],
)
def test_many_images(text: str) -> None:
    # Quadratic time would be felt here.
    assert len(findings(text)) == 20_000


def test_a_long_text_beside_an_image() -> None:
    text = "kind: Pod\nspec:\n  containers:\n  - image: nginx:1\n  text: |\n" + "    lorem ipsum dolor\n" * 450_000
    assert rewritten(text.encode()).endswith(b"    lorem ipsum dolor\n")
