"""The Action's one step: what the inputs and the event ask for, as a run of the command line, and its outputs."""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import click

from gitops_clone.action import event, inputs
from gitops_clone.action.changed import changed_files, manifests_below
from gitops_clone.action.event import Event
from gitops_clone.action.inputs import Inputs, Mode
from gitops_clone.check import check
from gitops_clone.cli import options
from gitops_clone.cli.main import cli
from gitops_clone.errors import GitopsCloneError, UsageError
from gitops_clone.repo.files import find_root
from gitops_clone.report.gfm import code as code_span

_OPTIONS = {Mode.COMMIT: "--push", Mode.PULL_REQUEST: "--pull-request"}


@dataclass(frozen=True, slots=True)
class Reports:
    """The folder for the files that a run leaves to the steps after it, and to the job's summary."""

    folder: Path

    @property
    def files(self) -> list[tuple[str, Path]]:
        """Each format with its file."""
        names = {"json": "report.json", "sarif": "report.sarif", "markdown": "summary.md"}
        return [(form, self.folder / name) for form, name in names.items()]

    @property
    def options(self) -> list[str]:
        return [f"--report={form}={path}" for form, path in self.files]

    def path(self, form: str) -> Path:
        return dict(self.files)[form]


def main(environ: MutableMapping[str, str]) -> int:
    """Run the Action in this environment, which also says where outputs and summary go; returns the exit code."""
    reports = Reports(Path(environ.get("RUNNER_TEMP") or gettempdir()) / "gitops-clone")
    reports.folder.mkdir(parents=True, exist_ok=True)
    for _, file in reports.files:
        file.unlink(missing_ok=True)  # of another use in the same job
    try:
        code = _run(environ, reports)
    except click.ClickException as error:
        code = _fail(environ, error.format_message(), 2)
    except GitopsCloneError as error:
        code = _fail(environ, str(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _fail(environ, "stopped", 130)
    _write_outputs(environ, code, reports)
    return code


def _run(environ: MutableMapping[str, str], reports: Reports) -> int:
    asked, started = inputs.read(environ), event.read(environ)
    environ.update(asked.settings)
    environ.update(_identity(*asked.author))
    if not Path(asked.directory).is_dir():
        raise UsageError(f"input working-directory: {asked.directory!r} is no folder; check the repository out before")
    os.chdir(asked.directory)
    given = _allowed(asked, started)
    if given.mode is not asked.mode:
        _tell(environ, f"Nothing is copied, committed or pushed, only checked: {started.distrust}.")
    paths = _paths(given, started, environ)
    if not paths:
        return _check_nothing(reports)
    arguments = [*_command(given), "--format=github", *reports.options, "--", *paths]
    code: int = cli.main(arguments, "gitops-clone", standalone_mode=False)
    return code


def _identity(name: str, address: str) -> dict[str, str]:
    """What git takes for the author of a commit: a runner knows none."""
    return {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", address))
    }


def _allowed(asked: Inputs, started: Event) -> Inputs:
    """The inputs with the mode that the event allows."""
    if started.distrust:
        return replace(asked, mode=Mode.CHECK)
    if asked.mode is Mode.PULL_REQUEST and started.pull_request:
        raise UsageError("mode pull-request is for push and schedule; in a pull request, use mode check or commit")
    return asked


def _command(given: Inputs) -> list[str]:
    if given.mode is Mode.CHECK:
        return ["check", *(["--strict"] if given.strict else [])]
    return ["rewrite", _OPTIONS[given.mode], *given.flags]


def _paths(given: Inputs, started: Event, environ: Mapping[str, str]) -> Sequence[str]:
    """The paths of the run. In a pull request only the files that it changes, unless all are asked for."""
    top = find_root(Path()).path
    if given.all or started.pull_request is None:
        return given.paths
    changed = changed_files(top, started.pull_request, environ)
    if changed is None:
        return given.paths
    return [os.path.relpath(top / name) for name in manifests_below(top, changed, given.paths)]


def _check_nothing(reports: Reports) -> int:
    """The reports of a pull request that changes no manifest."""
    result = check(options.workspace((), {}, list_paths=False))
    return options.finish(result, "github", {"reports": reports.files, "color": "never", "verbose": False})


def _write_outputs(environ: Mapping[str, str], code: int, reports: Reports) -> None:
    """The outputs that action.yml declares, and the job's summary."""
    outputs = {"exit-code": str(code), "changed": "false"}
    if reports.path("json").exists():
        outputs |= _outputs(json.loads(reports.path("json").read_bytes()))
        outputs |= {"json-report": str(reports.path("json")), "sarif-report": str(reports.path("sarif"))}
        _append(environ, "GITHUB_STEP_SUMMARY", reports.path("markdown").read_text("utf-8"))
    for name, value in outputs.items():
        # A delimiter that nobody knows beforehand: no value can end itself and set another output.
        mark = secrets.token_hex(16)
        _append(environ, "GITHUB_OUTPUT", f"{name}<<{mark}\n{value}\n{mark}\n")


def _outputs(report: dict[str, Any]) -> dict[str, str]:
    """The outputs from the JSON report (report/json.py)."""
    states = Counter(finding["state"] for finding in report["findings"])
    pushed, pull_request = report["pushed"] or {}, report["pull_request"] or {}
    counts = {
        "findings": len(report["findings"]),
        "not-backed-up": len(report["not_backed_up"]),
        "copied": len(report["copied"]),
        "failed": len(report["failed"]),
        "rewritten": sum(len(item["places"]) for item in report["rewritten"]),
        "ignored": states["ignored"],
        "unresolved": states["unresolved"],
    }
    return {
        "changed": "true" if pushed else "false",
        **{name: str(number) for name, number in counts.items()},
        "commit": pushed.get("sha") or "",
        "pull-request-number": str(pull_request.get("number", "")),
        "pull-request-url": pull_request.get("url", ""),
        "pull-request-action": pull_request.get("action") or "",
    }


def _tell(environ: Mapping[str, str], text: str) -> None:
    """A note on the run, in its annotations and its summary."""
    print(f"::notice title=gitops-clone::{_escaped(text)}", flush=True)  # noqa: T201 (a command to the runner)
    _append(environ, "GITHUB_STEP_SUMMARY", f"> {text}\n\n")


def _fail(environ: Mapping[str, str], text: str, code: int) -> int:
    print(f"::error title=gitops-clone::{_escaped(text)}", flush=True)  # noqa: T201 (a command to the runner)
    _append(environ, "GITHUB_STEP_SUMMARY", f"### gitops-clone: failed\n\n{code_span(text)}\n")
    return code


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _append(environ: Mapping[str, str], variable: str, text: str) -> None:
    """Add to one of the runner's files; there is none where no runner is."""
    if file := environ.get(variable):
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(text)
