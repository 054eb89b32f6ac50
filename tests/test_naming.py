"""The naming scheme: the table of docs/design.md, its edges, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitops_clone.image import MAX_NAME, Reference, parse
from gitops_clone.naming import Pin, Scheme, Unrelocatable

HEX = "33cef" + "0" * 59
LOCKED = "sha256:" + "a" * 64
HERE = Scheme("localhost:5001")

TABLE = [
    ("nginx", "localhost:5001/index_docker_io/library/nginx:latest"),
    ("nginx:1.23", "localhost:5001/index_docker_io/library/nginx:1.23"),
    ("docker.io/nginx:1.23", "localhost:5001/index_docker_io/library/nginx:1.23"),
    (f"nginx@sha256:{HEX}", f"localhost:5001/index_docker_io/library/nginx:sha256_{HEX}"),
    (f"nginx:1.23@sha256:{HEX}", f"localhost:5001/index_docker_io/library/nginx:sha256_{HEX}"),
    ("grafana/grafana:main", "localhost:5001/index_docker_io/grafana/grafana:main"),
    ("ghcr.io/timebertt/speedtest-exporter:v0.1.0", "localhost:5001/ghcr_io/timebertt/speedtest-exporter:v0.1.0"),
    ("registry.acme.io:8443/a/b:1", "localhost:5001/registry_acme_io_8443/a/b:1"),
]


@pytest.mark.parametrize(("upstream", "backup"), TABLE)
def test_table(upstream: str, backup: str) -> None:
    assert str(HERE.backup(parse(upstream))) == backup
    assert str(HERE.written(parse(upstream), Pin.NEVER, LOCKED)) == backup


@pytest.mark.parametrize(("upstream", "backup"), TABLE)
def test_what_is_on_the_backup_registry_is_known_as_such(upstream: str, backup: str) -> None:
    assert HERE.holds(parse(backup))
    assert not HERE.holds(parse(upstream))


NGINX = "localhost:5001/index_docker_io/library/nginx"


@pytest.mark.parametrize(
    ("upstream", "pin", "locked", "written"),
    [
        ("nginx:1.23", Pin.DIGEST, LOCKED, f"{NGINX}:1.23"),
        ("nginx", Pin.DIGEST, LOCKED, f"{NGINX}:latest"),
        (f"nginx:1.23@sha256:{HEX}", Pin.DIGEST, None, f"{NGINX}:1.23@sha256:{HEX}"),
        (f"nginx@sha256:{HEX}", Pin.DIGEST, None, f"{NGINX}@sha256:{HEX}"),
        (f"nginx:1.23@sha256:{HEX}", Pin.ALWAYS, LOCKED, f"{NGINX}:1.23@sha256:{HEX}"),
        (f"nginx@sha256:{HEX}", Pin.ALWAYS, LOCKED, f"{NGINX}@sha256:{HEX}"),
        ("nginx:1.23", Pin.ALWAYS, LOCKED, f"{NGINX}:1.23@{LOCKED}"),
        ("nginx", Pin.ALWAYS, LOCKED, f"{NGINX}:latest@{LOCKED}"),
        ("nginx:1.23", Pin.ALWAYS, None, f"{NGINX}:1.23"),  # --no-mirror: no digest is known
    ],
)
def test_pin_changes_what_is_written(upstream: str, pin: Pin, locked: str | None, written: str) -> None:
    assert str(HERE.written(parse(upstream), pin, locked)) == written


@pytest.mark.parametrize(
    ("upstream", "reason"),
    [
        ("[2001:db8::1]:5000/app:1", "IPv6"),
        (f"nginx@sha512:{'a' * 128}", "128 characters"),
        (f"ghcr.io/{'a' * 240}:1", "255 characters"),
        ("Harbor/app:1", "capitals"),
    ],
)
def test_unresolved(upstream: str, reason: str) -> None:
    with pytest.raises(Unrelocatable, match=reason):
        HERE.backup(parse(upstream))


def test_the_longest_backup_name() -> None:
    room = MAX_NAME - len("localhost:5001/ghcr_io/")
    assert len(HERE.backup(parse(f"ghcr.io/{'a' * room}:1")).name) == MAX_NAME
    with pytest.raises(Unrelocatable):
        HERE.backup(parse(f"ghcr.io/{'a' * (room + 1)}:1"))


def test_hosts_are_lower_cased() -> None:
    assert str(HERE.backup(parse("GHCR.io/acme/app:V1"))) == "localhost:5001/ghcr_io/acme/app:V1"


@pytest.mark.parametrize(
    ("backup_registry", "backup", "upstream"),
    [
        ("localhost:5001", "localhost:5001/ghcr_io/a/b:1", "ghcr.io/a/b:1"),
        ("localhost:5001", "localhost:5001/registry_acme_io_8443/a/b:1", "registry.acme.io:8443/a/b:1"),
        ("localhost:5001", "localhost:5001/harbor_5000/a:1", "harbor:5000/a:1"),
        ("localhost:5001", "localhost:5001/10_96_0_11/a:1", "10.96.0.11/a:1"),
        ("localhost:5001", "localhost:5001/10_96_0_11_5001/a:1", "10.96.0.11:5001/a:1"),
        ("localhost:5001", "localhost:5001/10_96_0_443/a:1", "10.96.0:443/a:1"),  # no IPv4 address
        ("localhost:5001", "localhost:5001/localhost/a:1", "localhost/a:1"),
        ("localhost:5001", "localhost:5001/localhost_5000/a:1", "localhost:5000/a:1"),
        ("localhost:5001", "localhost:5001/ghcr_io/a/b", "ghcr.io/a/b:latest"),
        ("localhost:5001", f"{NGINX}:sha256_{HEX}", f"index.docker.io/library/nginx@sha256:{HEX}"),
        ("localhost:5001", f"{NGINX}:sha384_{'a' * 96}", f"index.docker.io/library/nginx@sha384:{'a' * 96}"),
        ("localhost:5001", f"{NGINX}:1.23@sha256:{HEX}", f"index.docker.io/library/nginx:1.23@sha256:{HEX}"),
        ("localhost:5001", f"{NGINX}:sha256_{HEX[:-1]}", f"index.docker.io/library/nginx:sha256_{HEX[:-1]}"),
        ("r.acme.io/mirror/x", "r.acme.io/mirror/x/ghcr_io/a/b:1", "ghcr.io/a/b:1"),
        # own images: beside the prefix, or no registry host behind the first path element
        ("r.acme.io/mirror", "r.acme.io/ghcr_io/a/b:1", None),
        ("r.acme.io/mirror", "r.acme.io/mirrors/ghcr_io/a:1", None),
        ("r.acme.io/mirror", "r.acme.io/mirror/shop/backend:1", None),
        ("localhost:5001", "localhost:5001/shop/backend:1", None),
        ("localhost:5001", "localhost:5001/shop-team/backend:1", None),
        ("localhost:5001", "localhost:5001/shop__team/backend:1", None),
        ("localhost:5001", "localhost:5001/ghcr_io:1", None),
        ("localhost:5001", "localhost:5001/backend:1", None),
        # not on the backup registry at all
        ("localhost:5001", "localhost:5002/ghcr_io/a/b:1", None),
        ("localhost:5001", "ghcr.io/a/b:1", None),
    ],
)
def test_the_way_back(backup_registry: str, backup: str, upstream: str | None) -> None:
    found = Scheme(backup_registry).upstream(parse(backup))
    assert (str(found) if found else None) == upstream


def test_host_and_prefix() -> None:
    assert (Scheme("r.acme.io/a/b").host, Scheme("r.acme.io/a/b").prefix) == ("r.acme.io", "a/b/")
    assert (HERE.host, HERE.prefix) == ("localhost:5001", "")


LABELS = st.from_regex(r"[a-z][a-z0-9]{0,5}(-{1,2}[a-z0-9]{1,3})?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=2, max_size=4).map(".".join) | st.just("localhost")
IPV4 = st.lists(st.integers(0, 255).map(str), min_size=4, max_size=4).map(".".join)
PORTS = st.just("") | st.integers(1, 65535).map(":{}".format)
REGISTRIES = st.just("docker.io") | st.tuples(NAMES | IPV4, PORTS).map("".join)
PATHS = st.lists(
    st.from_regex(r"[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True), min_size=1, max_size=4
)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
DIGESTS = st.sampled_from([f"sha256:{HEX}", LOCKED, f"sha384:{'a' * 96}", f"sha384:{'b' * 96}"])
SCHEMES = st.sampled_from([HERE, Scheme("eu-docker.pkg.dev/acme/mirror"), Scheme("10.96.0.11:5001")])


@st.composite
def upstreams(draw: st.DrawFn) -> Reference:
    name = "/".join([draw(REGISTRIES), *draw(PATHS)])
    tag, digest = draw(st.none() | TAGS), draw(st.none() | DIGESTS)
    return parse(name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")).tagged()


def as_copied(upstream: Reference) -> Reference:
    """What the backup's tag can tell: the digest replaces the tag that stood beside it."""
    return Reference(upstream.registry, upstream.repository, None if upstream.digest else upstream.tag, upstream.digest)


