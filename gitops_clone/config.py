"""Settings: `.gitops-clone.toml` at the root, then `GITOPS_CLONE_*` variables, then options; the later one replaces.

A setting has one name everywhere, that of its long option. No message repeats a value, which may be a secret.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_clone.errors import UsageError
from gitops_clone.image import DOCKER_HUB, InvalidReference, is_registry, parse
from gitops_clone.naming import Pin

CONFIG_NAME = ".gitops-clone.toml"
FORGES = ("github", "gitlab", "gitea", "forgejo")

_PREFIX = "GITOPS_CLONE_"
_TESTS_ONLY = "GITOPS_CLONE_CORPUS"  # where our own tests find a corpus
_PLATFORM = r"[a-z0-9]+/[a-z0-9]+(?:/[a-z0-9.]+)?"
_DURATION = r"([0-9]+(?:\.[0-9]+)?)\s*([smh]?)"
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_LONGEST = 24 * 3600
_NO_BRANCH = r"[\s~^:?*\[\\]|\.\.|@\{|//|^[-/.]|[/.]$|\.lock(?:/|$)|/\.|^@$|^HEAD$"
_REMOTE = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_WEB_ADDRESS = r"https?://[A-Za-z0-9.\[\]:-]+(?:/[A-Za-z0-9._~/-]+)?"
_TOML_PLACE = r"(.*) \(at line ([0-9]+), column [0-9]+\)"


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for a run. Registries are `host[:port][/path]`, `timeout` is in seconds for one image."""

    backup_registry: str = "localhost:5001"
    push_registry: str | None = None
    platform: str | None = None
    pin: Pin = Pin.NEVER
    jobs: int = 8
    jobs_per_registry: int = 4
    timeout: float = 900.0
    retries: int = 3
    insecure_registry: tuple[str, ...] = ()
    authfile: str | None = None
    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ignore_namespace: tuple[str, ...] = ("kube-system", "registry", "local-path-storage")
    own: tuple[str, ...] = ()
    remote: str | None = None
    base: str | None = None
    branch: str = "gitops-clone/relocate"
    title: str | None = None
    commit_message: str | None = None
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
    forge: str | None = None
    forge_url: str | None = None


def load(root: Path, environ: Mapping[str, str], options: Mapping[str, object]) -> Settings:
    """Settings of a run at `root`. `options` has long option names, with dashes or underscores.

    An option that is None or empty is not given, nor is an empty variable; an option that is no setting is not looked
    at. Raises `UsageError` for unknown keys and variables, wrong types and values, and broken TOML.
    """
    values = {**_from_file(root / CONFIG_NAME), **_from_environment(environ), **_from_options(options)}
    return Settings(**{key.replace("-", "_"): value for key, value in values.items()})


def _from_file(path: Path) -> dict[str, Any]:
    if os.path.islink(path):
        raise UsageError(f"{path.name}: a symbolic link; replace it by a regular file")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise UsageError(f"{path.name}: not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path.name}: cannot be read: {error.strerror}") from None
    values = {}
    for key, value in _parse_toml(path.name, text).items():
        where = f"{path.name}:{_line_of(key, text)}"
        if key not in _CHECKS:
            raise UsageError(f"{where}: unknown key {key!r}; {_nearest(key, _CHECKS)}")
        if key in _NOT_IN_FILE:
            raise UsageError(f"{where}: {key}: cannot be set in a file that others propose; {_NOT_IN_FILE[key]}")
        values[key] = _checked(f"{where}: {key}", key, value)
    if "authfile" in values:
        values["authfile"] = str(path.parent / values["authfile"])
    return values


def _parse_toml(name: str, text: str) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.fullmatch(_TOML_PLACE, str(error), re.DOTALL)
        where, reason = (f"{name}:{match[2]}", match[1]) if match else (name, str(error))
        raise UsageError(f"{where}: not TOML: {reason}") from None
    except RecursionError:
        raise UsageError(f"{name}: nested too deeply; settings are single values and lists of texts") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {_PREFIX + key.upper().replace("-", "_"): key for key in _CHECKS}
    values = {}
    for variable in sorted(environ):
        if not variable.startswith(_PREFIX) or variable == _TESTS_ONLY:
            continue
        if variable not in known:
            raise UsageError(f"{variable}: unknown variable; {_nearest(variable, known)}")
        key, text = known[variable], environ[variable].strip()
        if text:
            value = _SEPARATORS[key].split(text.strip(", ")) if key in _LISTS else text
            values[key] = _checked(variable, key, value)
    return values


def _from_options(options: Mapping[str, object]) -> dict[str, Any]:
    given = {name.replace("_", "-"): value for name, value in options.items() if value not in (None, "", (), [])}
    return {key: _checked(f"--{key}", key, value) for key, value in given.items() if key in _CHECKS}


