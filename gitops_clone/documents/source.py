"""The bytes of a file as text: encoding and byte order mark are kept, so that writing gives them back."""

from __future__ import annotations

import codecs
from dataclasses import dataclass


class Undecodable(ValueError):
    """The bytes are not text in an encoding that YAML allows; `line` is where (1-based)."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text as UTF-8 bytes without a byte order mark, and how the file itself encodes it."""

    utf8: bytes
    encoding: str = "utf-8"
    mark: bytes = b""

    def encode(self, utf8: bytes) -> bytes:
        """The file's bytes for another text in the same encoding."""
        body = utf8 if self.encoding == "utf-8" else utf8.decode().encode(self.encoding)
        return self.mark + body


# The first that fits wins: a UTF-32 mark begins with the one of UTF-16 (YAML 1.2.2, section 5.2).
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> Source:
    """Take a file's bytes apart. Raises `Undecodable`; the text of UTF-8 files is checked by `check`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if encoding == "utf-8":
                return Source(data[len(mark) :], encoding, mark)
            return Source(_transcode(data[len(mark) :], encoding), encoding, mark)
    return Source(data)


def check(source: Source) -> None:
    """Raise `Undecodable` where the text is not UTF-8."""
    try:
        source.utf8.decode()
    except UnicodeDecodeError as error:
        raise Undecodable("not UTF-8", source.utf8.count(b"\n", 0, error.start) + 1) from None


def _transcode(data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode()
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise Undecodable(f"not {encoding[:-3].upper()}, though its byte order mark says so", line) from None
