"""Text to trees: what is read, with which positions, and what is refused, quickly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gitops_clone.documents.node import Alias, Mapping, Node, Scalar, Sequence
from gitops_clone.documents.parse import MAX_DEPTH, Unparsable, parse
from gitops_clone.documents.split import split

FIXTURES = Path(__file__).parents[2] / "fixtures"
MANIFESTS = [path for path in sorted(FIXTURES.rglob("*.[yj][as]*")) if "templates" not in path.parts]


def scalars(node: Node | None) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Sequence):
        return [scalar for item in node.items for scalar in scalars(item)]
    if isinstance(node, Mapping):
        return [scalar for pair in node.pairs for item in pair for scalar in scalars(item)]
    return []


def plain(node: Node | None) -> Any:
    """A tree as lists and dictionaries of texts."""
    if isinstance(node, Alias):
        return plain(node.target)
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {plain(key): plain(value) for key, value in node.pairs}
    return node.value if node else None


def texts(node: Any) -> Any:
    """What PyYAML's and ruamel.yaml's composers give, in the same form."""
    if isinstance(node.value, str):
        return node.value
    if node.id == "sequence":
        return [texts(item) for item in node.value]
    return {texts(key): texts(value) for key, value in node.value}


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("", []),
        ("# nothing\n", []),
        ("---\n", [None]),
        ("---\n---\na: 1\n", [None, {"a": "1"}]),
        ("a: [x, 'y', \"z\"]", [{"a": ["x", "y", "z"]}]),
        ("a: &x 1\nb: *x\n", [{"a": "1", "b": "1"}]),
        ("a:\n- |\n  x\n- >-\n  y\n  z\n", [{"a": ["x\n", "y z"]}]),
        ('{"a":\t["b",\n\t{"c":\t1}]}', [{"a": ["b", {"c": "1"}]}]),
        ("{image: nginx:1.23}", [{"image": "nginx:1.23"}]),
        ("a: 1\t# comment\n", [{"a": "1"}]),
        ("1: x\ntrue: y\n", [{"1": "x", "true": "y"}]),
        ("%YAML 1.2\n---\na: 1\n...\n---\nb: 2\n", [{"a": "1"}, {"b": "2"}]),
    ],
)
def test_documents(text: str, documents: list[Any]) -> None:
    assert [plain(document) for document in parse(text)] == documents


def test_duplicate_keys_and_merge_keys_stand_as_they_are() -> None:
    root = parse("<<: {a: 1}\na: 2\na: 3\n<<: {a: 4}\n")[0]
    assert isinstance(root, Mapping)
    assert [plain(key) for key, _ in root.pairs] == ["<<", "a", "a", "<<"]


def test_positions_are_code_points() -> None:
    text = "# 😀\nname: größe\nimage: 名前 # x\n"
    *_, image = scalars(parse(text)[0])
    assert text[image.start : image.end] == "名前"


def test_an_escaped_surrogate_pair_is_no_reason_to_refuse_json() -> None:
    text = '{"name": "\\ud83d\\ude00", "image": "nginx"}'
    image = scalars(parse(text)[0])[-1]
    assert text[image.start : image.end] == '"nginx"'


@pytest.mark.parametrize(
    "text", ["a: &x.y 1\nb: *x.y\n", "a: &größe 1\nb: *größe\n", "&a: x: y\n", "a: !foo,bar x\n", "a: [::b]\n"]
)
def test_what_libyaml_refuses_is_read_if_ruamel_yaml_takes_it(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        list(yaml.parse(text, yaml.CLoader))
    assert [plain(document) for document in parse(text)] == [texts(YAML(pure=True).compose(text))]
    with pytest.raises(Unparsable):
        parse(text, second_opinion=False)


@pytest.mark.parametrize("text", ["a:\tb\n", "a: 1\t# x\n"])
def test_what_ruamel_yaml_refuses_is_read_if_libyaml_takes_it(text: str) -> None:
    with pytest.raises(YAMLError):
        YAML(pure=True).compose(text)
    assert [plain(document) for document in parse(text)] == [texts(yaml.compose(text, yaml.CLoader))]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: 1\n\nb: [\n", "not valid YAML", 4),
        ("a: 1\nb: *x\n", r"undefined alias \*x", 2),
        ("a: &x 1\n---\nb: *x\n", r"undefined alias \*x", 3),
        ("a: &x\n  b: *x\n", "anchor &x contains itself", 2),
        ("a: @x\n", "not valid YAML", 1),
        ("a: \x00\n", "not valid YAML", 1),
        ('a: "\\U99999999"\n', "not valid YAML", 1),
        ("%YAML 1.3\n---\na\n", "not valid YAML", 1),
        ("[" * 100_000, f"nested deeper than {MAX_DEPTH} levels", 1),
        ('{"a":' * 100_000, f"nested deeper than {MAX_DEPTH} levels", 1),
        ("\n".join(" " * depth + "a:" for depth in range(1000)), f"nested deeper than {MAX_DEPTH} levels", 201),
        ("- " * 5_000 + "x", f"nested deeper than {MAX_DEPTH} levels", 1),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_no_parser_takes_is_told_with_its_line(text: str, reason: str, line: int) -> None:
    with pytest.raises(Unparsable, match=reason) as caught:
        parse(text)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_an_alias_bomb_is_read_and_not_expanded() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    root = parse("\n".join(["a0: &a0 x", *levels]))[0]
    assert isinstance(root, Mapping)
    assert len(root.pairs) == 30


def test_as_deep_as_allowed() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_both_parsers_of_other_libraries_see_the_same(path: Path) -> None:
    for chunk in split(path.read_bytes()):
        text = chunk.data.decode()
        trees = [plain(document) for document in parse(text)]
        assert trees == [texts(node) for node in yaml.compose_all(text, yaml.CLoader)]
        assert trees == [texts(node) for node in YAML(pure=True).compose_all(text)]


def test_escaped_surrogates_are_the_character_that_they_are_in_json_and_text_elsewhere() -> None:
    text = '{"a": "x\\ud83d\\ude00\\u00e9", "b": \'\\ud83d\', "c": "\\ud83d"}'
    (root,) = parse(text)
    assert isinstance(root, Mapping)
    assert [value.value for _, value in root.pairs if isinstance(value, Scalar)] == ["x😀é", "\\ud83d", "\ufffd"]
