"""Writing the lock file: what a run knows is joined with what stood there, and nothing is written without need."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.errors import UsageError
from gitops_clone.lock_writer import merge, write
from gitops_clone.lockfile import LOCK_NAME, Entry, Lock, Spelling, read

DIGEST = "sha256:" + "ab" * 32
OTHER_DIGEST = "sha256:" + "cd" * 32
NGINX = "index.docker.io/library/nginx:1.23"
NGINX_BACKUP = "localhost:5001/index_docker_io/library/nginx:1.23"
REDIS = "index.docker.io/library/redis:7"
REDIS_BACKUP = "localhost:5001/index_docker_io/library/redis:7"
PLACE = "apps/a.yaml#0/spec/containers/0/image"
TEXTS = (
    st.text(min_size=1) | st.text(st.characters(), min_size=1) | st.sampled_from(["nginx:1.23", "\u2028", "😀", "\x85"])
)
SPELLINGS = st.lists(st.builds(Spelling, TEXTS, st.lists(TEXTS, max_size=3).map(tuple)), max_size=4).map(tuple)


def lock(**images: Entry) -> Lock:
    names = {"nginx": NGINX, "redis": REDIS}
    return Lock("localhost:5001", {names[key]: entry for key, entry in images.items()})


def nginx(*written: Spelling | str, digest: str | None = DIGEST) -> Entry:
    spellings = tuple(Spelling(item) if isinstance(item, str) else item for item in written)
    return Entry(NGINX_BACKUP, digest, spellings)


def test_merge_adds_and_keeps() -> None:
    base, other = lock(nginx=nginx("nginx:1.23")), lock(redis=Entry(REDIS_BACKUP, None))
    assert merge(base, other) == merge(other, base) == lock(nginx=nginx("nginx:1.23"), redis=Entry(REDIS_BACKUP, None))


def test_merge_takes_the_newer_digest_and_never_forgets_one() -> None:
    base = lock(nginx=nginx("n:1"))
    assert merge(base, lock(nginx=nginx(digest=OTHER_DIGEST))) == lock(nginx=nginx("n:1", digest=OTHER_DIGEST))
    assert merge(base, lock(nginx=nginx(digest=None))) == base
    assert merge(lock(nginx=nginx(digest=None)), base) == base


def test_merge_keeps_the_default_and_joins_places() -> None:
    base = nginx("nginx:1.23", Spelling("docker.io/nginx:1.23", ("b#0/x", "a#0/x")))
    other = nginx(
        "docker.io/library/nginx:1.23",
        Spelling("docker.io/nginx:1.23", ("c#0/x",)),
        Spelling("nginx:1.23", ("d#0/x",)),
        Spelling("index.docker.io/nginx:1.23", ("a#0/x", "e#0/x")),
    )
    assert merge(lock(nginx=base), lock(nginx=other)).images[NGINX].written == (
        Spelling("nginx:1.23"),
        Spelling("docker.io/nginx:1.23", ("b#0/x", "c#0/x")),
        Spelling("docker.io/library/nginx:1.23"),
        Spelling("index.docker.io/nginx:1.23", ("a#0/x", "e#0/x")),
    )


def test_merge_forgets_how_a_place_was_spelled_before() -> None:
    base = lock(nginx=nginx("nginx:1.23", Spelling("docker.io/nginx:1.23", (PLACE,))))
    assert merge(base, lock(nginx=nginx(Spelling("nginx:1.23", (PLACE,))))) == lock(nginx=nginx("nginx:1.23"))


@settings(deadline=None)
@given(SPELLINGS, SPELLINGS)
def test_merging_again_changes_nothing(one: tuple[Spelling, ...], two: tuple[Spelling, ...]) -> None:
    base, other = lock(nginx=nginx(*one)), lock(nginx=nginx(*two))
    once = merge(base, other)
    assert merge(once, other) == once
    assert merge(once, once) == once


def test_merge_of_two_backup_registries_is_refused() -> None:
    with pytest.raises(UsageError, match=r"backup registry localhost:5001, not r\.acme\.io"):
        merge(lock(), Lock("r.acme.io", {}))


def test_write(tmp_path: Path) -> None:
    path = tmp_path / LOCK_NAME
    entries = lock(nginx=nginx("nginx:1.23"))
    write(path, entries)
    assert read(path) == entries
    before = path.stat()
    write(path, entries)
    assert path.stat() == before
    write(path, lock())
    assert read(path) == lock()
