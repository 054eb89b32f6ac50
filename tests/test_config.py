"""Settings from file, environment and options, and the line that a mistake in them gets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.config import CONFIG_NAME, Settings, load
from gitops_clone.errors import UsageError
from gitops_clone.naming import Pin

EVERYTHING = """\
backup-registry = "R.acme.io/mirror/"   # host in capitals, closing slash
push-registry = "localhost:5001"
platform = "linux/arm/v7"
pin = "digest"
jobs = 2
jobs-per-registry = 1
timeout = "15m"
retries = 0
insecure-registry = ["10.96.0.11:5001", "Harbor.local"]
authfile = "ci/auth.json"
exclude = ["vendor/**", "*.gen.yaml"]
ignore = "ghcr.io/acme/*"
ignore-namespace = []
own = ["r.acme.io/mirror/team/*"]
"""


def from_toml(root: Path, text: str) -> Settings:
    (root / CONFIG_NAME).write_text(text, encoding="utf-8")
    return load(root, {}, {})


def mistake(root: Path, text: str = "", environ: dict[str, str] | None = None, **options: object) -> str:
    (root / CONFIG_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load(root, environ or {}, options)
    message = str(error.value)
    assert len(message.splitlines()) == 1
    return message


def test_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, {"PATH": "/bin"}, {"pin": None, "exclude": (), "platform": ""})
    assert settings == Settings()
    assert settings.backup_registry == "localhost:5001"
    assert (settings.jobs, settings.jobs_per_registry, settings.timeout, settings.retries) == (8, 4, 900.0, 3)
    assert settings.pin is Pin.NEVER
    assert settings.ignore_namespace == ("kube-system", "registry", "local-path-storage")


def test_every_key(tmp_path: Path) -> None:
    assert from_toml(tmp_path, EVERYTHING) == Settings(
        backup_registry="r.acme.io/mirror",
        push_registry="localhost:5001",
        platform="linux/arm/v7",
        pin=Pin.DIGEST,
        jobs=2,
        jobs_per_registry=1,
        timeout=900.0,
        retries=0,
        insecure_registry=("10.96.0.11:5001", "harbor.local"),
        authfile=str(tmp_path / "ci/auth.json"),
        exclude=("vendor/**", "*.gen.yaml"),
        ignore=("ghcr.io/acme/*",),
        ignore_namespace=(),
        own=("r.acme.io/mirror/team/*",),
    )


def test_options_beat_variables_beat_the_file(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text('jobs = 1\nretries = 1\ntimeout = 1\nown = ["a"]\nexclude = ["a"]\n')
    environ = {"GITOPS_CLONE_RETRIES": "2", "GITOPS_CLONE_TIMEOUT": "2", "GITOPS_CLONE_OWN": "b"}
    settings = load(tmp_path, environ, {"timeout": 3, "own": ("c", "d")})
    assert (settings.jobs, settings.retries, settings.timeout) == (1, 2, 3.0)
    assert (settings.exclude, settings.own) == (("a",), ("c", "d"))


def test_the_environment(tmp_path: Path) -> None:
    environ = {
        "GITOPS_CLONE_BACKUP_REGISTRY": " 10.96.0.11:5001 ",
        "GITOPS_CLONE_PIN": "always",
        "GITOPS_CLONE_JOBS": "3",
        "GITOPS_CLONE_EXCLUDE": "a/**, b c\n\td,",
        "GITOPS_CLONE_IGNORE_NAMESPACE": "kube-system",
        "GITOPS_CLONE_PLATFORM": "",  # as a workflow sets what its input leaves open
        "GITOPS_CLONE_CORPUS": "/where/tests/find/it",
    }
    assert load(tmp_path, environ, {}) == Settings(
        backup_registry="10.96.0.11:5001",
        pin=Pin.ALWAYS,
        jobs=3,
        exclude=("a/**", "b", "c", "d"),
        ignore_namespace=("kube-system",),
    )


def test_options_by_either_name_and_those_that_are_no_settings(tmp_path: Path) -> None:
    options = {"backup_registry": "r.acme.io", "push-registry": "localhost:5001", "dry_run": True, "paths": ("a",)}
    settings = load(tmp_path, {}, options)
    assert (settings.backup_registry, settings.push_registry) == ("r.acme.io", "localhost:5001")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("0.5", 0.5), ('"90"', 90), ('"90s"', 90), ('"15m"', 900), ('"1.5 m"', 90), ('"1h"', 3600)],
)
def test_timeouts(tmp_path: Path, text: str, seconds: float) -> None:
    assert from_toml(tmp_path, f"timeout = {text}").timeout == seconds


@pytest.mark.parametrize(
    "registry",
    ["localhost", "localhost:5001", "r.acme.io", "harbor:5000/a/b", "eu-docker.pkg.dev/acme/mirror", "[::1]:5001"],
)
def test_registries(tmp_path: Path, registry: str) -> None:
    assert load(tmp_path, {}, {"backup_registry": registry}).backup_registry == registry


@pytest.mark.parametrize(
    ("registry", "remedy"),
    [
        ("https://r.acme.io", "leave out https://"),
        ("docker://r.acme.io", "leave out docker://"),
        ("user:secret@r.acme.io", "leave out"),
        ("r.acme.io/mirror:latest", "leave out the tag"),
        ("r.acme.io/Mirror", "the path in lower case"),
        ("r.acme.io//mirror", "must be host[:port][/path]"),
        ("r.acme.io/" + "a" * 300, "must be host[:port][/path]"),
        ("harbor", "add the port"),
        ("harbor/mirror", "add the port"),
        ("a_b.acme.io", "must be host[:port][/path]"),
        ("--help", "must be host[:port][/path]"),
        ("r.acme.io\n", "must be a text"),
        ("docker.io/acme", "cannot be Docker Hub"),
        ("index.docker.io/acme", "cannot be Docker Hub"),
    ],
)
def test_what_is_no_registry(tmp_path: Path, registry: str, remedy: str) -> None:
    message = mistake(tmp_path, backup_registry=registry)
    assert message.startswith("--backup-registry: ")
    assert remedy in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("jobs = 0", "jobs: must be a whole number, 1 or more"),
        ('jobs = "many"', "jobs: must be a whole number, 1 or more"),
        ("jobs = true", "jobs: must be a whole number, 1 or more"),
        ("jobs = 1.5", "jobs: must be a whole number, 1 or more"),
        ("jobs-per-registry = -1", "jobs-per-registry: must be a whole number, 1 or more"),
        ("retries = -1", "retries: must be a whole number, 0 or more"),
        ('pin = "sometimes"', "pin: must be one of never, digest, always"),
        ("pin = true", "pin: must be one of never, digest, always"),
        ('certainty = "sure"', "certainty: must be one of certain, likely, possible"),
        ("pin = []", "pin: must be one of never, digest, always"),
        ('platform = "amd64"', "platform: must be os/arch or os/arch/variant, like linux/amd64"),
        ('platform = "linux/amd64\\n"', "platform: must be a text"),
        ('platform = "--all/x"', "platform: must be os/arch"),
        ("timeout = 0", "timeout: must be a number of seconds"),
        ("timeout = nan", "timeout: must be a number of seconds"),
        ("timeout = inf", "timeout: must be a number of seconds"),
        ('timeout = "25h"', "timeout: must be a number of seconds"),
        ('timeout = "soon"', "timeout: must be a number of seconds"),
        ("exclude = 1", "exclude: must be a list of texts"),
        ('exclude = ["a", 1]', "exclude: must be a list of texts"),
        ('exclude = ["a", ""]', "exclude: must be a list of texts"),
        ("own = {a = 1}", "own: must be a list of texts"),
        ('insecure-registry = ["http://r.acme.io"]', "insecure-registry: must be a list of host[:port]"),
        ("authfile = 1", "authfile: must be a text"),
        ('backup-registry = ""', "backup-registry: must be a text"),
        ('backup-registri = "r.acme.io"', "unknown key 'backup-registri'; did you mean 'backup-registry'?"),
        ('backup_registry = "r.acme.io"', "unknown key 'backup_registry'; did you mean 'backup-registry'?"),
        ('"insecure-registries" = []', "unknown key 'insecure-registries'; did you mean 'insecure-registry'?"),
        ("[tool.gitops]\njobs = 1", "unknown key 'tool'; known are anonymous-pull, authfile, "),
        ('"\\u001b[2J" = 1', "unknown key '\\x1b[2J'"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, line: str, says: str) -> None:
    message = mistake(tmp_path, f"# settings\n\n{line}\n")
    where = 1 if "u001b" in line else 3  # the escaped spelling of a key is not searched for
    assert message.startswith(f"{CONFIG_NAME}:{where}: {says}")


def test_mistakes_in_the_environment(tmp_path: Path) -> None:
    assert mistake(tmp_path, environ={"GITOPS_CLONE_JOBS": "x"}) == (
        "GITOPS_CLONE_JOBS: must be a whole number, 1 or more"
    )
    assert mistake(tmp_path, environ={"GITOPS_CLONE_BACKUP_REGISTY": "x"}) == (
        "GITOPS_CLONE_BACKUP_REGISTY: unknown variable; did you mean 'GITOPS_CLONE_BACKUP_REGISTRY'?"
    )


def test_what_is_not_toml(tmp_path: Path) -> None:
    assert mistake(tmp_path, "jobs = 1\njobs 2\n").startswith(f"{CONFIG_NAME}:2: not TOML: ")
    assert mistake(tmp_path, "jobs = 1\njobs = 2\n").startswith(f"{CONFIG_NAME}:2: not TOML: ")
    assert mistake(tmp_path, 'own = ["a"').startswith(f"{CONFIG_NAME}: not TOML: ")
    assert mistake(tmp_path, "own = " + "[" * 100_000).startswith(f"{CONFIG_NAME}: nested too deeply")
    (tmp_path / CONFIG_NAME).write_bytes(b'own = "\xff"')
    with pytest.raises(UsageError, match="not UTF-8; save it as UTF-8"):
        load(tmp_path, {}, {})


def test_a_byte_order_mark_and_crlf_do_no_harm(tmp_path: Path) -> None:
    assert from_toml(tmp_path, "\ufeffjobs = 2\r\npin = 'digest'\r\n") == Settings(jobs=2, pin=Pin.DIGEST)


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).mkdir()
    with pytest.raises(UsageError, match=r"^\.gitops-clone\.toml: cannot be read: Is a directory$"):
        load(tmp_path, {}, {})


def test_without_a_file_no_toml_parser_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from gitops_clone import config; config.load(Path(sys.argv[1]), {}, {});"
        "print([name for name in ('tomllib', 'difflib') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(Settings.__dataclass_fields__)), VALUES))
def test_any_option_is_taken_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, options: dict[str, object]
) -> None:
    message = "--x: taken"
    try:
        load(tmp_path_factory.getbasetemp(), {}, options)
    except UsageError as error:
        message = str(error)
    assert message.startswith("--")
    assert len(message.splitlines()) == 1


def test_settings_of_pull_requests(tmp_path: Path) -> None:
    text = 'remote = "upstream"\nbase = "release/1.x"\n'
    text += 'labels = ["needs review", "images"]\ndraft = true\nforge = "forgejo"\n'
    settings = from_toml(tmp_path, text)
    assert (settings.remote, settings.base, settings.forge) == ("upstream", "release/1.x", "forgejo")
    assert (settings.labels, settings.draft, settings.branch) == (
        ("needs review", "images"),
        True,
        "gitops-clone/relocate",
    )
    environ = {
        "GITOPS_CLONE_LABELS": "a b, c",
        "GITOPS_CLONE_DRAFT": "false",
        "GITOPS_CLONE_FORGE_URL": "https://git.acme.io/",
    }
    settings = load(tmp_path, environ, {})
    assert (settings.labels, settings.draft, settings.forge_url) == (("a b", "c"), False, "https://git.acme.io")
    settings = load(tmp_path, environ, {"labels": ("d,e", "f"), "draft": True, "commit_message": "chore: images"})
    assert (settings.labels, settings.draft, settings.commit_message) == (("d", "e", "f"), True, "chore: images")
    assert load(tmp_path, {}, {"draft": None}).draft
    assert not load(tmp_path, {}, {"draft": False}).draft


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('branch = "-f"', "branch: is not a name that git takes for a branch"),
        ('branch = "a..b"', "branch: is not a name that git takes"),
        ('base = "a b"', "base: is not a name"),
        ('base = "x.lock"', "base: is not a name"),
        ('remote = "--upload-pack=x"', "remote: must be the name of a remote"),
        ('remote = "ext::sh -c x"', "remote: must be the name of a remote"),
        ('remote = "https://git.acme.io/x.git"', "not a URL"),
        ('draft = "maybe"', "draft: must be true or false"),
        ('forge = "bitbucket"', "forge: must be one of github, gitlab, gitea, forgejo"),
        ('forge-url = "https://git.acme.io"', "forge-url: cannot be set in a file that others propose"),
    ],
)
def test_wrong_settings_of_pull_requests(tmp_path: Path, text: str, said: str) -> None:
    assert said in mistake(tmp_path, text)


@pytest.mark.parametrize(
    "url", ["git.acme.io", "ssh://git.acme.io", "https://ada:s3cret@git.acme.io", "https://a.b/?x"]
)
def test_the_forges_address_is_one_of_the_web(tmp_path: Path, url: str) -> None:
    message = mistake(tmp_path, environ={"GITOPS_CLONE_FORGE_URL": url})
    assert "must be a web address" in message
    assert "s3cret" not in message
