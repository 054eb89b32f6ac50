"""Manifests with images in texts: in formats, scalar styles and places of all kinds, at random."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

_HOSTS = ("quay.io", "ghcr.io", "registry.acme.io:8443", "docker.io", "localhost:5000", "public.ecr.aws")
_NAMES = ("acme/app", "acme/team/tool", "a/b", "library/nginx")
_ENDS = (":1", ":v1.2.3", ":RELEASE.2024-01-02T03-04-05Z", ":latest", "@sha256:" + "0a" * 32, ":1@sha256:" + "0b" * 32)
# What surrounds images: letters of other scripts, quotes, what YAML and JSON give a meaning.
_WORDS = ("on", "naïve", "日本", "😀", "it's", 'say "so"', "a: b", "# no comment", "50%", "x,y", "~", "back\\slash")

images = st.builds(
    lambda host, name, end: f"{host}/{name}{end}",
    st.sampled_from(_HOSTS), st.sampled_from(_NAMES), st.sampled_from(_ENDS),
)  # fmt: skip
words = st.sampled_from(_WORDS)


class Hidden(NamedTuple):
    """A manifest, and the images in its texts; the last so many of them are aliases."""

    data: bytes
    images: tuple[str, ...]
    aliases: int


def _yaml(found: list[str], word: str) -> str:
    lines = [f"word: {json.dumps(word)}", "pods:"]
    for number, image in enumerate(found):
        quote = ("", '"', "'")[number % 3]
        lines += [f"- name: p{number}", f"  image: {quote}{image}{quote}   # kept"]
    return "\n".join(lines) + "\n"


def _pod(found: list[str], word: str) -> str:
    lines = ["kind: Pod", "spec:", "  containers:"]
    lines += [f"  - {{image: '{image}', name: {json.dumps(word)}}}" for image in found]
    return "\n".join(lines) + "\n"


def _json(found: list[str], word: str) -> str:
    return json.dumps({"word": word, "images": found, "deep": {"image": found[0]}}, indent=2)


def _short_json(found: list[str], word: str) -> str:
    return json.dumps([{"image": image, "n": word} for image in found], ensure_ascii=False)


def _commented_json(found: list[str], word: str) -> str:
    items = ",\n".join(f"  // {json.dumps(word)}\n  {json.dumps(image)}" for image in found)
    return f"[\n{items} /* last */\n]"


def _toml(found: list[str], word: str) -> str:
    lines = ["[run]", f"word = {json.dumps(word, ensure_ascii=False)} # first"]
    for number, image in enumerate(found):
        quote = ('"', "'", '"""')[number % 3]
        lines.append(f"image{number} = {quote}{image}{quote}")
    return "\n".join(lines) + "\n"


def _properties(found: list[str], word: str) -> str:
    return f"# {word}\n" + "".join(f"some.image{number} = {image}\n" for number, image in enumerate(found)) + "n=1\n"


def _tables(found: list[str], word: str) -> str:
    items = "".join(f"  {json.dumps(image)}, # kept\n" for image in found)
    last = f"[a.\"b c\"]\nx = {{image = '{found[-1]}', n = 1}}\n"
    return f"[run]\nimages = [\n{items}]\n[[more]]\nword = {json.dumps(word)}\nimage = '''{found[0]}'''\n{last}"


def _variables(found: list[str], word: str) -> str:
    lines = ("IMAGE_{}={}", 'export IMAGE_{}="{}"', "IMAGE_{} = '{}'  ")
    return (
        "".join(lines[number % 3].format(number, image) + "\n" for number, image in enumerate(found)) + f"# {word}\n\n"
    )


def _relaxed_json(found: list[str], word: str) -> str:
    items = ", ".join(f"'{image}'" for image in found)
    return f"{{\n  // {found[0]}\n  images: [{items},],\n  /* n */ word: {json.dumps(word)},\n}}"


def _anchored(found: list[str], word: str) -> str:
    head = f"base: &b\n  image: &i {found[0]}\nmore:\n  <<: *b\n  x: *i\nword: {json.dumps(word)}\nlist:\n"
    return head + "".join(f"- image: {image}\n" for image in found[1:])


