"""Writes docs/what-is-found.md from the tables that the code uses: `python -m scripts.what_is_found`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gitops_clone.finders.catalogue import CONTAINER, METADATA, Form, RawRow, shipped_rows
from gitops_clone.finders.unhandled import Unhandled, unhandled

PAGE = Path(__file__).parents[1] / "docs" / "what-is-found.md"
_COMMAND = "python -m scripts.what_is_found"

_HEAD = f"""\
# What gitops-clone finds, and what it cannot

<!-- Written by `{_COMMAND}` from gitops_clone/finders/catalogue.json and unhandled.json: change those. -->

An image is found by one of these:

- **The general rule.** `image` in the lists `containers`, `initContainers` and `ephemeralContainers`, and
  `volumes[].image.reference`, at any depth of any kind.
- **The catalogue.** {{rows}} rows for {{kinds}} kinds, below: [what a row is](catalogue.md), and how to add your own.
- **JSON Patches** in files of their own: what they put where images are.
- **Layers**: what [kustomizations](kustomize.md), objects of Flux and Argo CD, and [charts](helm.md) make of it.
- **Charts and other artifacts in registries**, which are no images: listed, and with `--charts`
  [relocated](flux-and-argocd.md#charts-and-artifacts-in-registries).
- **Its shape**, in arguments, variables, ConfigMaps and other texts, which is [less certain](hidden-images.md).

What none of them finds, and why, stands at the end. `gitops-clone scan` lists all that is found, also what is left
alone, with the reason.
"""
_FORMS: Mapping[Form, str] = {
    Form.REFERENCE: "a whole reference in one text",
    Form.REFERENCE_OR_TAG: "a reference or a version, told by the slash",
    Form.SPLIT: "a repository; registry, tag or digest stand in other fields",
    Form.URL: "a reference after a scheme, such as `docker://` or `oci://`",
    Form.PODSPEC: "a mapping like a pod spec, for the general rule",
    Form.OBJECT: "an object within an object, or within a text",
    Form.PATCH: "a JSON Patch in a text",
    Form.VALUES: "values of a Helm chart, in an object of another tool than Flux and Argo CD",
    Form.PARAMETER: "a parameter that an image field of the same object uses as a whole",
    Form.LIST: "a list of objects",
    Form.TEXT: "a script or an expression, in which references are told by their shape",
    Form.NAME: "a repository; a program adds a tag that Git does not show",
    Form.PREFIX: "a registry, or the front part of names, which a program completes",
    Form.MENTION: "names images without pulling them",
    Form.NOT_IMAGE: "no image to change",
}
_REPORTED = (Form.NAME, Form.PREFIX)
_LEFT = (Form.MENTION, Form.NOT_IMAGE)


def page() -> str:
    """The text of the page."""
    rows = list(shipped_rows())
    kinds = {(row["group"], row["kind"]) for row in rows if row["kind"] not in (CONTAINER, METADATA)}
    found = [row for row in rows if row["form"] not in (*_REPORTED, *_LEFT, Form.PODSPEC, Form.LIST)]
    sections = [
        _HEAD.format(rows=f"{len(rows):,}", kinds=len(kinds)),
        _forms(rows),
        "## Kinds\n\nWhere the general rule does not reach. A split reference has its parts in brackets.\n",
        _table(["kind", "places"], _kinds(row for row in found if not _is_common(row))),
        _COMMON,
        _table(["kind", "places"], _kinds(row for row in found if _is_common(row))),
        "## Found, and left alone\n\nGit does not show what the cluster pulls. These are listed, not rewritten:\n",
        _table(["kind", "place", "why"], _notes(rows, _REPORTED)),
        "These name images and pull none. Where an image of theirs moves, they have to follow by hand:\n",
        _table(["kind", "place", "why"], _notes(rows, (Form.MENTION,))),
        "These look like images of the cluster, and are none:\n",
        _table(["kind", "place", "why"], _notes(rows, (Form.NOT_IMAGE,))),
        "## What no rule takes\n\nWhat stands there, why it is left, and where it was seen:\n",
        _table(["what", "why", "where"], _reasons(unhandled())),
        _CANNOT,
    ]
    return "\n".join(sections)


_COMMON = """\
## In kinds that everybody uses

`container` is each container of a workload, whatever the kind; `metadata` that of each object and of each pod template.
After `ConfigMap` stand the names of the objects, as globs.
"""
_CANNOT = """\
## What cannot be found

- **Names in programs.** Many operators build the names of their images from a version, or have them compiled in. Git
  holds nothing to rewrite. Where the kind has a field for the image, set it; where the operator reads environment
  variables (`RELATED_IMAGE_*`), set those.
- **Charts and bases from elsewhere.** What a remote chart or base brings is seen only when it is rendered.
- **What is put together at run time**: by admission webhooks, by scripts, by `${…}` that nothing here explains.
- **Secrets.** Values in base64 and encrypted values are never read.
- **Fields of definitions.** A default in a custom resource definition counts where an object leaves the field out.
"""


def _forms(rows: Iterable[RawRow]) -> str:
    counts = Counter(row["form"] for row in rows)
    done = dict.fromkeys(_LEFT, "left alone") | dict.fromkeys(_REPORTED, "reported")
    table = [[f"`{form}`", str(counts[form]), text, done.get(form, "found")] for form, text in _FORMS.items()]
    return "## In numbers\n\n" + _table(["form", "rows", "what stands there", "what becomes of it"], table)


def _is_common(row: RawRow) -> bool:
    return row["kind"] in (CONTAINER, METADATA, "ConfigMap")


def _kinds(rows: Iterable[RawRow]) -> list[list[str]]:
    """A line for all kinds of a group that hold images in the same places."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        places[row["group"], _object(row)].append(_place(row))
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, kind), texts in places.items():
        alike[group, tuple(texts)].append(kind)
    return [[_joined(kinds, group), "<br>".join(texts)] for (group, texts), kinds in alike.items()]


def _object(row: RawRow) -> str:
    return f"`{row['kind']}`" + (f" `{row['name']}`" if "name" in row else "")


def _joined(kinds: Sequence[str], group: str) -> str:
    """Kinds of one group, a kind that comes again by its name alone."""
    texts = list(dict.fromkeys(kinds))
    first = texts[0].partition(" ")[0] + " "
    texts[1:] = [text.removeprefix(first) for text in texts[1:]]
    return ", ".join(texts) + (f" {group}" if group not in ("", "*") else "")


def _place(row: RawRow) -> str:
    parts = row.get("parts", {})
    fields = (path if isinstance(path, str) else " or ".join(path) for path in parts.values())
    return f"`{row['path']}`" + (f" [{', '.join(f'`{each}`' for each in fields)}]" if parts else "")


def _notes(rows: Iterable[RawRow], forms: Sequence[Form]) -> list[list[str]]:
    """A line for all kinds of a group with one path and one note."""
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in rows:
        if row["form"] in forms:
            alike[row["group"], row["path"], row.get("note", "")].append(_object(row))
    return [[_joined(kinds, group), f"`{path}`", note] for (group, path, note), kinds in alike.items()]


def _reasons(places: Iterable[Unhandled]) -> list[list[str]]:
    """A line for all places with one reason, the reasons with most places first."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in places:
        kind = "" if each.kind == "*" else f"{each.kind} "
        alike[each.form, each.reason].append(f"{kind}`{each.path}`")
    return [
        [form, reason, "<br>".join(texts)]
        for (form, reason), texts in sorted(alike.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
