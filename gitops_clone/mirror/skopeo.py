"""Running skopeo: its command lines, its processes.

Command lines are built from parsed references and from settings only. Log-ins reach skopeo by its own ways: the
environment, the docker configuration, credential helpers, or the path of an authfile.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

from gitops_clone.errors import UsageError
from gitops_clone.image import DOCKER_HUB, Reference
from gitops_clone.mirror.model import MirrorSettings
from gitops_clone.mirror.problem import Kind, Problem, explain

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_INSTALL = (
    "skopeo is not installed; it does the copying: `apt-get install skopeo`, `dnf install skopeo`, "
    "`brew install skopeo`, or see https://github.com/containers/skopeo/blob/main/install.md"
)
_STOPPED = Problem(Kind.FINAL, "stopped")


class Skopeo:
    """The skopeo of this machine, with the settings of one run. Safe to use from several threads.

    Raises `UsageError` if it is not installed, or if the settings name a malformed platform.
    """

    def __init__(self, settings: MirrorSettings) -> None:
        program = shutil.which("skopeo")
        if program is None:
            raise UsageError(_INSTALL)
        self._program = program
        self._settings = settings
        self._platform = _platform_options(settings.platform)
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._killed = False

    def copy(self, source: Reference, destination: Reference, deadline: float) -> str | Problem:
        """Copy and return the digest of what was pushed.

        All platforms, or the one of the settings; a source by digest always with all that it has. `deadline` is on
        the clock of `time.monotonic`.
        """
        everything = source.digest is not None or not self._platform
        argv = [
            *([] if everything else self._platform),
            "copy",
            "--quiet",
            *(["--all"] if everything else []),
            "--preserve-digests",
            "--digestfile=/dev/stdout",  # all that --quiet leaves there
            *self._connection_options(source, "src-"),
            *self._connection_options(destination, "dest-"),
            *self._authfile_option(),
            _transport_name(source),
            _transport_name(destination),
        ]
        output = self._run(argv, deadline)
        if isinstance(output, Problem):
            return output
        digest = output.stdout.decode("ascii", "replace").strip()
        if output.returncode != 0 or not _DIGEST.fullmatch(digest):
            return explain(_text(output), upstream=registry_host(source), backup=registry_host(destination))
        return digest

    def manifest(self, reference: Reference, deadline: float, *, backup: bool = False) -> bytes | Problem:
        """The manifest behind a reference, or the index for several platforms, exactly as the registry serves it.

        `backup` tells whether a problem is the backup registry's or the upstream's.
        """
        return self._inspect("--raw", reference, deadline, backup=backup)

    def configuration(self, reference: Reference, deadline: float) -> bytes | Problem:
        """The configuration of an image for one platform on the backup registry: JSON."""
        return self._inspect("--config", reference, deadline, backup=True)

    def _inspect(self, what: str, reference: Reference, deadline: float, *, backup: bool) -> bytes | Problem:
        argv = ["inspect", what, *self._connection_options(reference, ""), *self._authfile_option()]
        output = self._run([*argv, _transport_name(reference)], deadline)
        if isinstance(output, Problem):
            return output
        if output.returncode != 0:
            host = registry_host(reference)
            return explain(_text(output), backup=host) if backup else explain(_text(output), upstream=host)
        return output.stdout

    def kill(self) -> None:
        """Kill every skopeo that runs, and start no other."""
        with self._lock:
            self._killed = True
            for process in self._processes:
                _kill_group(process)

    def _run(self, argv: Sequence[str], deadline: float) -> subprocess.CompletedProcess[bytes] | Problem:
        with self._lock:
            if self._killed:
                return _STOPPED
            # A process group of its own: Ctrl-C on the terminal reaches it through us, with its credential helpers.
            process = subprocess.Popen(
                [self._program, *argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
            self._processes.add(process)
        try:
            out, err = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _kill_group(process)
            process.communicate()
            return Problem(Kind.FINAL, f"timed out after {_duration(self._settings.timeout)}")
        finally:
            with self._lock:
                self._processes.discard(process)
        return _STOPPED if self._killed else subprocess.CompletedProcess(argv, process.returncode, out, err)

    def _connection_options(self, reference: Reference, side: str) -> list[str]:
        # Without the flag skopeo verifies TLS, unless the user's own registries.conf says otherwise.
        return [f"--{side}tls-verify=false"] if may_be_insecure(reference.registry, self._settings) else []

    def _authfile_option(self) -> list[str]:
        return [f"--authfile={self._settings.authfile}"] if self._settings.authfile else []


def may_be_insecure(registry: str, settings: MirrorSettings) -> bool:
    """Whether a registry may speak plain HTTP: on loopback, as Docker has it, or named by the user."""
    return registry in settings.insecure or is_loopback(registry)


def is_loopback(registry: str) -> bool:
    """Whether a registry (`host[:port]`) is `localhost`, in 127.0.0.0/8, or `[::1]`."""
    host = registry[1:].partition("]")[0] if registry.startswith("[") else registry.partition(":")[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def registry_host(reference: Reference) -> str:
    """The registry as skopeo names it."""
    return "docker.io" if reference.registry == DOCKER_HUB else reference.registry


def _transport_name(reference: Reference) -> str:
    # skopeo refuses a reference with both tag and digest; the digest is what counts.
    version = f"@{reference.digest}" if reference.digest else f":{reference.tag}"
    return f"docker://{registry_host(reference)}/{reference.repository}{version}"


def _platform_options(platform: str | None) -> list[str]:
    if platform is None:
        return []
    parts = platform.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise UsageError(f"platform {platform!r}: write it as OS/ARCHITECTURE[/VARIANT], for example linux/arm64")
    names = ("--override-os", "--override-arch", "--override-variant")
    return [f"{name}={part}" for name, part in zip(names, parts, strict=False)]


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _text(output: subprocess.CompletedProcess[bytes]) -> str:
    if output.returncode < 0:
        return f"skopeo was ended by signal {-output.returncode}"
    return output.stderr.decode("utf-8", "replace")


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.3g} min" if seconds >= 60 else f"{seconds:.3g} s"
