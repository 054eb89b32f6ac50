"""What is copied, what is written, what is written back: decided from findings and the lock file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone import plan
from gitops_clone.change import change_file
from gitops_clone.finding import Finding
from gitops_clone.lockfile import Entry, Lock, Spelling
from gitops_clone.mirror.model import CopyJob
from gitops_clone.naming import Pin, Scheme
from gitops_clone.result import FileChange
from gitops_clone.scan import scan_file
from gitops_clone.states import Rules
from tests.parts.laws import REGISTRY, digest_of

BACKUP = f"{REGISTRY}/index_docker_io/library/nginx"
KEY = "index.docker.io/library/nginx:1.23"
HEX = "33cef86aae4e8487ff23a6ca16012fac28ff9e7a5e9759d291a7da06e36ac958"
EMPTY = Lock(REGISTRY, {})
Files = Mapping[str, tuple[str, ...]]


def pod(images: tuple[str, ...]) -> bytes:
    rows = "".join(f"  - image: {image}\n" for image in images)
    return f"kind: Pod\nspec:\n  containers:\n{rows}".encode()


def images(data: bytes) -> tuple[str, ...]:
    return tuple(line.partition("image: ")[2] for line in data.decode().splitlines() if "image: " in line)


def find(files: Files, lock: Lock) -> tuple[Rules, list[Finding]]:
    rules = Rules(Scheme(REGISTRY), lock)
    return rules, [finding for name in files for finding in scan_file(name, pod(files[name]), rules).findings]


def rewrite(files: Files, lock: Lock, pin: Pin = Pin.NEVER, *, failed: tuple[str, ...] = ()) -> tuple[Files, Lock]:
    """The files and the lock file after a run in which all images but `failed` can be copied."""
    rules, found = find(files, lock)
    entries = dict(lock.images)
    for finding in found:
        if finding.upstream and finding.backup and finding.upstream not in failed:
            entries.setdefault(finding.upstream, Entry(finding.backup, digest_of(finding.upstream)))
    locked = Lock(REGISTRY, entries)
    new_text = partial(plan.relocation, rules=rules, lock=locked, pin=pin, unsafe=failed)
    changes = [
        change_file(name, pod(files[name]), [f for f in found if f.place.file == name], new_text) for name in files
    ]
    changed = [change for change in changes if isinstance(change, FileChange)]
    after = {change.file: images(change.after) for change in changed}
    return {**files, **after}, plan.with_spellings(locked, changed, found, rules)


def restore(files: Files, lock: Lock, *, foreign: bool = False) -> Files:
    rules, found = find(files, lock)
    new_text = partial(plan.restoration, rules=rules, foreign=foreign)
    result = dict(files)
    for name in files:
        change = change_file(name, pod(files[name]), [f for f in found if f.place.file == name], new_text)
        if isinstance(change, FileChange):
            result[name] = images(change.after)
    return result


def jobs(*texts: str, lock: Lock = EMPTY, update: bool = False, recheck: bool = False) -> list[CopyJob]:
    rules, found = find({"a.yaml": texts}, lock)
    return plan.jobs(found, rules, update=update, recheck=recheck)


def test_one_copy_for_each_upstream_however_it_is_spelled() -> None:
    found = jobs("nginx:1.23", "docker.io/nginx:1.23", "nginx", f"{REGISTRY}/team/app:1", "${X}", "busybox:1")
    assert [str(job.upstream) for job in found] == [
        "index.docker.io/library/busybox:1",
        "index.docker.io/library/nginx:1.23",
        "index.docker.io/library/nginx:latest",
    ]
    assert [str(job.backup) for job in found][1] == f"{BACKUP}:1.23"


def test_what_is_locked_is_not_asked_again_but_a_promise_is_kept() -> None:
    locked = Lock(REGISTRY, {KEY: Entry(f"{BACKUP}:1.23", digest_of(KEY))})
    promised = Lock(REGISTRY, {KEY: Entry(f"{BACKUP}:1.23", None)})
    assert jobs("nginx:1.23", lock=locked) == []
    assert [job.expected for job in jobs("nginx:1.23", lock=promised)] == [None]
    assert [job.expected for job in jobs("nginx:1.23", lock=locked, recheck=True)] == [digest_of(KEY)]
    assert [(job.expected, job.replace) for job in jobs("nginx:1.23", lock=locked, update=True)] == [(None, True)]


def test_an_update_does_not_ask_for_what_is_named_by_digest() -> None:
    key = f"index.docker.io/library/nginx@sha256:{HEX}"
    lock = Lock(REGISTRY, {key: Entry(f"{BACKUP}:sha256_{HEX}", f"sha256:{HEX}")})
    assert jobs(f"nginx@sha256:{HEX}", lock=lock, update=True) == []


def test_a_backup_reference_without_an_entry_is_traced_back_and_copied() -> None:
    assert [str(job.upstream) for job in jobs(f"{BACKUP}:1.24")] == ["index.docker.io/library/nginx:1.24"]


def test_an_image_that_failed_keeps_its_text_and_the_others_go_on() -> None:
    files, lock = rewrite({"a.yaml": ("nginx:1.23", "busybox:1")}, EMPTY, failed=(KEY,))
    assert files["a.yaml"] == ("nginx:1.23", f"{REGISTRY}/index_docker_io/library/busybox:1")
    assert KEY not in lock.images


@pytest.mark.parametrize(
    ("image", "pin", "written"),
    [
        ("nginx:1.23", Pin.NEVER, f"{BACKUP}:1.23"),
        ("nginx:1.23", Pin.DIGEST, f"{BACKUP}:1.23"),
        ("nginx:1.23", Pin.ALWAYS, f"{BACKUP}:1.23@{digest_of(KEY)}"),
        (f"nginx:1.23@sha256:{HEX}", Pin.NEVER, f"{BACKUP}:sha256_{HEX}"),
        (f"nginx:1.23@sha256:{HEX}", Pin.DIGEST, f"{BACKUP}:1.23@sha256:{HEX}"),
        (f"nginx@sha256:{HEX}", Pin.ALWAYS, f"{BACKUP}@sha256:{HEX}"),
    ],
)
def test_pin_says_what_is_written(image: str, pin: Pin, written: str) -> None:
    files, lock = rewrite({"a.yaml": (image,)}, EMPTY, pin)
    assert files["a.yaml"] == (written,)
    assert restore(files, lock)["a.yaml"] == (image,)


@pytest.mark.parametrize(
    ("image", "pin"),
    [
        *((f"{BACKUP}:1.23@sha256:{HEX}", pin) for pin in Pin),
        *((f"{BACKUP}:sha256_{HEX}", pin) for pin in Pin),
        (BACKUP, Pin.NEVER),
        (f"{BACKUP}:1.23", Pin.DIGEST),
    ],
)
def test_somebody_elses_backup_reference_stays(image: str, pin: Pin) -> None:
    """A bot that follows the backup registry writes such references; two bots must not argue about the spelling."""
    files, lock = rewrite({"a.yaml": (image,)}, EMPTY, pin)
    assert files["a.yaml"] == (image,)
    assert rewrite(files, lock, pin) == (files, lock)
    assert restore(files, lock) == files


@pytest.mark.parametrize("image", [f"{BACKUP}:1.23", BACKUP])
def test_somebody_elses_tag_is_pinned_if_all_are_and_comes_back(image: str) -> None:
    before = {"a.yaml": (image,)}
    files, lock = rewrite(before, EMPTY, Pin.ALWAYS)
    key = "index.docker.io/library/nginx:" + ("1.23" if "1.23" in image else "latest")
    assert files["a.yaml"] == (f"{BACKUP}:{key.rpartition(':')[2]}@{digest_of(key)}",)
    assert rewrite(files, lock, Pin.ALWAYS) == (files, lock)
    assert rewrite(files, lock, Pin.NEVER) == (before, lock)
    assert restore(files, lock) == before
    assert restore(files, lock, foreign=True) == {"a.yaml": (key,)}


def test_restoring_what_others_wrote_gives_the_upstreams_full_name() -> None:
    files, lock = rewrite({"a.yaml": (f"{BACKUP}:1.23",)}, EMPTY)
    assert restore(files, lock, foreign=True) == {"a.yaml": (KEY,)}


def test_restore_knows_its_place_under_a_digest_that_the_lock_file_has_no_more() -> None:
    before = {"a.yaml": ("nginx:1.23",)}
    after, lock = rewrite(before, EMPTY, Pin.ALWAYS)
    moved = replace(lock.images[KEY], digest=f"sha256:{HEX}")
    assert restore(after, Lock(REGISTRY, {KEY: moved})) == before


def test_a_changed_pin_tells_upstreams_apart_that_share_a_backup_reference() -> None:
    before = {"a.yaml": (f"nginx@sha256:{HEX}", f"nginx:1.23@sha256:{HEX}")}
    files, lock = rewrite(before, EMPTY, Pin.NEVER)
    assert set(files["a.yaml"]) == {f"{BACKUP}:sha256_{HEX}"}
    files, lock = rewrite(files, lock, Pin.DIGEST)
    assert files["a.yaml"] == (f"{BACKUP}@sha256:{HEX}", f"{BACKUP}:1.23@sha256:{HEX}")
    assert restore(files, lock) == before


def test_a_lock_file_cannot_make_restore_write_another_image() -> None:
    written = (Spelling("evil.example/nginx:1.23"),)
    lock = Lock(REGISTRY, {KEY: Entry(f"{BACKUP}:1.23", digest_of(KEY), written)})
    files = {"a.yaml": (f"{BACKUP}:1.23",)}
    assert restore(files, lock) == files


UPSTREAM = st.sampled_from(
    ("nginx:1.23", "docker.io/nginx:1.23", KEY, f"nginx@sha256:{HEX}", f"nginx:1.23@sha256:{HEX}", "busybox", "${X}")
)
FOREIGN = st.sampled_from(
    (f"{BACKUP}:1.23", f"{BACKUP}:1.23@sha256:{HEX}", f"{BACKUP}:sha256_{HEX}", f"{BACKUP}:9", BACKUP)
)
REPOSITORY = st.dictionaries(
    st.sampled_from(("a.yaml", "b/c.yaml", "d.json")),
    st.lists(st.one_of(UPSTREAM, UPSTREAM, FOREIGN), min_size=1, max_size=4).map(tuple),
    min_size=1,
)


@given(before=REPOSITORY, pins=st.lists(st.sampled_from(Pin), min_size=1, max_size=3))
@settings(deadline=None, derandomize="CI" in os.environ, database=None, max_examples=200)
def test_restore_undoes_any_number_of_runs(before: Files, pins: list[Pin]) -> None:
    files, lock = before, EMPTY
    for pin in pins:
        files, lock = rewrite(files, lock, pin)
        assert rewrite(files, lock, pin) == (files, lock)
    assert restore(files, lock) == before


@given(before=REPOSITORY, pin=st.sampled_from(Pin))
@settings(deadline=None, derandomize="CI" in os.environ, database=None, max_examples=100)
def test_restore_undoes_runs_that_saw_one_file_each(before: Files, pin: Pin) -> None:
    """As pre-commit runs them. What names the backup registry beforehand is then told only in the first file."""
    before = {name: tuple(image for image in texts if REGISTRY not in image) for name, texts in before.items()}
    files, lock = dict(before), EMPTY
    for name in before:
        after, lock = rewrite({name: files[name]}, lock, pin)
        files |= after
    assert restore(files, lock) == before
