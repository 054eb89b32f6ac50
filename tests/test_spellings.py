"""What stood at each place: `record` writes it down, `original` tells it."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.lockfile import Entry, Spelling
from gitops_clone.spellings import Written, original, record

HUB = "index.docker.io/library/nginx"
HEX = "33cef86aae4e8487ff23a6ca16012fac28ff9e7a5e9759d291a7da06e36ac958"
TAGGED = f"{HUB}:1.23"
DIGEST = f"{HUB}@sha256:{HEX}"
BOTH = f"{HUB}:1.23@sha256:{HEX}"
BACKUP = "localhost:5001/index_docker_io/library/nginx"
PAIR = {DIGEST: {DIGEST, BOTH}, BOTH: {DIGEST, BOTH}}


def entries(*upstreams: str) -> dict[str, Entry]:
    return {upstream: Entry(f"{BACKUP}:x", None) for upstream in upstreams}


def test_the_most_frequent_spelling_needs_no_places() -> None:
    replaced = [
        Written(TAGGED, "nginx:1.23", "a#0/x"),
        Written(TAGGED, "docker.io/nginx:1.23", "b#0/x"),
        Written(TAGGED, "nginx:1.23", "c#0/x"),
    ]
    images = record(entries(TAGGED), replaced, [], {})
    assert images[TAGGED].written == (Spelling("nginx:1.23"), Spelling("docker.io/nginx:1.23", ("b#0/x",)))
    assert original(images, [TAGGED], "b#0/x") == (TAGGED, "docker.io/nginx:1.23")
    assert original(images, [TAGGED], "c#0/x") == (TAGGED, "nginx:1.23")


def test_of_equally_frequent_spellings_the_first_in_order_is_the_default() -> None:
    replaced = [Written(TAGGED, "nginx:1.23", "a#0/x"), Written(TAGGED, "docker.io/nginx:1.23", "b#0/x")]
    assert record(entries(TAGGED), replaced, [], {})[TAGGED].written == (
        Spelling("docker.io/nginx:1.23"),
        Spelling("nginx:1.23", ("a#0/x",)),
    )


def test_a_later_run_keeps_the_default_however_many_other_spellings_it_sees() -> None:
    images = record(entries(TAGGED), [Written(TAGGED, "nginx:1.23", "a#0/x")], [], {})
    later = [Written(TAGGED, "docker.io/nginx:1.23", f"{name}#0/x") for name in "bcd"]
    images = record(images, later, [], {})
    assert original(images, [TAGGED], "a#0/x") == (TAGGED, "nginx:1.23")
    assert original(images, [TAGGED], "d#0/x") == (TAGGED, "docker.io/nginx:1.23")


def test_a_place_that_named_the_backup_before_keeps_doing_so() -> None:
    present = [Written(TAGGED, f"{BACKUP}:1.23", "b#0/x")]
    images = record(entries(TAGGED), [Written(TAGGED, "nginx:1.23", "a#0/x")], present, {})
    assert original(images, [TAGGED], "b#0/x") == (TAGGED, f"{BACKUP}:1.23")
    assert original(images, [TAGGED], "a#0/x") == (TAGGED, "nginx:1.23")


def test_places_that_gitops_clone_wrote_are_not_taken_for_such() -> None:
    images = record(entries(TAGGED), [Written(TAGGED, "nginx:1.23", "a#0/x")], [], {})
    again = record(images, [], [Written(TAGGED, f"{BACKUP}:1.23", "a#0/x")], {})
    assert again == images


def test_a_healed_image_has_no_default_until_something_is_replaced() -> None:
    present = [Written(TAGGED, f"{BACKUP}:1.23", "a#0/x")]
    images = record(entries(TAGGED), [], present, {})
    assert images[TAGGED].written == (Spelling(f"{BACKUP}:1.23", ("a#0/x",)),)
    assert original(images, [TAGGED], "elsewhere#0/x") is None


def test_upstreams_that_share_a_backup_share_the_default() -> None:
    replaced = [Written(DIGEST, f"nginx@sha256:{HEX}", "a#0/x"), Written(BOTH, f"nginx:1.23@sha256:{HEX}", "b#0/x")]
    images = record(entries(DIGEST, BOTH), replaced, [], PAIR)
    defaults = [spelling.text for entry in images.values() for spelling in entry.written if not spelling.places]
    assert len(defaults) == 1
    assert original(images, [BOTH, DIGEST], "a#0/x") == (DIGEST, f"nginx@sha256:{HEX}")
    assert original(images, [BOTH, DIGEST], "b#0/x") == (BOTH, f"nginx:1.23@sha256:{HEX}")


def test_a_place_whose_text_was_changed_by_hand_gets_its_new_text_back() -> None:
    first = [Written(DIGEST, f"nginx@sha256:{HEX}", "a#0/x"), Written(BOTH, f"nginx:1.23@sha256:{HEX}", "b#0/x")]
    images = record(entries(DIGEST, BOTH), first, [], PAIR)
    images = record(images, [Written(DIGEST, f"docker.io/library/nginx@sha256:{HEX}", "b#0/x")], [], PAIR)
    assert original(images, [BOTH, DIGEST], "b#0/x") == (DIGEST, f"docker.io/library/nginx@sha256:{HEX}")
    images = record(images, [Written(BOTH, f"nginx:1.23@sha256:{HEX}", "b#0/x")], [], PAIR)
    assert original(images, [BOTH, DIGEST], "b#0/x") == (BOTH, f"nginx:1.23@sha256:{HEX}")


def test_a_list_that_loses_its_last_place_goes() -> None:
    replaced = [
        Written(TAGGED, "nginx:1.23", "a#0/x"),
        Written(TAGGED, "nginx:1.23", "c#0/x"),
        Written(TAGGED, "docker.io/nginx:1.23", "b#0/x"),
    ]
    images = record(entries(TAGGED), replaced, [], {})
    images = record(images, [Written(TAGGED, "nginx:1.23", "b#0/x")], [], {})
    assert images[TAGGED].written == (Spelling("nginx:1.23"),)


TEXTS = st.tuples(st.sampled_from((TAGGED, DIGEST, BOTH)), st.sampled_from(("one", "two", "three")))
RUNS = st.lists(st.dictionaries(st.sampled_from("abcdef"), TEXTS), min_size=1, max_size=4)


@given(runs=RUNS)
@settings(deadline=None, derandomize="CI" in os.environ, database=None, max_examples=300)
def test_every_place_gets_its_own_text_back(runs: list[dict[str, tuple[str, str]]]) -> None:
    """After any number of runs, each of which sees some places, with texts that people changed in between."""
    images = entries(TAGGED, DIGEST, BOTH)
    last: dict[str, tuple[str, str]] = {}
    for places in runs:
        replaced = [Written(upstream, f"{upstream} {raw}", place) for place, (upstream, raw) in places.items()]
        images = record(images, replaced, [], PAIR)
        last |= places
    for place, (upstream, raw) in last.items():
        keys = sorted(PAIR.get(upstream, {upstream}))
        assert original(images, keys, place) == (upstream, f"{upstream} {raw}")
