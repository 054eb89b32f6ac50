"""Images and image entries, generated."""

from __future__ import annotations

from hypothesis import strategies as st

DIGEST, OTHER = "sha256:" + "a1" * 32, "sha256:" + "b2" * 32
NAME_LIST = ["nginx", "docker.io/library/nginx", "ghcr.io/a/b", "busybox", "controller", "quay.io:443/x"]
NAMES = st.sampled_from(NAME_LIST)
_TAGS = st.sampled_from(["", ":1", ":2.0", f"@{DIGEST}", f":1@{DIGEST}"])
IMAGES = st.builds("{}{}".format, NAMES, _TAGS)


@st.composite
def entry(draw: st.DrawFn) -> dict[str, str]:
    """One entry of `images`."""
    found = {"name": draw(NAMES) + draw(st.sampled_from(["", "", "", "", ":1"]))}
    if draw(st.booleans()):
        found["newName"] = draw(NAMES)
    if draw(st.booleans()):
        found["newTag"] = draw(st.sampled_from(["3", "4-alpine"]))
    if draw(st.integers(0, 3)) == 0:
        found["digest"] = OTHER
    if draw(st.integers(0, 7)) == 0:
        found["tagSuffix"] = "-x"
    return found


def entries() -> st.SearchStrategy[list[dict[str, str]]]:
    return st.integers(0, 2).flatmap(lambda count: st.lists(entry(), min_size=count, max_size=count))
