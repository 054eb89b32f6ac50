"""Runs this project's Action as a runner of GitHub Actions does, from its action.yml: expressions, environment, files.

What a runner does is described in docs.github.com: "Metadata syntax", "Workflow commands", "Variables reference".
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{ *([a-z_.-]+) *\}\}")
_COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<properties>.*?))?::(?P<data>.*)", re.DOTALL)


@dataclass(frozen=True)
class Annotation:
    """A workflow command that shows a message; the properties as they are shown."""

    level: str
    message: str
    properties: Mapping[str, str]


@dataclass
class Job:
    """What a job has to show after its step with the Action; `written` names what its scripts have put out."""

    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    summary: str = ""

    @property
    def commands(self) -> list[Annotation]:
        """What the runner obeys: it looks for commands after white space, too."""
        found = (_COMMAND.fullmatch(line.strip()) for line in self.log.splitlines())
        return [_annotation(match) for match in found if match]

    def messages(self, level: str) -> list[str]:
        return [command.message for command in self.commands if command.level == level]


@dataclass(frozen=True)
class Runner:
    """A runner whose home, work folder and temporary folder are these. `environment` is that of the machine."""

    workspace: Path
    temp: Path
    environment: Mapping[str, str]
    token: str

    def use(self, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str] = {}) -> Job:
        """Run the Action's steps for an event, until one fails."""
        action = yaml.safe_load((SOURCE / "action.yml").read_text())
        known = {f"inputs.{name}": str(entry.get("default", "")) for name, entry in action["inputs"].items()}
        unknown = {f"inputs.{name}" for name in inputs} - set(known)
        assert not unknown, f"the Action has no {unknown}"
        known |= {"github.token": self.token}
        known |= {f"inputs.{name}": value for name, value in inputs.items()}
        known = {name: _evaluate(value, known) for name, value in known.items()}
        job = Job()
        files = self._files(payload)
        for step in action["runs"]["steps"]:
            outputs = self._step(step, event, files, known, job)
            job.written |= set(outputs)
            known |= {f"steps.{step['id']}.outputs.{name}": value for name, value in outputs.items() if "id" in step}
            if job.code != 0:
                break
        declared = {name: _evaluate(entry["value"], known) for name, entry in action["outputs"].items()}
        job.outputs = {name: value for name, value in declared.items() if value}
        job.summary = files["GITHUB_STEP_SUMMARY"].read_text()
        return job

    def _files(self, payload: Mapping[str, Any]) -> dict[str, Path]:
        files = {
            name: self.temp / name.lower() for name in ("GITHUB_EVENT_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        }
        for file in files.values():
            file.write_text("")
        files["GITHUB_EVENT_PATH"].write_text(json.dumps(payload))
        return files

    def _step(
        self, step: Mapping[str, Any], event: str, files: Mapping[str, Path], known: Mapping[str, str], job: Job
    ) -> dict[str, str]:
        assert step["shell"] == "bash", "the only shell that is known here"
        script = self.temp / "step.sh"
        script.write_text(_evaluate(step["run"], known))
        environment = {
            **self.environment,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(SOURCE),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            **{name: str(file) for name, file in files.items()},
            **{name: _evaluate(value, known) for name, value in step.get("env", {}).items()},
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        job.code = done.returncode
        job.log += done.stdout
        outputs = _outputs(files["GITHUB_OUTPUT"].read_text())
        files["GITHUB_OUTPUT"].write_text("")
        return outputs


def _evaluate(text: str, known: Mapping[str, str]) -> str:
    """The text with its expressions evaluated; an output that is not set is empty."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        assert name in known or name.startswith("steps."), f"{name} is no input, and not known to a composite action"
        return known.get(name, "")

    return _EXPRESSION.sub(value, text)


def _outputs(text: str) -> dict[str, str]:
    """The outputs in a file of `name=value` and `name<<DELIMITER` entries."""
    outputs = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, mark, value = line.partition("<<")
        if mark:
            rows = []
            while (row := next(lines)) != value:
                rows.append(row)
            outputs[name] = "\n".join(rows)
        else:
            name, _, outputs[name] = line.partition("=")
    return outputs


def _annotation(match: re.Match[str]) -> Annotation:
    pairs = (pair.partition("=") for pair in (match["properties"] or "").split(",") if pair)
    return Annotation(match["name"], _shown(match["data"]), {name: _shown(value) for name, _, value in pairs})


def _shown(text: str) -> str:
    for escape, character in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text
