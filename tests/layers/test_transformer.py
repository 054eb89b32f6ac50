"""What `images` does to a text, as measured with kustomize 5.7.1."""

from __future__ import annotations

import pytest

from gitops_clone.layers.transformer import Rule, apply, matches, split

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("rule", "image", "result"),
    [
        (Rule("nginx", new_tag="5"), "nginx:1", "nginx:5"),
        (Rule("nginx", new_tag="5"), f"nginx:1@{DIGEST}", "nginx:5"),
        (Rule("nginx", digest=DIGEST), "nginx:1", f"nginx@{DIGEST}"),
        (Rule("nginx", new_tag="5", digest=DIGEST), "nginx", f"nginx:5@{DIGEST}"),
        (Rule("nginx", new_name="q"), f"nginx:1@{DIGEST}", f"q:1@{DIGEST}"),
        (Rule("nginx", tag_suffix="-x"), f"nginx:1@{DIGEST}", "nginx:1-x"),
        (Rule("nginx", new_tag="5", tag_suffix="-x"), "nginx:1", "nginx:5"),
        (Rule("nginx:1", new_tag="5"), "nginx:1", "nginx:5"),
        (Rule("nginx:1", new_tag="5"), "nginx:2", "nginx:2"),
        (Rule("foo.bar/x", new_tag="5"), "fooXbar/x:1", "fooXbar/x:5"),
        (Rule("nginx", new_tag="5"), "docker.io/nginx:1", "docker.io/nginx:1"),
        (Rule("a:5000/nginx", new_name="b"), "a:5000/nginx", "b"),
        (Rule("nginx", new_name="nginx:7", new_tag="8"), "nginx:1", "nginx:7:8"),
    ],
)
def test_an_entry_makes_of_an_image(rule: Rule, image: str, result: str) -> None:
    assert apply(rule, image) == result


def test_a_name_that_is_no_pattern_matches_nothing() -> None:
    assert not matches("(", "(")


def test_a_port_is_no_tag() -> None:
    assert split("localhost:5001/nginx") == ("localhost:5001/nginx", "", "")
    assert split(f"localhost:5001/nginx:1@{DIGEST}") == ("localhost:5001/nginx", "1", DIGEST)