def _nested(found: list[str], word: str) -> str:
    """YAML in YAML in YAML."""
    text = _yaml(found, word)
    for number in (4, 2):
        inner = textwrap.indent(text, " " * number)
        text = f"n: {number}\nfile.yaml: |\n{inner}z: 1\n"
    return text


def _flag(found: list[str], word: str) -> str:
    return f"--images={','.join(found)}"


def _script(found: list[str], word: str) -> str:
    return "\n".join(f"run {image} --with {json.dumps(word)}" for image in found)


_FORMATS: tuple[Callable[[list[str], str], str], ...] = (
    _yaml, _pod, _json, _short_json, _commented_json, _toml, _properties, _flag, _script,
    _tables, _variables, _relaxed_json, _anchored, _nested,
)  # fmt: skip
# Which of the images stand in a text once more, by a format; an alias is a place of its own.
_AGAIN: dict[Callable[[list[str], str], str], tuple[int, ...]] = {_json: (0,), _tables: (0, -1), _anchored: (0, 0)}


def _literal(text: str, indent: str) -> str | None:
    """A literal block; None where the text's last line break, or its first line, would need more than `|` says."""
    if text.endswith("\n\n") or text.startswith((" ", "\n")):
        return None
    body = "".join(f"{indent}{line}\n" if line else "\n" for line in text.removesuffix("\n").split("\n"))
    return f"{'|' if text.endswith(chr(10)) else '|-'}\n{body}"


def _folded(text: str, indent: str) -> str | None:
    return None if "\n" in text or text.startswith(" ") else f">-\n{indent}{text}\n"


def _single(text: str, indent: str) -> str | None:
    if any(line != line.strip() for line in text.split("\n")) or text.endswith("\n"):
        return None  # blanks around lines would be folded away
    return "'" + text.replace("'", "''").replace("\n", f"\n\n{indent}") + "'\n"


def _double(text: str, indent: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f") + "\n"


def _escaped(text: str, indent: str) -> str:
    """As a generator writes it: ASCII, and a folded line where the text has a blank."""
    written = json.dumps(text).encode().decode("ascii")
    if "\\ud" in written:
        return _double(text, indent)
    head, blank, tail = written.partition(" ")
    return f"{head}\n{indent}{tail}\n" if blank and not tail.startswith((" ", '"')) and head != '"' else f"{written}\n"


def _plain(text: str, indent: str) -> str | None:
    return f"{text}\n" if text.startswith("--") and "," not in text else None


_STYLES: tuple[Callable[[str, str], str | None], ...] = (_literal, _folded, _single, _double, _escaped, _plain)
_PLACES = {
    "data": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  n: '1'\n  text: ",
    "annotation": "apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    acme.io/text: ",
    "env": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    env:\n    - name: TEXT\n      value: ",
    "argument": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    args:\n    - ",
    "field": "apiVersion: acme.io/v1\nkind: Thing\nspec:\n  deep:\n    text: ",
}


@st.composite
def manifests(draw: st.DrawFn) -> Hidden:
    """A manifest with images in one text, perhaps one text deeper, and perhaps with Windows line ends."""
    found = draw(st.lists(images, min_size=1, max_size=4))
    form, word = draw(st.sampled_from(_FORMATS)), draw(words)
    text = form(found, word)
    named = [*found, *(found[place] for place in _AGAIN.get(form, ()))]
    if draw(st.integers(0, 3)) == 0 and form not in (_script, _nested):
        text = json.dumps({"config.json": text, "n": 1}, indent=draw(st.sampled_from((None, 1))))
    head = draw(st.sampled_from(sorted(_PLACES.values())))
    body = draw(st.sampled_from(_STYLES))(text, " " * 8) or _double(text, " " * 8)
    data = f"{head}{body}# the end\n"
    if draw(st.booleans()):
        data = data.replace("\n", "\r\n")
    return Hidden(data.encode(), tuple(named), len(_AGAIN[form]) if form is _anchored else 0)
