"""Flux's substitution: the examples are those of its own tests and documentation, as facts."""

from __future__ import annotations

import pytest

from gitops_clone.controllers.substitution import Unsubstituted, substitute

_VARIABLES = {
    "name": "abcABC123ABCabc",
    "file": "bash.string.txt",
    "path": "/path/to/file",
    "lower": "abc",
    "empty": "",
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("no variables, $name $", "no variables, $name $"),
        ("image: web:${lower}", "image: web:abc"),
        ("${lower}-${lower}", "abc-abc"),
        ("${missing}", ""),
        ("${missing:-7.2}", "7.2"),
        ("${missing:=7.2}", "7.2"),
        ("${missing=7.2}", "7.2"),
        ("${empty:-7.2}", "7.2"),
        ("${lower:-7.2}", "abc"),
        ("${missing:=pre${lower}-post}", "preabc-post"),
        ("${missing:=${lower^^}}", "ABC"),
        ("${#name}", "15"),
        ("${lower^}", "Abc"),
        ("${name,,}", "abcabc123abcabc"),
        ("${name:3}", "ABC123ABCabc"),
        ("${name:3:6}", "ABC123"),
        ("${name:3:-3}", "ABC123ABC"),
        ("${name/abc/xyz}", "xyzABC123ABCabc"),
        ("${name//abc/xyz}", "xyzABC123ABCxyz"),
        ("${name/#abc/xyz}", "xyzABC123ABCabc"),
        ("${name/%abc/xyz}", "abcABC123ABCxyz"),
        ("${name//abc/}", "ABC123ABC"),
        (r"${path//\//-}", "-path-to-file"),
        ("${file#*.}", "string.txt"),
        ("${file##*.}", "txt"),
        ("${file%.*}", "bash.string"),
        ("${file%%.*}", "bash"),
        ("$${lower}", "${lower}"),
        ("${lower}$${lower$${lower}$lower${lower}", "abc${lower${lower}$lowerabc"),
        (r"\\a ${lower}", r"\\a abc"),
    ],
)
def test_expressions(text: str, result: str) -> None:
    assert substitute(text, _VARIABLES) == result


@pytest.mark.parametrize("text", ["${lower", "${}", "${-x}", "${lower-x}", "${a:=" * 50])
def test_what_flux_refuses(text: str) -> None:
    with pytest.raises(Unsubstituted):
        substitute(text, _VARIABLES)


def test_what_nobody_knows_stays() -> None:
    text = "${lower} ${missing} ${missing:-1} ${missing:=${lower}} $$"
    assert substitute(text, _VARIABLES, complete=False) == "abc ${missing} ${missing:-1} ${missing:=${lower}} $"
