"""What the room knows of the git program: how it is started, and its refusals in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gitops_clone.errors import UsageError
from gitops_clone.repo.write import printable

# Set by git for its hooks, with paths that hold for another directory or index than the ones we are asked for.
LOCATION_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_PREFIX",
)
# So that git speaks English and never asks.
UNATTENDED = {"LC_ALL": "C.UTF-8", "LANGUAGE": "", "GIT_TERMINAL_PROMPT": "0"}

_URL_LOGIN = re.compile(r"(?<=://)[^/@\s']+@")


def is_installed() -> bool:
    return any(os.access(os.path.join(directory, "git"), os.X_OK) for directory in os.get_exec_path())


def environment(**more: str) -> Mapping[str, str]:
    """This process's environment for a git that looks for its repository itself, and is unattended."""
    kept = {name: value for name, value in os.environ.items() if name not in LOCATION_VARIABLES}
    return {**kept, **UNATTENDED, **more}


def start(
    root: Path, *arguments: str, environ: Mapping[str, str] | None = None, stdin: bytes = b""
) -> tuple[int, str, str]:
    """Run git in `root`; its exit code, output and errors.

    Where it fails, the credentials of `environ` are hidden in what it says: a server may have repeated them.
    """
    import subprocess  # late: it takes a third of the time that click does

    environ = environment() if environ is None else environ
    done = subprocess.run(["git", *arguments], cwd=root, env=environ, input=stdin, capture_output=True, check=False)
    output, errors = os.fsdecode(done.stdout), os.fsdecode(done.stderr)
    for secret in _secrets(environ) if done.returncode else ():
        output, errors = output.replace(secret, "***"), errors.replace(secret, "***")
    return done.returncode, output, errors


def run(
    root: Path,
    what: str,
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    answers: int = 0,
) -> str:
    """What git prints; `what` is for the message of the `UsageError` that is raised where it fails.

    An exit code up to `answers` is no failure but an answer.
    """
    status, output, errors = start(root, *arguments, environ=environ, stdin=stdin)
    if status not in range(answers + 1):
        raise refusal(root, what, errors)
    return output


def without_login(text: str) -> str:
    """The text without the user names and passwords of the URLs in it."""
    return _URL_LOGIN.sub("", text)


def refusal(root: Path, what: str, stderr: str) -> UsageError:
    """The one line for a git that failed at `what`, from what it printed."""
    if "who you are" in stderr or "ident name" in stderr or "auto-detect" in stderr:
        return UsageError(
            f"{printable(root)}: git cannot {what} without a name and an address; run: "
            'git config user.name "YOUR NAME" and git config user.email YOU@EXAMPLE.ORG'
        )
    if "dubious ownership" in stderr:
        return UsageError(
            f"{printable(root)}: git refuses a repository that belongs to another user; if you trust it, run: "
            f"git config --global --add safe.directory {printable(root)}"
        )
    lines = [line for line in stderr.splitlines() if line and not line.startswith(("hint:", "warning:"))]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (fatal or lines or ["it gives no reason"])[0].removeprefix("fatal: ").removeprefix("error: ")
    return UsageError(f"{printable(root)}: git cannot {what}: {printable(without_login(line))}")


def _secrets(environ: Mapping[str, str]) -> Iterator[str]:
    """The headers that log in, as they stand in git's configuration (`GIT_CONFIG_VALUE_n`), and their passwords."""
    from base64 import b64decode

    for value in environ.values():
        kind, _, credentials = value.partition("Authorization: Basic ")
        if not kind and credentials:
            yield credentials
            yield b64decode(credentials).decode().partition(":")[2]
