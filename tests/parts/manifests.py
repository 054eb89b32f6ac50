"""Manifests as people and programs write them, generated as text: every style that YAML has for an image."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

_DIGEST = "@sha256:" + "33cef86aae4e8487ff23a6ca16012fac28ff9e7a5e9759d291a7da06e36ac958"
IMAGES = (
    "nginx",
    "nginx:latest",
    "nginx:1.23",
    "docker.io/nginx:1.23",
    "docker.io/library/nginx:1.23",
    "index.docker.io/library/nginx:1.23",
    f"nginx{_DIGEST}",
    f"nginx:1.23{_DIGEST}",
    f"docker.io/library/nginx:1.24{_DIGEST}",
    "grafana/grafana:main",
    "GHCR.io/timebertt/speedtest-exporter:v0.1.0",
    "registry.acme.io:8443/a/b:1",
    "localhost/x:1",
    "localhost:5001/index_docker_io/library/nginx:1.23",
    "localhost:5001/index_docker_io/library/nginx:1.24",
    f"localhost:5001/index_docker_io/library/nginx:1.23{_DIGEST}",
    "localhost:5001/index_docker_io/library/nginx",
    "localhost:5001/team/app:7",
)
_WORDS = ("web", "größe", "名前", "😀😀", "e\u0301", "𝔘𝔫𝔦")
_COMMENTS = ("", "", "", " # pinned", " # 😀: 'it''s' \"a\" {", "  ", "\t", "\t# tab")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file, and the images in it, in the order of the text; an image behind an alias counts again."""

    data: bytes
    images: tuple[str, ...]


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """YAML or JSON files of one to four documents."""
    parts = draw(st.lists(st.one_of(_blocks(), _blocks(), _flows(), _others()), min_size=1, max_size=4))
    text = draw(st.sampled_from(("", "", "# first\n", "\n# first\n\n", "---\n", "%YAML 1.2\n---\n", "# x\n--- # y\n")))
    for number, (part, _) in enumerate(parts):
        if number:
            ends = ("...\n---\n",) if ":" in text else ()  # parsers refuse an end mark before the first document
            text += draw(st.sampled_from(("---\n", "---\n", "--- # next\n", "---\t\n", "---\n---\n", *ends)))
        text += part
    text += draw(st.sampled_from(("", "", "---\n", "# last", "\n\n", *(("...\n",) if ":" in text else ()))))
    if draw(st.integers(0, 3)) == 0:
        text = text.rstrip("\n")
    if draw(st.integers(0, 2)) == 0:
        text = text.replace("\n", "\r\n")
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be")))
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    return Manifest((mark + text).encode(encoding), tuple(image for _, images in parts for image in images))


