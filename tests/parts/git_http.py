"""Git repositories over HTTP, as git's own CGI program serves them: git-http-backend(1)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.parts.web import Answer, Asked


def answer(asked: Asked, folder: Path, user: str = "") -> Answer:
    """The answer to one request for a repository below a folder; a `user` may push."""
    variables = {
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": asked.headers.get("git-protocol", ""),
        "PATH": os.environ["PATH"],
        "PATH_INFO": asked.path,
        "QUERY_STRING": asked.target.partition("?")[2],
        "REQUEST_METHOD": asked.method,
        "CONTENT_TYPE": asked.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(asked.raw)),
        "HTTP_CONTENT_ENCODING": asked.headers.get("content-encoding", ""),
        **({"REMOTE_USER": user} if user else {}),
    }
    done = subprocess.run(["git", "http-backend"], env=variables, input=asked.raw, capture_output=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return Answer(int(headers.pop("Status", "200").split()[0]), headers=headers, raw=body)
