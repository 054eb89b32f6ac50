"""Prism: serves a forge's own description of its API, and judges every request by it.

Installed by npm, once, into a cache folder. It answers with the description's examples, keeps no state, and tells in
a header where a request does not fit the description.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.parts.tools import end, tool
from tests.parts.web import Answer, Asked, WebServer

_PACKAGES = {"@stoplight/prism-cli": "5.16.0", "@octokit/openapi": "23.0.2"}
_PASSED_ON = ("accept", "authorization", "content-type", "user-agent")
_START = 120  # seconds


def folder() -> Path:
    """Where the packages are, installed if they are not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitops-clone-tests"
    place = cache / "-".join(["prism", *_PACKAGES.values()])
    place.mkdir(parents=True, exist_ok=True)
    with (cache / "prism.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            wanted = [f"{name}@{version}" for name, version in _PACKAGES.items()]
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(place)]
            done = subprocess.run([tool("npm"), "install", *options, *wanted], capture_output=True, text=True)
            if done.returncode != 0:
                end(f"the tests need Prism: npm install failed: {done.stderr.strip()[-300:]}")
            (place / "complete").touch()
    return place


def github_description() -> Path:
    return folder() / "node_modules/@octokit/openapi/generated/api.github.com.json"


class Prism:
    """A web server in front of Prism, for one API; `violations` lists how requests broke the description."""

    def __init__(self, port: int, prefix: str) -> None:
        self.violations: list[str] = []
        self._port = port
        self._prefix = prefix
        self.web = WebServer(self._forward)

    def _forward(self, asked: Asked) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {name: value for name, value in asked.headers.items() if name in _PASSED_ON}
        connection.request(asked.method, asked.target.removeprefix(self._prefix), asked.raw or None, headers)
        response = connection.getresponse()
        raw = response.read()
        connection.close()
        found = json.loads(response.headers.get("sl-violations") or "[]")
        self.violations += [f"{asked}: {each}" for each in found if each["location"][0] == "request"]
        if response.status >= 400:
            self.violations.append(f"{asked}: {response.status} {raw.decode()}")
        # The examples name the forge's own host, which is this one here.
        raw = raw.replace(b"https://api.github.com", f"{self.web.url}{self._prefix}".encode())
        return Answer(response.status, raw=raw, headers={"Content-Type": response.headers["content-type"]})


_USED = re.compile(r"/repos/\{owner\}/\{repo\}/(?:pulls|issues/\{\w+\}|labels)(?:/|$)")


@contextmanager
def serve(description: Path, place: Path) -> Iterator[int]:
    """Run Prism on a free loopback port; the port, once it answers. `place` is a folder for its files.

    It is given what the description says of pull requests: all of GitHub's API takes it half a minute to read.
    """
    description = _extract(description, place)
    log = place / "log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = folder() / "node_modules/.bin/prism"
    command = [tool("node"), str(program), "mock", "-h", "127.0.0.1", "-p", str(port), str(description)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait()


def _extract(description: Path, place: Path) -> Path:
    """The part of a description that is about pull requests, with all that it refers to."""
    whole: dict[str, Any] = json.loads(description.read_text())
    shared = ("components", "definitions", "parameters", "responses")
    part = {key: value for key, value in whole.items() if key not in shared}
    part["paths"] = {path: rules for path, rules in whole["paths"].items() if _USED.match(path)}
    pending, seen = [json.dumps(part)], set[str]()
    while pending:
        for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', pending.pop())) - seen:
            seen.add(reference)
            *parents, name = reference.split("/")
            source, copy = whole, part
            for parent in parents:
                source, copy = source[parent], copy.setdefault(parent, {})
            copy[name] = source[name]
            pending.append(json.dumps(source[name]))
    path = place / description.name
    path.write_text(json.dumps(part))
    return path


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    end(f"Prism does not start: {log.read_text()[-500:]}")
