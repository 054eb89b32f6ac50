"""The user's own kustomize, kubectl and helm, run on the files of strangers.

They get a fresh HOME (so no plugins, repositories or log-ins), of the environment only PATH, and no option that lets
manifests run programs. Without `network`, whatever they would fetch fails at once.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp

from gitops_clone.errors import UsageError

LIMIT = 120.0
"""Seconds that one program may take."""
_MOST = 64 << 20
_LONGEST = 300


class Program(StrEnum):
    """What renders; kubectl serves for kustomize."""

    KUSTOMIZE = "kustomize"
    HELM = "helm"


_INSTALL = {
    Program.KUSTOMIZE: (
        "neither kustomize nor kubectl is installed, and there is a kustomization to render: see "
        "https://kubectl.docs.kubernetes.io/installation/kustomize/, or `brew install kustomize`"
    ),
    Program.HELM: (
        "helm is not installed, and there is a chart to render: see https://helm.sh/docs/intro/install/, "
        "or `brew install helm`"
    ),
}
_NOWHERE = "http://127.0.0.1:9"
_OFFLINE = {"HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE, "NO_PROXY": "", "GIT_ALLOW_PROTOCOL": "none"}
_ONLINE = {"GIT_ALLOW_PROTOCOL": "https"}
_OF_THE_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO")
_DOES = {"pull": "fetch the chart", "repo": "fetch the index of the repository"}
_ERROR = re.compile(r"^(?:error|fatal): *", re.IGNORECASE | re.MULTILINE)
# Why `helm repo update` fails is not among its errors.
_INDEX = re.compile(rb"Unable to get an update from [^\n]*:\n\s*([^\n]+)")


@dataclass(frozen=True, slots=True)
class Refused:
    """A tool did not render; `reason` is what it says, on one line."""

    reason: str


class Tools:
    """The programs of this machine that render, at work below `scratch`. Safe to use from several threads."""

    def __init__(self, scratch: Path, *, network: bool = False, limit: float = LIMIT) -> None:
        self.network = network
        self._commands = {Program.KUSTOMIZE: _kustomize(), Program.HELM: _helm()}
        self._limit = limit
        self._scratch = scratch / "work"
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._killed = False
        self._environment = _environment(scratch, network)
        self._scratch.mkdir(parents=True, exist_ok=True)

    def require(self, program: Program) -> None:
        """Raise `UsageError`, which says how to install it, if a program is missing."""
        if self._commands[program] is None:
            raise UsageError(_INSTALL[program])

    def has(self, program: Program) -> bool:
        return self._commands[program] is not None

    def folder(self) -> Path:
        """A new, empty folder below the scratch folder; its path is not told in reasons."""
        return Path(mkdtemp(dir=self._scratch))

    def kustomize(self, root: Path, folder: Path) -> str | Refused:
        """What kustomize builds of a folder of the tree at `root`, or of a copy of it, as YAML."""
        return self._run(Program.KUSTOMIZE, [str(folder)], root)

    def helm(self, root: Path, *words: str, environment: Mapping[str, str] | None = None) -> str | Refused:
        """What helm prints; `environment` comes on top of the one that both tools get."""
        return self._run(Program.HELM, words, root, environment)

    def kill(self) -> None:
        """Kill every program that runs, and start no other."""
        with self._lock:
            self._killed = True
            for process in self._processes:
                _kill_group(process)

    def _run(
        self, program: Program, words: Sequence[str], root: Path, environment: Mapping[str, str] | None = None
    ) -> str | Refused:
        command = self._commands[program]
        if command is None:
            return Refused(f"{program} is not installed")
        with TemporaryFile() as errors:
            with self._lock:
                if self._killed:
                    return Refused("stopped")
                # A process group of its own: Ctrl-C on the terminal reaches it through us, with what it started.
                process = subprocess.Popen(
                    [*command, *words],
                    cwd=root,
                    env={**self._environment, **(environment or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    process_group=0,
                )
                self._processes.add(process)
            started = time.monotonic()
            output = self._output(process)
            if len(output) > _MOST:
                return Refused(f"it renders more than {_MOST >> 20} MB")
            if process.returncode < 0 and time.monotonic() - started >= self._limit:
                return Refused(f"it takes longer than {self._limit:.0f} s to {_DOES.get(words[0], 'render')}")
            if process.returncode != 0:
                errors.seek(0)
                of_index = _INDEX.search(output)
                said = of_index[1] if of_index else errors.read(1 << 16)
                return Refused(self._told(said.decode("utf-8", "replace"), root))
        try:
            return output.decode()
        except UnicodeDecodeError:
            return Refused("what it renders is not UTF-8")

    def _output(self, process: subprocess.Popen[bytes]) -> bytes:
        """What a process prints until it ends, or is killed for taking too long or printing too much."""
        assert process.stdout is not None
        timer = threading.Timer(self._limit, _kill_group, [process])
        timer.start()
        try:
            with process.stdout as stream:
                output = stream.read(_MOST + 1)
            if len(output) > _MOST:
                _kill_group(process)
            process.wait()
        finally:
            timer.cancel()
            with self._lock:
                self._processes.discard(process)
        return output

    def _told(self, errors: str, root: Path) -> str:
        """What a tool says of its failure, on one line, with names relative to the root."""
        if "--enable-helm" in errors:
            return "it inflates helmCharts, which kustomize does only with --enable-helm"
        found = _ERROR.search(errors)
        text = " ".join(errors[found.end() if found else 0 :].split())
        for place in (rf"{re.escape(str(self._scratch))}/[^/\s'\"]+", re.escape(str(root))):
            text = re.sub(rf"{place}(?:/|(?![\w.-]))", lambda match: "" if match[0].endswith("/") else ".", text)
        return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") or "it fails, and says nothing"


def _kustomize() -> tuple[str, ...] | None:
    if program := shutil.which("kustomize"):
        return (program, "build")
    program = shutil.which("kubectl")
    return (program, "kustomize") if program else None


def _helm() -> tuple[str, ...] | None:
    program = shutil.which("helm")
    return (program,) if program else None


def _environment(scratch: Path, network: bool) -> dict[str, str]:
    folders = {"HOME": scratch / "home", "TMPDIR": scratch / "tmp"}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    known = {name: os.environ[name] for name in _OF_THE_NETWORK if network and name in os.environ}
    known |= _ONLINE if network else _OFFLINE
    return {
        **known,
        **{name: str(folder) for name, folder in folders.items()},
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "KUBECONFIG": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