@st.composite
def _blocks(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A Deployment in block style, or in the indentation of flow style within it."""
    indent = " " * draw(st.integers(0, 3))
    lines = [f"apiVersion: apps/v1{draw(_comment())}", f"kind: {draw(_quoted('Deployment'))}{draw(_comment())}"]
    lines += draw(
        st.sampled_from(([], ["metadata: {name: a, name: b}"], ["1: x", "? [k]", ": !x v"], ["a: 2001-01-01"]))
    )
    lines += [f"metadata2: {{labels: {{a: {draw(st.sampled_from(_WORDS))}}}}}"]
    images: list[str] = []
    yard = draw(st.sampled_from((None, None, "scalar", "mapping")))
    yard_image = draw(st.sampled_from(IMAGES))
    if yard == "scalar":
        lines.append(f"x-image: &shared {draw(_quoted(yard_image))}{draw(_comment())}")
    elif yard == "mapping":
        lines += ["x-base: &shared", f"  image: {draw(_quoted(yard_image))}{draw(_comment())}"]
    lines += ["spec:", "  template:", "    spec:"]
    for key in draw(st.sampled_from((("containers",), ("initContainers", "containers"), ('"containers"',)))):
        lines.append(f"      {key}:{draw(_comment())}")
        for _ in range(draw(st.integers(1, 3))):
            if yard and draw(st.booleans()):
                images.append(yard_image)
                lines += _shared(yard, indent, draw(st.booleans()))
                continue
            image = draw(st.sampled_from(IMAGES))
            images.append(image)
            if draw(st.integers(0, 4)) == 0:
                lines.append(f"      {indent}- {draw(_flow_container(image))}{draw(_comment())}")
                continue
            name = draw(st.sampled_from(_WORDS))
            lines.append(f"      {indent}- name: {draw(_quoted(name))}{draw(_comment())}")
            lines += [f"      {indent}  {line}" if line else "" for line in draw(_image_lines(image))]
            lines += draw(st.sampled_from(([], [""], [f"      {indent}  args: ['x', y]"], ["# image: busybox:1"])))
    return "\n".join(lines) + "\n", tuple(images)


def _shared(yard: str, indent: str, flow: bool) -> list[str]:
    value = "image: *shared" if yard == "scalar" else "<<: *shared"
    return (
        [f"      {indent}- {{name: s, {value} }}"] if flow else [f"      {indent}- name: s", f"      {indent}  {value}"]
    )


@st.composite
def _image_lines(draw: st.DrawFn, image: str) -> list[str]:
    """The lines of a block mapping that say `image: …`."""
    key = draw(st.sampled_from(("image", "image", "image", '"image"', "'image'", "image ")))
    comment = draw(_comment())
    style = draw(st.sampled_from(("inline", "inline", "inline", "next", "tabbed", "block", "explicit", "anchored")))
    if style == "block":
        header = draw(st.sampled_from((">", "|", ">-", "|-", "|2-", ">1", "|+2", "&b |", "!!str >-", "& >"[:0] + "|-")))
        pad = {"|2-": "  ", ">1": " ", "|+2": "  "}.get(header, draw(st.sampled_from((" ", "    "))))
        note = draw(st.sampled_from(("", "", " # why")))
        return [f"{key}: {header}{note}", f"{pad}{image}"]
    text = draw(_quoted(image))
    if style == "next":
        return [f"{key}:{comment}", f"    {text}{comment}"]
    if style == "tabbed":
        return [f"{key}:\t{text}{comment}"]
    if style == "explicit":
        return ["? image", f": {text}{comment}"]
    if style == "anchored":
        properties = draw(
            st.sampled_from(("&a", "!!str", "&a !!str", "!!str &a", "! &a", "!<tag:yaml.org,2002:str>", "!x"))
        )
        return [f"{key}: {properties}{draw(st.sampled_from((' ', '  ', chr(10) + '            ')))}{text}{comment}"]
    return [f"{key}: {text}{comment}"]


@st.composite
def _flow_container(draw: st.DrawFn, image: str) -> str:
    name = draw(st.sampled_from(_WORDS))
    colon = draw(st.sampled_from((": ", " : ", ":\t")))
    pairs = [f"name: {name}", f"image{colon}{draw(_quoted(image))}"]
    if draw(st.booleans()):
        pairs[1] = f'"image":{draw(_quoted(image, plain=False))}'
    if draw(st.booleans()):
        pairs.reverse()
    separator = draw(st.sampled_from((", ", ",", " , ", ",\t")))
    return "{" + draw(st.sampled_from(("", " "))) + separator.join(pairs) + draw(st.sampled_from(("", " ", ", "))) + "}"


@st.composite
def _flows(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A Pod as JSON, as programs write it: on one line or many, with tabs, slashes escaped or not."""
    images = draw(st.lists(st.sampled_from(IMAGES), min_size=1, max_size=3))
    line, tab = draw(st.sampled_from((("", ""), ("\n", "\t"), ("\n", "  "), ("\n", "\t \t"))))
    space = draw(st.sampled_from(("", " ", "\t")))
    containers = []
    for image in images:
        name = draw(st.sampled_from((*_WORDS, "\\ud83d\\ude00", "a\\/b", "\\u00e9")))
        text = image.replace("/", "\\/") if draw(st.integers(0, 3)) == 0 else image
        containers.append(f'{{"name":{space}"{name}",{line}{tab}"image":{space}"{text}"}}')
    rows = f",{line}{tab}".join(containers)
    head = f'{{{line}{tab}"apiVersion":{space}"v1",{line}{tab}"kind":{space}"Pod",{line}{tab}'
    return f'{head}"spec":{space}{{"containers":{space}[{rows}]}}{line}}}\n', tuple(images)


def _others() -> st.SearchStrategy[tuple[str, tuple[str, ...]]]:
    """Documents without an image that counts."""
    return st.sampled_from(
        [
            ("", ()),
            ("# nothing\n", ()),
            ("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    image: busybox:1\n  b: 'c\n\n    d'\n", ()),
            ("kind: CustomResourceDefinition\nspec: {containers: [{image: busybox}]}\n", ()),
            ("- image: busybox\n", ()),
        ]
    )


@st.composite
def _quoted(draw: st.DrawFn, text: str, *, plain: bool = True) -> str:
    style = draw(st.sampled_from(("plain", "plain", "single", "double", "escaped") if plain else ("double", "escaped")))
    if style == "plain":
        return text
    if style == "single":
        return f"'{text}'"
    if style == "escaped" and "/" in text:
        return '"' + text.replace("/", draw(st.sampled_from(("\\/", "\\x2f", "\\u002F"))), 1) + '"'
    return f'"{text}"'


def _comment() -> st.SearchStrategy[str]:
    return st.sampled_from(_COMMENTS)
