"""A small web server that answers as a test says, remembers what it was asked, and fails where it is told to."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request. `query` has the last value of each field, `body` is JSON (None: there was none)."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    target: str

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass
class Fault:
    """What requests whose "METHOD /path" matches are answered instead, the first `times` times (None: always).

    `after`: the request is carried out all the same, and only its answer is lost.
    """

    pattern: str
    answer: Answer
    times: int | None = None
    after: bool = False


class WebServer:
    """Listens at `url` (http://127.0.0.1:PORT). `asked` has all requests, `answered` the status of each.

    With a `certificate` and its key, it speaks HTTPS.
    """

    def __init__(self, answer: Callable[[Asked], Answer], certificate: tuple[Path, Path] | None = None) -> None:
        self.answer = answer
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.answered: list[int] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.web = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, pattern: str, status: int, message: str = "", times: int | None = None, **headers: str) -> None:
        """Answer matching requests with an error, as all forges word it: `{"message": …}`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(pattern, Answer(status, {"message": message}, named), times))

    def count(self, pattern: str) -> int:
        return sum(re.search(pattern, str(asked)) is not None for asked in self.asked)

    def handle(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            for fault in self.faults:
                if fault.times != 0 and re.search(fault.pattern, str(asked)):
                    fault.times = None if fault.times is None else fault.times - 1
                    if fault.after:
                        self.answer(asked)
                    answer = fault.answer
                    break
            else:
                answer = self.answer(asked)
            self.answered.append(answer.status)
            return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    web: WebServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.web.handle(Asked(self.command, parts.path, query, headers, raw, self.path))
        data = answer.raw if answer.raw is not None else json.dumps(answer.body).encode()
        if answer.status == 204:
            data = b""
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test says what failed."""
