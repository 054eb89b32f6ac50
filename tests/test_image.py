"""The reference grammar against the examples of the distribution project's `reference` package, and properties."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitops_clone.image import MAX_NAME, InvalidReference, Reference, is_normalised, is_registry, parse

F64 = "f" * 64
SHA256 = f"sha256:{F64}"
SHA512 = f"sha512:{'f' * 128}"
IMAGE_ID = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a"
SONG = "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev"
HUB = "index.docker.io"

# text, registry, repository, tag, digest: the examples of reference_test.go, normalize_test.go and regexp_test.go
# that are valid there, with Docker Hub under our name for it, and host names in lower case.
VALID = [
    ("test_com", HUB, "library/test_com", None, None),
    ("test.com:tag", HUB, "library/test.com", "tag", None),
    ("test.com:5000", HUB, "library/test.com", "5000", None),
    ("test.com/repo:tag", "test.com", "repo", "tag", None),
    ("test:5000/repo", "test:5000", "repo", None, None),
    ("test:5000/repo:tag", "test:5000", "repo", "tag", None),
    (f"test:5000/repo@{SHA256}", "test:5000", "repo", None, SHA256),
    (f"test:5000/repo:tag@{SHA256}", "test:5000", "repo", "tag", SHA256),
    ("lowercase:Uppercase", HUB, "library/lowercase", "Uppercase", None),
    ("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com", "bar/baz/quux", None, None),
    ("sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag", None),
    (
        "b.gcr.io/test.example.com/my-app:test.example.com",
        "b.gcr.io",
        "test.example.com/my-app",
        "test.example.com",
        None,
    ),
    ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com", None),
    (f"xn--7o8h.com/myimage:xn--7o8h.com@{SHA512}", "xn--7o8h.com", "myimage", "xn--7o8h.com", SHA512),
    ("example.com/xn--7o8h.com/myimage", "example.com", "xn--7o8h.com/myimage", None, None),
    ("xn--n3h.com:18080/foo", "xn--n3h.com:18080", "foo", None, None),
    ("foo_bar.com:8080", HUB, "library/foo_bar.com", "8080", None),
    ("foo/foo_bar.com:8080", HUB, "foo/foo_bar.com", "8080", None),
    ("192.168.1.1", HUB, "library/192.168.1.1", None, None),
    ("192.168.1.1:tag", HUB, "library/192.168.1.1", "tag", None),
    ("192.168.1.1:5000", HUB, "library/192.168.1.1", "5000", None),
    ("192.168.1.1/repo", "192.168.1.1", "repo", None, None),
    ("192.168.1.1:5000/repo", "192.168.1.1:5000", "repo", None, None),
    ("192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050", None),
    ("[2001:db8::1]/repo", "[2001:db8::1]", "repo", None, None),
    ("[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag", None),
    ("[2001:db8::1]:5000/repo", "[2001:db8::1]:5000", "repo", None, None),
    (f"[2001:db8::1]:5000/repo:tag@{SHA256}", "[2001:db8::1]:5000", "repo", "tag", SHA256),
    ("[2001:db8::]:5000/repo", "[2001:db8::]:5000", "repo", None, None),
    ("[::1]:5000/repo", "[::1]:5000", "repo", None, None),
    ("[FC00::1]:5000/docker", "[fc00::1]:5000", "docker", None, None),
    ("docker/docker", HUB, "docker/docker", None, None),
    ("library/debian", HUB, "library/debian", None, None),
    ("debian", HUB, "library/debian", None, None),
    ("docker.io/debian", HUB, "library/debian", None, None),
    ("docker.io/docker/docker", HUB, "docker/docker", None, None),
    ("docker.io/library/foo/bar", HUB, "library/foo/bar", None, None),
    ("index.docker.io/debian", HUB, "library/debian", None, None),
    ("index.docker.io/docker/docker", HUB, "docker/docker", None, None),
    ("127.0.0.1:5000/debian", "127.0.0.1:5000", "debian", None, None),
    (f"docker.io/{IMAGE_ID}", HUB, f"library/{IMAGE_ID}", None, None),
    (IMAGE_ID[:63], HUB, f"library/{IMAGE_ID[:63]}", None, None),
    (SONG, HUB, f"library/{SONG}", None, None),
    ("Docker/docker", "Docker", "docker", None, None),
    ("DOCKER/docker:1", "DOCKER", "docker", "1", None),
    ("Asdf.com/foo/bar", "asdf.com", "foo/bar", None, None),
    ("LOCALHOST/foo", "localhost", "foo", None, None),
    ("DOCKER.IO/foo", HUB, "library/foo", None, None),
    ("docker---rules/docker", HUB, "docker---rules/docker", None, None),
    ("dock__er/docker", HUB, "dock__er/docker", None, None),
    ("test_com/foo", HUB, "test_com/foo", None, None),
    ("d/docker", HUB, "d/docker", None, None),
    ("a/a/a/a", HUB, "a/a/a/a", None, None),
    ("test-com:8080/foo", "test-com:8080", "foo", None, None),
    ("example.com/some_separator__underscore/myimage", "example.com", "some_separator__underscore/myimage", None, None),
    (
        "registry.io/foo/project--id.module--name.ver---sion--name",
        "registry.io",
        "foo/project--id.module--name.ver---sion--name",
        None,
        None,
    ),
    ("localhost:8080/name", "localhost:8080", "name", None, None),
    ("localhost/name", "localhost", "name", None, None),
    (f"localhost:8080@{SHA256}", HUB, "library/localhost", "8080", SHA256),
    (f"localhost@{SHA256}", HUB, "library/localhost", None, SHA256),
    (f"busybox:latest@{SHA256}", HUB, "library/busybox", "latest", SHA256),
    ("a:" + "t" * 128, HUB, "library/a", "t" * 128, None),
    ("a:_", HUB, "library/a", "_", None),
]

INVALID = [
    "",
    " ",
    ":justtag",
    f"@{SHA256}",
    "repo@sha256:ffffffffffffffffffffffffffffffffff",
    f"validname@invaliddigest:{F64}",
    f"repo@sha256:{'F' * 64}",
    f"repo@sha512:{F64}",
    "Uppercase:tag",
    "test:5000/Uppercase/lowercase:tag",
    "docker/Docker",
    "docker.io/docker/Docker",
    "Foo/FarB",
    "a/" * 128 + "a:tag",
    "aa/asdf$$^/aa",
    "a^a",
    "[2001:db8::1]",
    "[2001:db8::1]:5000",
    "[2001:db8::1]:tag",
    "[fe80::1%eth0]:5000/repo",
    "[fe80::1%@invalidzone]:5000/repo",
    "[2001:db8:3:4::192.0.2.33]:5000/debian",
    "fc00::1:5000/debian",
    "https://github.com/docker/docker",
    "-docker",
    "-docker/docker",
    "-docker.io/docker/docker",
    "docker-/docker",
    "docker///docker",
    "docker/",
    "foo.com/",
    "a/a/a/a/",
    "____/____",
    "_docker/_docker",
    "docker_/docker_",
    "dock..er/docker",
    "dock_.er/docker",
    "dock-.er/docker",
    "docker./docker",
    ".docker/docker",
    "example.com/__underscore/myimage",
    "example.com/..dots/myimage",
    "example.com/.dots/myimage",
    "do__cker:8080/docker",
    "foo_bar.com:8080/app",
    "bad_hostname.com:8080/myapp:tag",
    "foo.com:http/bar",
    "localhost:http/name",
    "registry.com:8080/myapp@sha256:badbadbadbad",
    "registry.com:8080/myapp:invalid~tag",
    "registry.com:8080/myapp@bad",
    "registry.com:8080/myapp@2bad",
    "busybox:-foo",
    "busybox:" + "t" * 129,
    IMAGE_ID,
    # not in those tests: what strangers write
    "--help",
    "nginx\n",
    "nginx:1\nb",
    "nginx :1",
    "nginx:1.23 ",
    "nginx:١",
    "nginx:${TAG}",
    "{{ .Values.image }}",
    "ko://github.com/acme/app",
    "../../etc/passwd",
    "foo_bar.com/app:1",  # distribution takes it for a name without a host, and pulls from nowhere
]


@pytest.mark.parametrize(("text", "registry", "repository", "tag", "digest"), VALID)
def test_valid(text: str, registry: str, repository: str, tag: str | None, digest: str | None) -> None:
    assert parse(text) == Reference(registry, repository, tag, digest)


@pytest.mark.parametrize("text", INVALID)
def test_invalid(text: str) -> None:
    with pytest.raises(InvalidReference) as error:
        parse(text)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" nginx", "white space"),
        ("ko://acme/app", "a URL"),
        ("library/Nginx:1", "lower-case"),
        (IMAGE_ID, "image ID"),
        ("foo_bar.com/app:1", "underscore"),
        (f"a@sha256:{'f' * 40}", "64 lower-case hexadecimal digits"),
    ],
)
def test_the_reason_is_told(text: str, reason: str) -> None:
    with pytest.raises(InvalidReference, match=reason):
        parse(text)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("test.com", True),
        ("test.com:10304", True),
        ("test.com:http", False),
        ("localhost:8080", True),
        ("a", True),
        ("a-b.com", True),
        ("-ab.com", False),
        ("ab-.com", False),
        ("ab.-com", False),
        ("ab.com-", False),
        ("0101.com", True),
        ("192.168.1.1:75050", True),
        ("[fd00:1:2::3]:75050", True),
        ("[fd00:1:2::3]75050", False),
        ("[fd00:1:2::3]::75050", False),
        ("[fd00:1:2::3%eth0]:75050", False),
        ("fd00:1:2::3:75050", False),
        ("a_b.com", False),
        ("", False),
    ],
)
def test_registry(text: str, valid: bool) -> None:
    assert is_registry(text) is valid


def test_name_of_the_greatest_length() -> None:
    longest = "a.b/" + "c" * (MAX_NAME - 4)
    assert parse(f"{longest}:tag-puts-this-over-the-limit").name == longest
    with pytest.raises(InvalidReference, match="longer than 255"):
        parse(f"{longest}c")


def test_tagged_adds_latest_only_to_a_bare_name() -> None:
    assert str(parse("nginx").tagged()) == "index.docker.io/library/nginx:latest"
    assert str(parse("nginx:1").tagged()) == "index.docker.io/library/nginx:1"
    assert str(parse(f"nginx@{SHA256}").tagged()) == f"index.docker.io/library/nginx@{SHA256}"


def test_references_sort_whatever_they_lack() -> None:
    texts = ["b:1", f"a@{SHA256}", "a", "a:1"]
    assert [str(reference)[len("index.docker.io/library/") :] for reference in sorted(map(parse, texts))] == [
        "a",
        "a:1",
        f"a@{SHA256}",
        "b:1",
    ]


@pytest.mark.parametrize("piece", ["a", "a-", "a.", "a/", "a_", "A", "a:", "[:", "a@a.", "--", "1:"])
def test_long_hostile_text_is_refused_or_taken_at_once(piece: str) -> None:
    with pytest.raises(InvalidReference):
        parse(piece * 20_000 + "!")


LABELS = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,6}[a-zA-Z0-9])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join) | st.just("localhost") | st.just("[fd00::A]")
PATHS = st.lists(
    st.from_regex(r"[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True), min_size=1, max_size=4
)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
DIGESTS = st.sampled_from([SHA256, f"sha384:{'a' * 96}", SHA512])


@st.composite
def reference_texts(draw: st.DrawFn) -> str:
    host = draw(st.none() | HOSTS)
    port = draw(st.none() | st.integers(0, 70000)) if host else None
    parts = [f"{host}:{port}" if port is not None else host] if host else []
    path = draw(PATHS)
    assume(parts or len(path) == 1 or "." not in path[0])  # `a.b_c/d` has a host with an underscore
    text = "/".join([*parts, *path])
    tag, digest = draw(st.none() | TAGS), draw(st.none() | DIGESTS)
    return text + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


@settings(deadline=None)
@given(reference_texts())
def test_parse_is_idempotent(text: str) -> None:
    reference = parse(text)
    assert parse(str(reference)) == reference
    assert is_normalised(str(reference.tagged()))


@settings(deadline=None)
@given(reference_texts() | st.text())
def test_is_normalised_agrees_with_parse(text: str) -> None:
    try:
        assert is_normalised(text) is (str(parse(text).tagged()) == text)
    except InvalidReference:
        assert not is_normalised(text)


@settings(deadline=None)
@given(st.text() | st.text("aA0.:/@_-[] \n"))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(InvalidReference):
        assert parse(str(parse(text))) == parse(text)
