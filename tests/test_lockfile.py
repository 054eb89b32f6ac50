"""The lock file: round trip, union merges made by git itself, and what strangers may put into it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gitops_clone.errors import UsageError
from gitops_clone.lock_writer import render, write
from gitops_clone.lockfile import LOCK_NAME, Entry, Lock, Spelling, place_key, read

DIGEST = "sha256:" + "ab" * 32
OTHER_DIGEST = "sha256:" + "cd" * 32
NGINX = "index.docker.io/library/nginx:1.23"
NGINX_BACKUP = "localhost:5001/index_docker_io/library/nginx:1.23"
REDIS = "index.docker.io/library/redis:7"
REDIS_BACKUP = "localhost:5001/index_docker_io/library/redis:7"
HEAD = "version: 1\nbackup-registry: localhost:5001\nimages:\n"
LINE = f'  "{NGINX}": {{"backup": "{NGINX_BACKUP}", "digest": "{DIGEST}", "written": ["nginx:1.23"]}}\n'
PLACE = "apps/a.yaml#0/spec/containers/0/image"


def lock(**images: Entry) -> Lock:
    names = {"nginx": NGINX, "redis": REDIS}
    return Lock("localhost:5001", {names[key]: entry for key, entry in images.items()})


def nginx(*written: Spelling | str, digest: str | None = DIGEST) -> Entry:
    spellings = tuple(Spelling(item) if isinstance(item, str) else item for item in written)
    return Entry(NGINX_BACKUP, digest, spellings)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / LOCK_NAME


def read_text(path: Path, text: str) -> Lock | None:
    path.write_bytes(text.encode())
    return read(path)


def refusal(path: Path, data: str | bytes) -> str:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(UsageError) as error:
        read(path)
    message = str(error.value)
    assert len(message.splitlines()) == 1
    return message


def test_what_is_on_disk() -> None:
    entries = lock(
        redis=Entry(REDIS_BACKUP, None),
        nginx=nginx("nginx:1.23", Spelling("docker.io/nginx:1.23", ("a.yaml#0/spec/containers/0/image",))),
    )
    assert render(entries) == (
        "version: 1\n"
        "backup-registry: localhost:5001\n"
        "images:\n"
        f'  "{NGINX}": {{"backup": "{NGINX_BACKUP}", "digest": "{DIGEST}", "written": '
        '["nginx:1.23", {"docker.io/nginx:1.23": ["a.yaml#0/spec/containers/0/image"]}]}\n'
        f'  "{REDIS}": {{"backup": "{REDIS_BACKUP}", "digest": null, "written": []}}\n'
    )


def test_place_key() -> None:
    assert place_key("a b.yaml", 2, "/spec/image") == "a b.yaml#2/spec/image"


def test_no_file(path: Path) -> None:
    assert read(path) is None


TEXTS = (
    st.text(min_size=1) | st.text(st.characters(), min_size=1) | st.sampled_from(["nginx:1.23", "\u2028", "😀", "\x85"])
)
SPELLINGS = st.lists(st.builds(Spelling, TEXTS, st.lists(TEXTS, max_size=3).map(tuple)), max_size=4).map(tuple)
REGISTRIES = st.sampled_from(["localhost:5001", "10.96.0.11:5001", "[::1]:5001", "r.acme.io/a/b", "0x1f.io", "1.5"])


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    registry = draw(REGISTRIES)
    images = {}
    for name in draw(st.lists(st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True), max_size=4)):
        tag = draw(st.sampled_from([":1", f"@{DIGEST}", f":1@{DIGEST}"]))
        digest = draw(st.none() | st.just(DIGEST))
        images[f"ghcr.io/{name}{tag}"] = Entry(f"{registry}/ghcr_io/{name}:1", digest, draw(SPELLINGS))
    return Lock(registry, images)


@settings(deadline=None)
@given(locks())
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, entries: Lock) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.lock"
    assert read_text(path, render(entries)) == entries


@settings(deadline=None)
@given(locks())
def test_a_yaml_parser_reads_the_same(entries: Lock) -> None:
    tree = YAML(typ="safe", pure=True).load(io.StringIO(render(entries)))
    assert tree["version"] == 1
    assert tree["backup-registry"] == entries.backup_registry
    assert {key: (value["backup"], value["digest"]) for key, value in tree["images"].items()} == {
        key: (entry.backup, entry.digest) for key, entry in entries.images.items()
    }
    assert {key: value["written"] for key, value in tree["images"].items()} == {
        key: [{item.text: list(item.places)} if item.places else item.text for item in entry.written]
        for key, entry in entries.images.items()
    }


@settings(deadline=None)
@given(locks(), st.randoms())
def test_order_of_the_lines_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, entries: Lock, random: Random
) -> None:
    lines = render(entries).splitlines(keepends=True)
    random.shuffle(lines)
    assert read_text(tmp_path_factory.getbasetemp() / "shuffled.lock", "".join(lines)) == entries


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text("[]{}\":,&*!<>|' \n#-0a?=~%@`").map(lambda text: f"{HEAD}  {text}".encode()))
def test_any_content_is_read_or_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.lock"
    path.write_bytes(data)
    message = "any.lock: read"
    try:
        read(path)
    except UsageError as error:
        message = str(error)
    assert message.startswith("any.lock")
    assert len(message.splitlines()) == 1


def test_an_edited_file_is_read_as_yaml(path: Path) -> None:
    text = (
        "\ufeff# our images\r\n---\r\n"
        "version: 1  # the format\r\n"
        "backup-registry: 'localhost:5001'\r\n"
        "images:  # one a line\r\n"
        "\r\n"
        "  # the web server\r\n"
        f"  {NGINX}: {{backup: '{NGINX_BACKUP}', digest: {DIGEST}, written: [nginx:1.23]}}  # pinned\r\n"
        f'  "{REDIS}":   {{"digest": ~, "backup": "{REDIS_BACKUP}"}}\r\n'
    )
    assert read_text(path, text) == lock(nginx=nginx("nginx:1.23"), redis=Entry(REDIS_BACKUP, None))


def test_our_own_file_is_read_without_a_yaml_parser(path: Path) -> None:
    path.write_text(HEAD + LINE)
    code = (
        "import sys; from pathlib import Path; from gitops_clone import lockfile; lockfile.read(Path(sys.argv[1]));"
        "print([name for name in sys.modules if 'yaml' in name])"
    )
    shown = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def git(folder: Path, *words: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *words]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **who, **nowhere})


def merge_in_git(folder: Path, base: Lock | None, ours: Lock, theirs: Lock) -> None:
    """Two branches write the lock file, the second is merged into the first as `.gitattributes` says."""
    path = folder / LOCK_NAME
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitattributes").write_text(f"{LOCK_NAME} merge=union\n")
    for branch, content in (("main", base), ("theirs", theirs), ("ours", ours)):
        if branch != "main":
            git(folder, "checkout", "-q", "-b", branch, "main")
        if content is not None:
            path.write_text(render(content))
        git(folder, "add", ".")
        git(folder, "commit", "-q", "--allow-empty", "-m", branch)
    git(folder, "merge", "-q", "--no-edit", "theirs")


@pytest.mark.parametrize("base", [None, lock(), lock(redis=Entry(REDIS_BACKUP, DIGEST, (Spelling("redis:7"),)))])
def test_union_merge_of_different_images(tmp_path: Path, path: Path, base: Lock | None) -> None:
    common = dict(base.images) if base else {}
    ours = Lock("localhost:5001", {**common, NGINX: nginx("nginx:1.23")})
    theirs = Lock("localhost:5001", {**common, "ghcr.io/a/b:1": Entry("localhost:5001/ghcr_io/a/b:1", None)})
    merge_in_git(tmp_path, base, ours, theirs)
    merged = read(path)
    assert merged == Lock("localhost:5001", {**ours.images, **theirs.images})
    write(path, merged)
    assert path.read_text() == render(merged)


def test_union_merge_of_two_spellings(tmp_path: Path, path: Path) -> None:
    elsewhere = Spelling("docker.io/nginx:1.23", (PLACE,))
    merge_in_git(tmp_path, lock(), lock(nginx=nginx("nginx:1.23")), lock(nginx=nginx("nginx:1.23", elsewhere)))
    assert read(path) == lock(nginx=nginx("nginx:1.23", elsewhere))


def test_union_merge_of_two_digests_is_refused(tmp_path: Path, path: Path) -> None:
    merge_in_git(tmp_path, lock(), lock(nginx=nginx("n:1")), lock(nginx=nginx("n:1", digest=OTHER_DIGEST)))
    with pytest.raises(UsageError, match=rf"^{LOCK_NAME}:5: another backup or digest than on line 4; delete one"):
        read(path)


def test_union_merge_of_two_backup_registries_is_refused(tmp_path: Path, path: Path) -> None:
    merge_in_git(tmp_path, None, lock(), Lock("r.acme.io", {}))
    with pytest.raises(UsageError, match=rf"^{LOCK_NAME}:\d: a second backup-registry, other than the first"):
        read(path)


def test_conflict_markers_are_named(tmp_path: Path, path: Path) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".git" / "info" / "attributes").write_text(f"{LOCK_NAME} merge=text\n")  # somebody's own setting
    with pytest.raises(subprocess.CalledProcessError):
        merge_in_git(tmp_path, lock(), lock(nginx=nginx("n:1")), lock(nginx=nginx("n:1", digest=OTHER_DIGEST)))
    with pytest.raises(
        UsageError, match=rf"^{LOCK_NAME}:\d: an unresolved merge conflict; keep the lines of both sides"
    ):
        read(path)


FIELDS = f'"backup": "{NGINX_BACKUP}", "digest": "{DIGEST}"'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "no `version` line; restore"),
        ("version: 1\n", 1, "no `backup-registry` line"),
        ("version: 2\n", 1, "upgrade"),
        (HEAD + "version: 2\n", 4, "upgrade"),
        ("version: 1\nbackup-registry: https://r.acme.io\n", 2, "not a registry"),
        ("version: 1\nbackup-registry: r.acme.io:tag/x\n", 2, "not a registry"),
        ("version: 1\nbackup-registry:\n", 2, "not a registry"),
        (HEAD + "changed: {}\n", 4, "neither version, backup-registry nor images"),
        (HEAD + '"a": 1\n', 4, "neither version"),
        ("version: 1\nbackup-registry: localhost:5001\nimages: {a: b}\n", 3, "each on a line of its own"),
        (HEAD + LINE[:-30] + "\n", 4, "neither JSON nor YAML; delete the line"),
        (HEAD + LINE + LINE[2:], 5, "neither version"),
        (HEAD + LINE.rstrip() + "," + LINE, 4, "neither JSON nor YAML"),
        (HEAD + f'  "{NGINX}":\n    "backup": "x"\n', 4, "an image has backup, digest and written"),
        (HEAD + "  - a\n", 4, "not one image"),
        (HEAD + f'  "{NGINX}": []\n', 4, "an image has backup, digest and written"),
        (HEAD + f'  "{NGINX}": {{"backup": "{NGINX_BACKUP}"}}\n', 4, "an image has backup, digest and written"),
        (HEAD + f'  "{NGINX}": {{{FIELDS}, "tag": "1"}}\n', 4, "nothing else"),
        (HEAD + f'  "nginx:1.23": {{{FIELDS}}}\n', 4, "no normalised image reference"),
        (HEAD + f'  "--help": {{{FIELDS}}}\n', 4, "no normalised image reference"),
        (HEAD + f"  7: {{{FIELDS}}}\n", 4, "no normalised image reference"),
        (HEAD + f'  "{NGINX}": {{"backup": "--all", "digest": null}}\n', 4, "the backup is no image reference"),
        (HEAD + f'  "{NGINX}": {{"backup": 1, "digest": null}}\n', 4, "the backup is no image reference"),
        (HEAD + f'  "{NGINX}": {{"backup": "{NGINX_BACKUP}@{DIGEST}", "digest": null}}\n', 4, "the backup is no image"),
        (HEAD + f'  "{NGINX}": {{"backup": "evil.io/nginx:1", "digest": null}}\n', 4, "not on the backup-registry"),
        (HEAD + f'  "{NGINX}": {{"backup": "{NGINX_BACKUP}", "digest": "sha256:ab"}}\n', 4, "the digest is not sha256"),
        (HEAD + f'  "{NGINX}": {{"backup": "{NGINX_BACKUP}", "digest": 0}}\n', 4, "the digest is not sha256"),
        (HEAD + f'  "{NGINX}": {{{FIELDS}, "written": "nginx"}}\n', 4, "`written` is not a list"),
        (HEAD + f'  "{NGINX}": {{{FIELDS}, "written": [1]}}\n', 4, "a spelling is a text"),
        (HEAD + f'  "{NGINX}": {{{FIELDS}, "written": [{{"a": "b"}}]}}\n', 4, "list of its places"),
        (HEAD + f'  "{NGINX}": {{{FIELDS}, "written": [{{"a": [1]}}]}}\n', 4, "list of its places"),
        (HEAD + f"  {NGINX}: &a {{{FIELDS}, written: [*a]}}\n", 4, "an alias or a tag"),
        (HEAD + f"  {NGINX}: !!python/name:os.system {{{FIELDS}}}\n", 4, "an alias or a tag"),
        (HEAD + f"  {NGINX}: {{{FIELDS}, written: {'[' * 100_000}\n", 4, "nested too deeply"),
        (HEAD + f'  "{NGINX}": {"[" * 100_000}{"]" * 100_000}\n', 4, "nested too deeply"),
        (HEAD + f"  {NGINX}: {{digest: 2001-99-99, backup: x}}\n", 4, "the backup is no image reference"),
        (HEAD + f"  {NGINX}: {{{{a: b}}: c}}\n", 4, "a key that stands twice, or is no text"),
        (HEAD + f"  {NGINX}: {{backup: a, backup: b}}\n", 4, "a key that stands twice"),
        (HEAD + '  a: "\\UFFFFFFFF"\n', 4, "neither JSON nor YAML"),
        (HEAD + f'  "{NGINX}": {"9" * 5000}\n', 4, ""),
    ],
    ids=lambda value: value[-40:] if isinstance(value, str) else None,
)
def test_broken_content_is_refused_with_its_line(path: Path, text: str, line: int, says: str) -> None:
    message = refusal(path, text)
    assert message.startswith(f"{LOCK_NAME}:{line}: ")
    assert says in message


def test_content_is_never_repeated(path: Path) -> None:
    assert "\x1b" not in refusal(path, HEAD + '  "\x1b[2Jsecret": {}\n')
    assert "secret" not in refusal(path, HEAD + "  secret\n")


def test_files_that_cannot_be_read(path: Path, tmp_path: Path) -> None:
    assert refusal(path, b"version: 1\n\xff") == f"{LOCK_NAME}: not UTF-8; restore it from git"
    path.unlink()
    (tmp_path / "elsewhere").write_text(HEAD)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="symbolic link"):
        read(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read(path)
