"""Examples of every group of functions: the same text as Helm's, the same refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helm.comparing import compare

VALUES = {
    "nothing": None,
    "yes": True,
    "no": False,
    "three": 3,
    "million": 1234567,
    "half": 1.5,
    "huge": 1e21,
    "text": "hello world",
    "empty": "",
    "digits": "42",
    "octal": "010",
    "words": ["b", "a", "c", "a"],
    "numbers": [3, 1, 2],
    "none": [],
    "map": {"b": 1, "a": "x", "n": None, "deep": {"er": [1, {"k": "v"}]}},
    "mixed": [1, "a", None, True, {"z": 1}, ["q"]],
    "lines": "one\ntwo\n",
    "umlauts": "héllo wörld ✓",
    "quotes": 'say "hi" \\ it\'s',
    "spaces": "  pad  ",
    "json": '{"a": [1, 2.5, null, "x<y"], "b": {"c": true}}',
    "yaml": "a: 1\nb: [x, yes, 0x10, 012]\nc: {d: ~}\n",
    "long": "a text that is so long that YAML breaks it into lines, and not once, but, as it goes on and on, " * 2,
}

EXAMPLES = sorted((Path(__file__).parent / "functions").glob("*.txt"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_functions_do_as_helms_do(path: Path, tmp_path: Path) -> None:
    templates = [f"{{{{ {line} }}}}" for line in path.read_text().splitlines()]
    answers = compare(tmp_path, templates, VALUES)
    known = [template for template, each in zip(templates, answers, strict=True) if not each.is_unsupported]
    assert known == templates
