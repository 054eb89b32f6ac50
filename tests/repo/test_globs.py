from __future__ import annotations

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.repo.globs import compile_globs


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("values.yaml", ["values.yaml", "a/b/values.yaml"], ["my-values.yaml", "values.yaml.json"]),
        ("test", ["test", "test/a.yaml", "a/test/b/c.yaml"], ["tests/a.yaml", "a/contest/b.yaml"]),
        ("test/", ["test/a.yaml", "a/test/b.yaml"], ["test", "a/test"]),
        ("/test", ["test/a.yaml", "test"], ["a/test/b.yaml"]),
        ("/a.yaml", ["a.yaml"], ["b/a.yaml"]),
        ("./apps/a.yaml", ["apps/a.yaml"], ["b/apps/a.yaml"]),
        ("apps/test", ["apps/test/a.yaml", "apps/test"], ["b/apps/test/a.yaml", "apps/test2/a.yaml"]),
        ("*.json", ["a.json", "b/.json"], ["a.json5"]),
        ("apps/*.yaml", ["apps/a.yaml"], ["apps/b/a.yaml"]),
        ("apps/**", ["apps/a.yaml", "apps/b/a.yaml"], ["apps", "b/apps/a.yaml"]),
        ("apps/**/test", ["apps/test", "apps/b/c/test/a.yaml"], ["apps/b/testing"]),
        ("**/test/*.yaml", ["test/a.yaml", "b/c/test/a.yaml"], ["test/b/a.yaml"]),
        ("?.yaml", ["a.yaml", "ä.yaml"], [".yaml", "ab.yaml"]),
        ("[a-c]?.yaml", ["b1.yaml"], ["d1.yaml"]),
        ("[!a-c].yaml", ["d.yaml"], ["a.yaml", "/.yaml"]),
        (r"\*.yaml", ["*.yaml"], ["a.yaml"]),
        ("a.b(c)+$", ["a.b(c)+$"], ["aXb(c)+$", "a.bc"]),
        ("[", ["["], ["a"]),
        ("line\nbreak", ["line\nbreak/a.yaml"], ["line"]),
        ("", [], ["a.yaml"]),
        ("a*b*c/d?*", ["aXbYbZc/de/f.yaml", "abc/dd"], ["abc/d", "a/bc/dd", "aXbYbZ/dd"]),
        ("**/a/b/**/c", ["a/x/a/b/y/z/c", "a/b/c/d.yaml"], ["a/c", "a/b/y/z"]),
        ("a**/b", ["a/b", "aX/b/c.yaml"], ["aX/Y/b", "ab"]),
        ("**", ["a", "b/c.yaml"], []),
        ("/**/**", ["a", "b/c.yaml"], []),
        ("a/**/", ["a/b/c"], ["a/b", "a"]),
    ],
)
def test_a_glob_matches_as_a_line_of_gitignore_does(glob: str, matching: list[str], other: list[str]) -> None:
    excluded_by = compile_globs([glob])

    assert {name: excluded_by(name) for name in matching} == dict.fromkeys(matching, glob)
    assert {name: excluded_by(name) for name in other} == dict.fromkeys(other)


def test_the_first_glob_that_matches_is_named() -> None:
    assert compile_globs(["x", "*.yaml", "a.*"])("a.yaml") == "*.yaml"


@pytest.mark.parametrize("glob", ["!keep.yaml", "[z-a].yaml"])
def test_a_glob_that_means_nothing_here_is_one_clear_line(glob: str) -> None:
    with pytest.raises(UsageError) as raised:
        compile_globs([glob])
    assert str(raised.value).startswith(f'exclude "{glob}": ')


@pytest.mark.parametrize("glob", ["*a" * 40 + "b", "**/a*/" * 20 + "b", "[!b]*" * 40 + "/x"])
def test_no_glob_of_a_stranger_takes_forever(glob: str) -> None:
    name = "/".join(["a" * 200] * 15)
    assert compile_globs([glob])(name) is None
