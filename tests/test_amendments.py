"""Amendments of a file: chained behind its other edits, counted by images, undone from what the lock file says."""

from __future__ import annotations

from gitops_clone.amendments import amended, recorded, restored
from gitops_clone.documents.amend import Insert, Replace
from gitops_clone.finding import Skipped
from gitops_clone.result import FileChange

TEXT = b"""\
image:
  repository: nginx
  tag: 1.23
  digest: sha256:abc
sidecar: busybox:1 # ours
"""
UPSTREAM = "index.docker.io/library/nginx:1.23"
BECOMES = "localhost:5001/index_docker_io/library/nginx:sha256_abc"
PARTS = [
    Replace("0/image/repository", "nginx", "localhost:5001/index_docker_io/library/nginx", UPSTREAM, BECOMES),
    Replace("0/image/tag", "1.23", "sha256_abc", UPSTREAM, BECOMES),
    Replace("0/image/digest", "sha256:abc", "", UPSTREAM, BECOMES),
]


def test_the_parts_of_an_image_count_as_one_place() -> None:
    changed = amended("values.yaml", TEXT, [*PARTS, Insert("0/global", {"security": {"allowInsecureImages": True}})])
    assert isinstance(changed, FileChange)
    assert [len(change.counted) for change in changed.changes] == [1, 0, 0, 1]
    assert [change.places[0].line for change in changed.changes] == [2, 3, 4, 5]


def test_they_come_behind_other_edits_and_are_undone_before_them() -> None:
    first = FileChange("values.yaml", TEXT, TEXT.replace(b"busybox:1", b"other:2"), "utf-8", ())
    changed = amended("values.yaml", first, PARTS)
    assert isinstance(changed, FileChange)
    assert changed.before == TEXT
    assert b"other:2 # ours" in changed.after
    known = recorded({}, [changed])
    assert known["values.yaml#0/image/digest"].old == "sha256:abc"
    back = restored("values.yaml", changed.after, known)
    assert isinstance(back, FileChange)
    assert back.after == first.after
    assert restored("values.yaml", TEXT, known) is None


def test_what_was_amended_twice_goes_back_to_the_first_text() -> None:
    once = amended("values.yaml", TEXT, PARTS[:1])
    assert isinstance(once, FileChange)
    again = Replace("0/image/repository", PARTS[0].new, "registry.acme.io/x/nginx", UPSTREAM, BECOMES)
    twice = amended("values.yaml", once.after, [again])
    assert isinstance(twice, FileChange)
    back = restored("values.yaml", twice.after, recorded(recorded({}, [once]), [twice]))
    assert isinstance(back, FileChange)
    assert back.after == TEXT


def test_what_is_done_again_after_a_kill_is_told_as_before() -> None:
    """The lock file was written, the manifest was not: the old text is the end of the new one."""
    once = amended("values.yaml", TEXT, PARTS)
    assert isinstance(once, FileChange)
    known = recorded({}, [once])
    assert recorded(known, [once]) == known


def test_what_does_not_fit_leaves_the_file_alone() -> None:
    refused = amended("values.yaml", TEXT, [Replace("0/image/tag", "1.24", "2")])
    assert refused == Skipped("values.yaml", "left alone, /image/tag has changed meanwhile: run again", fatal=True)
