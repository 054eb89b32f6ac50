"""The inputs of the Action. action.yml hands each over as a variable `INPUT_NAME`, so that none passes a shell."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gitops_clone.errors import UsageError

# Inputs that are settings too: given, they win over the variables of the workflow and over the configuration file.
_SETTINGS = (
    "backup-registry",
    "push-registry",
    "platform",
    "pin",
    "exclude",
    "ignore",
    "base",
    "branch",
    "title",
    "commit-message",
    "labels",
    "reviewers",
    "draft",
)
_REWRITE_FLAGS = ("no-mirror", "update", "render")


class Mode(StrEnum):
    """What the Action does."""

    CHECK = "check"
    COMMIT = "commit"
    PULL_REQUEST = "pull-request"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the workflow asked for. `settings` are variables `GITOPS_CLONE_NAME`, `flags` options of `rewrite`."""

    mode: Mode
    paths: tuple[str, ...]
    directory: str
    all: bool
    strict: bool
    flags: tuple[str, ...]
    author: tuple[str, str]
    settings: Mapping[str, str]


def read(environ: Mapping[str, str]) -> Inputs:
    """The inputs. Raises `UsageError` that names the input and what it may be."""
    mode = _text(environ, "mode") or Mode.CHECK.value
    if mode not in list(Mode):
        raise UsageError(f"input mode: {mode!r} is none; it may be {', '.join(Mode)}")
    lines = [line.strip() for line in _text(environ, "paths").splitlines()]
    return Inputs(
        mode=Mode(mode),
        paths=tuple(line for line in lines if line) or (".",),
        directory=_text(environ, "working-directory") or ".",
        all=_flag(environ, "all"),
        strict=_flag(environ, "strict"),
        flags=tuple(f"--{name}" for name in _REWRITE_FLAGS if _flag(environ, name)),
        author=_author(_text(environ, "author")),
        settings=_settings(environ),
    )


def _settings(environ: Mapping[str, str]) -> dict[str, str]:
    given = {**_configuration(_text(environ, "config")), **{name: _text(environ, name) for name in _SETTINGS}}
    return {_variable("GITOPS_CLONE", name): value for name, value in given.items() if value}


def _configuration(text: str) -> dict[str, str]:
    """Further settings, written as in `.gitops-clone.toml`, as the texts that variables hold."""
    try:
        return {name: _as_variable(name, value) for name, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"input config: not TOML: {error}; it holds lines as in .gitops-clone.toml") from None


def _as_variable(name: str, value: object) -> str:
    if isinstance(value, list):
        items = [str(item) for item in value]
        if any(separator in item for item in items for separator in ", \t\n"):
            raise UsageError(f"input config: {name}: an item with a space or comma must stand in .gitops-clone.toml")
        return ",".join(items)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _author(text: str) -> tuple[str, str]:
    """Name and address of `Name <address>`, as git writes them."""
    name, opened, address = text.partition("<")
    if not (name.strip() and opened and address.endswith(">") and len(address) > 1 and text.isprintable()):
        raise UsageError("input author: must be of the form Name <address>")
    return name.strip(), address[:-1]


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = _text(environ, name).lower()
    if text not in ("", "true", "false"):
        raise UsageError(f"input {name}: must be true or false")
    return text == "true"


def _text(environ: Mapping[str, str], name: str) -> str:
    return environ.get(_variable("INPUT", name), "").strip()


def _variable(prefix: str, name: str) -> str:
    return f"{prefix}_{name.upper().replace('-', '_')}"