@settings(deadline=None)
@given(SCHEMES, upstreams())
def test_backup_names_parse_and_lead_back(scheme: Scheme, upstream: Reference) -> None:
    backup = scheme.backup(upstream)
    assert parse(str(backup)) == backup
    assert len(backup.name) <= MAX_NAME
    assert scheme.holds(backup)
    assert backup.tag is not None
    assert backup.digest is None
    assert scheme.upstream(backup) == as_copied(upstream)


@settings(deadline=None)
@given(SCHEMES, upstreams(), st.sampled_from(Pin))
def test_what_is_written_leads_back(scheme: Scheme, upstream: Reference, pin: Pin) -> None:
    written = scheme.written(upstream, pin, None)
    assert parse(str(written)) == written
    assert scheme.upstream(written) == (as_copied(upstream) if pin is Pin.NEVER else upstream)


@settings(deadline=None)
@given(SCHEMES, upstreams(), upstreams())
def test_two_copies_never_share_a_name(scheme: Scheme, one: Reference, other: Reference) -> None:
    assume(as_copied(one) != as_copied(other))
    assert scheme.backup(one) != scheme.backup(other)


def test_names_that_do_collide() -> None:
    """The losses that are known: the tag beside a digest, and a last label of digits against a port."""
    assert HERE.backup(parse(f"a:1@sha256:{HEX}")) == HERE.backup(parse(f"a:2@sha256:{HEX}"))
    assert HERE.backup(parse("acme.5000/a:1")) == HERE.backup(parse("acme:5000/a:1"))