def _checked(where: str, key: str, value: object) -> Any:
    try:
        return _CHECKS[key](value)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"


def _line_of(key: str, text: str) -> int:
    """The line that sets a top-level key: the first that starts like `key =`, `key.x =` or `[key]`, quoted or not."""
    pattern = re.compile(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.split("\n"), 1) if pattern.match(line)), 1)


def _registry(value: object) -> str:
    text = _text(value).rstrip("/")
    if "://" in text:
        raise ValueError(f"must be host[:port][/path]; leave out {text.partition('://')[0]}://")
    if "@" in text:
        raise ValueError("must be host[:port][/path]; leave out what stands before or after the @")
    host, slash, path = text.partition("/")
    host = host.lower()
    if ":" in path:
        raise ValueError("must be host[:port][/path]; leave out the tag")
    if not is_registry(host):
        raise ValueError("must be host[:port][/path]")
    if "." not in host and ":" not in host and host != "localhost":
        raise ValueError("needs a host with a dot or a port, else it reads as a name on Docker Hub; add the port")
    registry = f"{host}{slash}{path}"
    try:
        reference = parse(f"{registry}/image")
    except InvalidReference:
        raise ValueError("must be host[:port][/path], the path in lower case") from None
    if reference.registry == DOCKER_HUB:
        raise ValueError("cannot be Docker Hub, which has no nested repositories")
    return registry


def _platform(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(_PLATFORM, text):
        raise ValueError("must be os/arch or os/arch/variant, like linux/amd64")
    return text


def _pin(value: object) -> Pin:
    try:
        return Pin(_text(value))
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Pin)}") from None


def _count(least: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"must be a whole number, {least} or more")
        return value

    return check


def _duration(value: object) -> float:
    if isinstance(value, str) and (match := re.fullmatch(_DURATION, value)):
        value = float(match[1]) * _SECONDS[match[2]]
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value) or not 0 < value <= _LONGEST:
        raise ValueError('must be a number of seconds, or a text like "90s", "15m" or "1h", up to 24 hours')
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("must be a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError("must be a list of texts")
    try:
        return tuple(_text(item) for item in items)
    except ValueError:
        raise ValueError("must be a list of texts") from None


def _names(value: object) -> tuple[str, ...]:
    """Names, which may be joined by commas, as `gh` and `glab` take them."""
    return tuple(name.strip() for text in _texts(value) for name in text.split(",") if name.strip())


def _branch(value: object) -> str:
    text = _text(value).removeprefix("refs/heads/")
    # The rules of git-check-ref-format(1), and no name that git would take for an option.
    if re.search(_NO_BRANCH, text):
        raise ValueError("is not a name that git takes for a branch")
    return text


def _remote(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(_REMOTE, text):
        raise ValueError("must be the name of a remote, as `git remote` lists them, not a URL")
    return text


def _flag(value: object) -> bool:
    flags = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(value, str):
        value = flags.get(value.lower())
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _forge(value: object) -> str:
    if value not in FORGES:
        raise ValueError(f"must be one of {', '.join(FORGES)}")
    return _text(value)


def _web_address(value: object) -> str:
    text = _text(value).rstrip("/")
    if not re.fullmatch(_WEB_ADDRESS, text):
        raise ValueError("must be a web address like https://git.example.org, without a user or password")
    return text


def _hosts(value: object) -> tuple[str, ...]:
    hosts = tuple(text.lower() for text in _texts(value))
    if not all(is_registry(host) for host in hosts):
        raise ValueError("must be a list of host[:port], without scheme and path")
    return hosts


_CHECKS: dict[str, Callable[[object], object]] = {
    "backup-registry": _registry,
    "push-registry": _registry,
    "platform": _platform,
    "pin": _pin,
    "jobs": _count(1),
    "jobs-per-registry": _count(1),
    "timeout": _duration,
    "retries": _count(0),
    "insecure-registry": _hosts,
    "authfile": _text,
    "exclude": _texts,
    "ignore": _texts,
    "ignore-namespace": _texts,
    "own": _texts,
    "remote": _remote,
    "base": _branch,
    "branch": _branch,
    "title": _text,
    "commit-message": _text,
    "labels": _names,
    "reviewers": _names,
    "draft": _flag,
    "forge": _forge,
    "forge-url": _web_address,
}
_LISTS = {key for key, check in _CHECKS.items() if check in (_texts, _hosts, _names)}
_SEPARATORS = {key: re.compile(r"," if _CHECKS[key] is _names else r"[,\s]+") for key in _LISTS}
_NOT_IN_FILE = {"forge-url": "a token goes there: use --forge-url or GITOPS_CLONE_FORGE_URL"}
