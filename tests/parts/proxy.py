"""A faulty HTTP proxy in front of a registry: for the faults that a healthy registry does not produce."""

from __future__ import annotations

import http.client
import itertools
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from tests.parts.registry import Registry

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Answer:
    """What a client gets: status, headers, body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Rule:
    """What happens to a request whose "METHOD /path" matches `pattern`, the first `times` times (None: always).

    `body`, if given, must be found in the request's body.

    The first of these that is given: `answer` instead of the registry's; `hang` until the proxy stops; `cut` the
    connection after that many bytes of the answer's body; `alter` the registry's answer; `alter_request` the body that
    it is sent. `delay` seconds come before any of them, and may stand alone.
    """

    pattern: str
    times: int | None = None
    body: bytes = b""
    answer: Answer | None = None
    hang: bool = False
    cut: int | None = None
    alter: Callable[[Answer], Answer] | None = None
    alter_request: Callable[[bytes], bytes] | None = None
    delay: float = 0.0


class Proxy:
    """Listens on `address` (host:port) in front of `registry`.

    `requests` lists what was asked, as "METHOD /path"; `connections` counts on how many connections.
    """

    def __init__(self, registry: Registry, *rules: Rule) -> None:
        self.registry = registry
        self.rules = list(rules)
        self.requests: list[str] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._steps: list[tuple[int, str]] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def count(self, pattern: str) -> int:
        """How many requests ("METHOD /path") matched so far."""
        return sum(re.search(pattern, request) is not None for request in list(self.requests))

    def most_at_once(self, pattern: str) -> int:
        """How many requests that match ("METHOD /path") were open together, at most."""
        steps = [step for step, request in list(self._steps) if re.search(pattern, request)]
        return max(itertools.accumulate(steps), default=0)

    def enter(self, request: str, body: bytes) -> Rule | None:
        """Note a request that begins, and use up the rule for it."""
        with self._lock:
            self.requests.append(request)
            self._steps.append((1, request))
            for rule in self.rules:
                if rule.times != 0 and re.search(rule.pattern, request) and rule.body in body:
                    if rule.times is not None:
                        rule.times -= 1
                    return rule
        return None

    def leave(self, request: str) -> None:
        with self._lock:
            self._steps.append((-1, request))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    proxy: Proxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    if TYPE_CHECKING:
        connection: socket.socket

    def setup(self) -> None:
        super().setup()
        self.server.proxy.connections += 1

    def handle_any(self) -> None:
        proxy = self.server.proxy
        body = self._read_body()
        request = f"{self.command} {self.path}"
        rule = proxy.enter(request, body) or Rule("")
        try:
            time.sleep(rule.delay)
            if rule.hang:
                proxy.stopping.wait()
                self.close_connection = True
                return
            if rule.alter_request:
                body = rule.alter_request(body)
            answer = rule.answer or self._forward(proxy.registry, body)
            self._send(rule.alter(answer) if rule.alter else answer, rule.cut)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            proxy.leave(request)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _forward(self, registry: Registry, body: bytes) -> Answer:
        upstream = http.client.HTTPConnection(registry.address, timeout=60)
        headers = {
            name: ", ".join(self.headers.get_all(name, [])) for name in self.headers if name.lower() not in _HOP_BY_HOP
        }
        try:
            upstream.request(self.command, self.path, body, headers | {"Host": self.headers["Host"]})
            response = upstream.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
            if self.command == "HEAD" and response.headers["Content-Length"]:
                kept["Content-Length"] = response.headers["Content-Length"]
            return Answer(response.status, kept, response.read())
        finally:
            upstream.close()

    def _send(self, answer: Answer, cut: int | None) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if cut is not None:
            self.wfile.write(answer.body[:cut])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test says what failed."""
