"""Where documents begin, by bytes."""

from __future__ import annotations

import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.split import split


@pytest.mark.parametrize(
    ("data", "documents"),
    [
        (b"", [b""]),
        (b"a: 1", [b"a: 1"]),
        (b"a: 1\n---\nb: 2", [b"a: 1\n", b"---\nb: 2"]),
        (b"---\na: 1\n---\nb: 2\n", [b"---\na: 1\n", b"---\nb: 2\n"]),
        (b"# licence\n\n---\na: 1\n", [b"# licence\n\n---\na: 1\n"]),
        (b"\n \t\n---\na: 1\n", [b"\n \t\n---\na: 1\n"]),
        (b"---\n---\na: 1\n---", [b"---\n", b"---\na: 1\n", b"---"]),
        (b"a: 1\r\n---\r\nb: 2\r\n", [b"a: 1\r\n", b"---\r\nb: 2\r\n"]),
        (b"--- {a: b}\n---\t# x\nb: 2\n", [b"--- {a: b}\n", b"---\t# x\nb: 2\n"]),
        (b"a: |\n  x\n  ---\n  y\n---\nb\n", [b"a: |\n  x\n  ---\n  y\n", b"---\nb\n"]),
        (b"a: 1\n---b: 2\n----\n", [b"a: 1\n---b: 2\n----\n"]),
    ],
)
def test_a_document_begins_at_a_line_of_three_dashes(data: bytes, documents: list[bytes]) -> None:
    chunks = split(data)
    assert [chunk.data for chunk in chunks] == documents
    assert [chunk.document for chunk in chunks] == list(range(len(documents)))
    assert all(data[chunk.start :].startswith(chunk.data) for chunk in chunks)


@pytest.mark.parametrize(
    "data",
    [
        b"%YAML 1.2\n---\na: 1\n---\nb: 2\n",
        b"a: 1\n...\n---\nb: 2\n",
        b"a: 1\n---\nb: 2\n...",
        b"a: 1\r\n...\r\nb: 2\r\n---\r\n",
    ],
)
def test_a_file_with_directives_or_end_marks_is_one_chunk(data: bytes) -> None:
    assert [(chunk.document, chunk.data) for chunk in split(data)] == [(0, data)]


PIECES = st.sampled_from(
    (
        "---\n",
        "--- # x\n",
        "---\r\n",
        "--- |\n  x\n",
        "# c\n",
        "\n",
        "a: 1\n",
        "b: |\n  x\n  ---\n",
        "'c'\n",
        "...\n",
        "%TAG ! !\n",
    )
)


@given(text=st.lists(PIECES, max_size=7).map("".join))
@settings(deadline=None, derandomize="CI" in os.environ, database=None, max_examples=500)
def test_chunks_hold_the_documents_that_a_parser_counts(text: str) -> None:
    try:
        whole = list(yaml.load_all(text, yaml.CBaseLoader))
    except yaml.YAMLError:
        return
    chunks = split(text.encode())
    assert b"".join(chunk.data for chunk in chunks) == text.encode()
    try:
        counts = [len(parse(chunk.data.decode())) for chunk in chunks]
    except Unparsable:
        counts = []
    if len(chunks) > 1:
        assert counts == [1] * len(whole)
    elif whole:
        assert counts == [len(whole)]
