"""Settings: `.gitops-clone.toml` at the root, then `GITOPS_CLONE_*` variables, then options; the later one replaces.

A setting has one name everywhere, that of its long option. No message repeats a value, which may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_clone.errors import UsageError
from gitops_clone.finding import Certainty
from gitops_clone.naming import Pin

if TYPE_CHECKING:
    from gitops_clone.finders.catalogue import Row

CONFIG_NAME = ".gitops-clone.toml"
FORGES = ("github", "gitlab", "gitea", "forgejo")

_PREFIX = "GITOPS_CLONE_"
_TESTS_ONLY = "GITOPS_CLONE_CORPUS"  # where our own tests find a corpus
_ONLY_IN_FILE = "catalogue"
_NOT_IN_FILE = {"forge-url": "a token goes there: use --forge-url or GITOPS_CLONE_FORGE_URL"}
_TOML_PLACE = r"(.*) \(at line ([0-9]+), column [0-9]+\)"


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for a run. Registries are `host[:port][/path]`, `timeout` is in seconds for one image.

    `catalogue` are rows that the user adds to the one that is shipped.
    """

    backup_registry: str = "localhost:5001"
    push_registry: str | None = None
    platform: str | None = None
    pin: Pin = Pin.NEVER
    certainty: Certainty = Certainty.CERTAIN
    charts: bool = False
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
    anonymous_pull: bool = False
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
    catalogue: tuple[Row, ...] = ()


_KEYS = frozenset(name.replace("_", "-") for name in Settings.__dataclass_fields__)
_TEXT_KEYS = _KEYS - {_ONLY_IN_FILE}


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
    values: dict[str, Any] = {}
    for key, value in _parse_toml(path.name, text).items():
        where = f"{path.name}:{_line_of(key, text)}"
        if key not in _KEYS:
            raise UsageError(f"{where}: unknown key {key!r}; {nearest(key, _KEYS)}")
        if key in _NOT_IN_FILE:
            raise UsageError(f"{where}: {key}: cannot be set in a file that others propose; {_NOT_IN_FILE[key]}")
        is_rows = key == _ONLY_IN_FILE
        values[key] = _rows(path.name, text, value) if is_rows else _checked(f"{where}: {key}", key, value)
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
    known = {_PREFIX + key.upper().replace("-", "_"): key for key in _TEXT_KEYS}
    values = {}
    for variable in sorted(environ):
        if not variable.startswith(_PREFIX) or variable == _TESTS_ONLY:
            continue
        if variable not in known:
            raise UsageError(f"{variable}: unknown variable; {nearest(variable, known)}")
        key, text = known[variable], environ[variable].strip()
        if text:
            from gitops_clone.config_values import separated

            values[key] = _checked(variable, key, separated(key, text))
    return values


def _from_options(options: Mapping[str, object]) -> dict[str, Any]:
    given = {name.replace("_", "-"): value for name, value in options.items() if value not in (None, "", (), [])}
    return {key: _checked(f"--{key}", key, value) for key, value in given.items() if key in _TEXT_KEYS}


def _checked(where: str, key: str, value: object) -> Any:
    from gitops_clone.config_values import checked  # late: often nothing is set

    try:
        return checked(key, value)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None


def _rows(name: str, text: str, tables: object) -> tuple[Row, ...]:
    """The rows of the tables `[[catalogue]]`. Raises `UsageError` that names the line."""
    from gitops_clone.config_rows import WrongRow, rows

    try:
        return rows(tables)
    except WrongRow as error:
        heads = [number for number, line in enumerate(text.split("\n"), 1) if re.match(r"\s*\[\[\s*catalogue\b", line)]
        line = heads[error.number] if error.number < len(heads) else _line_of(_ONLY_IN_FILE, text)
        if error.key:
            line += _line_of(error.key, text.split("\n", line - 1)[-1]) - 1
        raise UsageError(f"{name}:{line}: catalogue: {error}") from None


def nearest(name: str, known: Iterable[str]) -> str:
    """Words for the known name that is most like one that is not known, or for all that are known."""
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"


def _line_of(key: str, text: str) -> int:
    """The line that sets a top-level key: the first that starts like `key =`, `key.x =` or `[key]`, quoted or not."""
    pattern = re.compile(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.split("\n"), 1) if pattern.match(line)), 1)
