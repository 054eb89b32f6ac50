"""Bytes to text and back: encodings and byte order marks."""

from __future__ import annotations

import codecs

import pytest

from gitops_clone.documents.source import Undecodable, check, decode

TEXT = "a: größe 😀\r\nb: 2"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_text_is_utf8_without_mark_and_the_bytes_come_back(mark: bytes, encoding: str) -> None:
    data = mark + TEXT.encode(encoding)
    source = decode(data)
    assert source.utf8.decode() == TEXT
    assert source.encode(source.utf8) == data
    assert source.encode("c: ü".encode()) == mark + "c: ü".encode(encoding)
    check(source)


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        (b"a: 1\nb: \xff\n", "not UTF-8", 2),
        (b"a: 1\n\n\xc3", "not UTF-8", 3),
        (b"a: \xed\xa0\x80", "not UTF-8", 1),
        (codecs.BOM_UTF16_LE + "a\nb\n".encode("utf-16-le") + b"\x00\xd8", "not UTF-16", 3),
        (codecs.BOM_UTF16_BE + b"\x00", "not UTF-16", 1),
        (codecs.BOM_UTF32_LE + b"\xff\xff\xff\xff", "not UTF-32", 1),
    ],
)
def test_what_is_no_text_is_told_with_its_line(data: bytes, reason: str, line: int) -> None:
    with pytest.raises(Undecodable, match=reason) as caught:
        check(decode(data))
    assert caught.value.line == line
