"""What Renovate reads after the edit is told by pyjson5, a reader that is not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyjson5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_clone.documents.json5 import NotJson5, parse
from gitops_clone.lock_writer import render
from gitops_clone.lockfile import Entry, Lock
from gitops_clone.renovate import CONFIG_NAMES, aliases, hidden, with_aliases

ROOT = Path(__file__).parents[1]
HUB = "localhost:5001/index_docker_io"
GHCR = "localhost:5001/ghcr_io"
WANTED = {GHCR: "ghcr.io", HUB: "docker.io"}
ADDED = {
    "plain": (
        '{\n  "extends": ["config:recommended"]\n}\n',
        '{\n  "extends": ["config:recommended"],\n  "registryAliases": {\n'
        '    "localhost:5001/ghcr_io": "ghcr.io",\n    "localhost:5001/index_docker_io": "docker.io"\n  }\n}\n',
    ),
    "tabs and CRLF": (
        '{\r\n\t"a": 1\r\n}',
        '{\r\n\t"a": 1,\r\n\t"registryAliases": {\r\n\t\t"localhost:5001/ghcr_io": "ghcr.io",\r\n'
        '\t\t"localhost:5001/index_docker_io": "docker.io"\r\n\t}\r\n}',
    ),
    "one line": (
        '{"a": 1}',
        '{"a": 1, "registryAliases": {"localhost:5001/ghcr_io": "ghcr.io", '
        '"localhost:5001/index_docker_io": "docker.io"}}',
    ),
    "empty": (
        "{}\n",
        '{\n  "registryAliases": {\n    "localhost:5001/ghcr_io": "ghcr.io",\n'
        '    "localhost:5001/index_docker_io": "docker.io"\n  }\n}\n',
    ),
    "JSON5": (
        "// ours\n{\n    extends: ['config:recommended'], // first\n    /* last */\n}\n",
        "// ours\n{\n    extends: ['config:recommended'], // first\n    /* last */\n    registryAliases: {\n"
        "        'localhost:5001/ghcr_io': 'ghcr.io',\n"
        "        'localhost:5001/index_docker_io': 'docker.io'\n    },\n}\n",
    ),
    "comment after the last member": (
        '{\n  "a": [1] // why\n}\n',
        '{\n  "a": [1], // why\n  "registryAliases": {\n    "localhost:5001/ghcr_io": "ghcr.io",\n'
        '    "localhost:5001/index_docker_io": "docker.io"\n  }\n}\n',
    ),
    "other aliases": (
        '{\n  "registryAliases": {\n    // mine\n    "stable": "https://charts.example.org"\n  },\n  "a": 1\n}\n',
        '{\n  "registryAliases": {\n    "localhost:5001/ghcr_io": "ghcr.io",\n'
        '    "localhost:5001/index_docker_io": "docker.io",\n    // mine\n'
        '    "stable": "https://charts.example.org"\n  },\n  "a": 1\n}\n',
    ),
    "no aliases yet": (
        '{\n  "registryAliases": {}\n}\n',
        '{\n  "registryAliases": {\n    "localhost:5001/ghcr_io": "ghcr.io",\n'
        '    "localhost:5001/index_docker_io": "docker.io"\n  }\n}\n',
    ),
    "another value": (
        "{'registryAliases': { 'localhost:5001/index_docker_io' : 'index.docker.io' /* long */ } }",
        "{'registryAliases': { 'localhost:5001/ghcr_io': 'ghcr.io', "
        "'localhost:5001/index_docker_io' : 'docker.io' /* long */ } }",
    ),
}


@pytest.mark.parametrize("name", ADDED)
def test_aliases_are_added_in_the_style_of_the_file(name: str) -> None:
    before, after = ADDED[name]
    assert with_aliases(before, WANTED) == after
    assert pyjson5.decode(after)["registryAliases"].items() >= WANTED.items()
    assert with_aliases(after, WANTED) == after


# Configurations as people may write them: JSON5 from pieces, some of them odd.
spaces = st.sampled_from(["", " ", "\n", "\t", "\n    ", " // c }\n", "/* { , */", "\r\n  "])
keys = st.sampled_from(["a", '"b c"', "'d'", "$e_1", '"\\u0066"', "'{'"])
scalars = st.sampled_from(["1", "-.5e3", "0xAF", "true", "null", "'x,}'", '"]\\"//"', "'\\\ny'", "+Infinity"])


def joined(opening: str, items: list[str], closing: str, space: str, trailing: bool) -> str:
    return opening + space + f",{space}".join(items) + (f"{space}," if trailing and items else "") + space + closing


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(joined, st.just("["), st.lists(values, max_size=3), st.just("]"), spaces, st.booleans())


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(
        st.tuples(keys, values), max_size=3, unique_by=lambda member: pyjson5.decode(f"{{{member[0]}:1}}").popitem()[0]
    )
    texts = st.tuples(members, spaces).map(lambda pair: [f"{key}{pair[1]}:{pair[1]}{value}" for key, value in pair[0]])
    return st.builds(joined, st.just("{"), texts, st.just("}"), spaces, st.booleans())


values = st.recursive(scalars, lambda inner: arrays(inner) | objects(inner), max_leaves=8)
configurations = st.tuples(spaces, objects(values), spaces).map("".join)


@given(configurations)
def test_nothing_but_the_aliases_changes(before: str) -> None:
    after = with_aliases(before, WANTED)
    assert pyjson5.decode(after) == {**pyjson5.decode(before), "registryAliases": WANTED}
    assert with_aliases(after, WANTED) == after
    kept = iter(after)
    assert all(character in kept for character in before)  # in the same order: characters were only added


@given(configurations)
def test_whatever_stands_in_the_aliases_stays(inner: str) -> None:
    before = f'{{"registryAliases": {inner}, "z": 1}}'
    after = pyjson5.decode(with_aliases(before, WANTED))
    assert after == {"registryAliases": {**WANTED, **pyjson5.decode(inner)}, "z": 1}
    assert [*after["registryAliases"]][:2] == [*WANTED]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1, 2",
        '{"a": 1,, }',
        '{"a" 1}',
        "{a: b}",
        '{"a": "x}',
        "{} {}",
        "{/* }",
        "{a: 01}",
        "{1: 2}",
        "{,}",
        "{]",
    ],
)
def test_what_is_not_json5_is_refused(text: str) -> None:
    with pytest.raises(pyjson5.Json5DecoderException):
        pyjson5.decode(text)
    with pytest.raises(NotJson5, match=r"^line 1: "):
        with_aliases(text, WANTED)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(NotJson5, match="nested deeper"):
        parse("[" * 100_000)


@pytest.mark.parametrize("text", ["[]", '{"registryAliases": []}', '{"registryAliases": {}, "registryAliases": {}}'])
def test_a_configuration_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(NotJson5):
        with_aliases(text, WANTED)


def lock(*upstreams: str) -> Lock:
    images = {}
    for upstream in upstreams:
        registry, _, rest = upstream.partition("/")
        images[upstream] = Entry(f"localhost:5001/{registry.replace('.', '_').replace(':', '_')}/{rest}", None)
    return Lock("localhost:5001", images)


def resolved(image: str, found: dict[str, str]) -> str:
    """The reference that Renovate looks up: the first alias that fits is replaced."""
    for alias, registry in found.items():
        if image.startswith(f"{alias}/"):
            return f"{registry}/{image.removeprefix(f'{alias}/')}"
    return image


def test_each_backup_reference_leads_renovate_to_its_upstream() -> None:
    locked = lock("index.docker.io/library/nginx:1.23", "ghcr.io/acme/a/b:1", "registry.acme.io:8443/x/y:2")
    found = aliases(locked)
    backups = [entry.backup for entry in locked.images.values()]
    assert [resolved(backup, found) for backup in backups] == [
        "docker.io/library/nginx:1.23",
        "ghcr.io/acme/a/b:1",
        "registry.acme.io:8443/x/y:2",
    ]


def test_an_alias_that_hides_ours_is_told() -> None:
    assert hidden('{"registryAliases": {"localhost:5001": "x", "localhost:5001/ghcr_io": "ghcr.io"}}') == [
        ("localhost:5001/ghcr_io", "localhost:5001")
    ]
    assert hidden(with_aliases('{"registryAliases": {"localhost:5001": "x"}}', WANTED)) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".gitops-clone.lock").write_text(render(lock("index.docker.io/library/nginx:1.23", "ghcr.io/a/b:1")))
    (tmp_path / ".gitops-clone.toml").write_text("")
    return tmp_path


def run(folder: Path, *arguments: str, code: int = 0) -> Any:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITOPS_")}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "gitops_clone", "renovate", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    return done


def test_the_command_prints_the_aliases(folder: Path) -> None:
    assert json.loads(run(folder).stdout) == {"registryAliases": WANTED}


def test_the_command_writes_the_file_that_renovate_reads(folder: Path) -> None:
    (folder / ".github").mkdir()
    second, first = folder / ".renovaterc.json", folder / ".github" / "renovate.json5"
    first.write_bytes(b"\xef\xbb\xbf{\r\n  // ours\r\n}\r\n")
    second.write_text("{}")
    assert run(folder, "--write").stdout == ".github/renovate.json5: registryAliases written\n"
    assert second.read_text() == "{}"
    written = first.read_bytes()
    assert written.startswith(b'\xef\xbb\xbf{\r\n  // ours\r\n  "registryAliases": {\r\n')
    assert pyjson5.decode(written.decode("utf-8-sig")) == {"registryAliases": WANTED}
    assert run(folder, "--write").stdout == ".github/renovate.json5: up to date\n"
    assert first.read_bytes() == written


def test_no_configuration_is_told_with_the_names_that_would_do(folder: Path) -> None:
    (line,) = run(folder, "--write", code=2).stderr.splitlines()
    assert all(name in line for name in CONFIG_NAMES)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b'{\n"a": }', "renovate.json: line 2: a value was expected"), (b"\xff\xfe{\x00}\x00", "not UTF-8")],
)
def test_a_broken_configuration_is_left_alone(folder: Path, content: bytes, told: str) -> None:
    (folder / "renovate.json").write_bytes(content)
    (line,) = run(folder, "--write", code=2).stderr.splitlines()
    assert told in line
    assert (folder / "renovate.json").read_bytes() == content


def test_a_link_out_of_the_repository_is_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "renovate.json"
    outside.write_text("{}")
    (folder / "renovate.json").symlink_to(outside)
    assert "out of the repository" in run(folder, "--write", code=2).stderr
    assert outside.read_text() == "{}"


def test_without_a_lock_file_the_next_step_is_told(tmp_path: Path) -> None:
    (tmp_path / ".gitops-clone.toml").write_text("")
    assert "run `gitops-clone rewrite` first" in run(tmp_path, code=2).stderr


def test_an_alias_that_is_hidden_is_warned_of(folder: Path) -> None:
    text = json.dumps({"registryAliases": {"localhost:5001": "example.org", **WANTED}})
    (folder / "renovate.json").write_text(text)
    done = run(folder, "--write")
    assert "localhost:5001 comes before localhost:5001/ghcr_io and hides it" in done.stderr
