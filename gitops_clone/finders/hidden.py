"""Images that no field names: told by their shape, and by where they stand how likely they are. Pure.

What only looks like one, or names one without pulling it (a push target, a policy, an example), is found too, and left.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from gitops_clone.documents.node import Scalar
from gitops_clone.finders import shape
from gitops_clone.finders.view import Path, View, Visit
from gitops_clone.finding import Certainty, Rule, RuleKind, Span

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_RECORDS = {
    _LAST_APPLIED: "a record of what was applied last, written by kubectl",
    "kbld.k14s.io/images": "a record of where images come from, written by kbld",
    "openshift.io/imported-from": "a record of where an image was imported from",
}
_POLICY_GROUPS = re.compile(r"(?:policies\.)?kyverno\.io|(?:\w+\.)?gatekeeper\.sh|policy\.sigstore\.dev")
_POLICY_KINDS = ("ValidatingAdmissionPolicy", "ValidatingWebhookConfiguration")
_PROSE = ("description", "message", "summary", "title", "notes", "documentation", "displayName", "expr")
_EXAMPLE = "_example"
_SPEAKS_OF_IMAGES = re.compile(r"[iI]mage|IMAGE")
# Words of a name that say where an image is pushed, not pulled: `--destination`, `OUTPUT_IMAGE`, `pushRef`.
_PUSH = re.compile(
    r"(?:\A|[^a-z])(?:dest|destination|push|target|output|publish|upload)(?:[^a-z]|\Z)|\A--?(?:t|tag)\Z|cache-repo",
    re.ASCII,
)
_PUSHING_COMMAND = re.compile(r"(?:\bpush|--destination|--tag|\s-t)[ =]+[\"']?(?:docker://)?\Z")
_FLAG_BEFORE = re.compile(r"(--?[A-Za-z][\w.-]*)[ =][\"']?(?:docker://)?\Z|\A([A-Za-z_][\w.-]*)=[\"']?\Z")


class Shaped(NamedTuple):
    """A reference in the value of a scalar; `number` counts those of one scalar, None if it is the whole value."""

    visit: Visit
    span: Span
    number: int | None
    certainty: Certainty
    rule: Rule
    note: str | None


def find(view: View, top: Visit, group: str, kind: str, known: Collection[int]) -> Iterator[Shaped]:
    """The references in an object that are not in a scalar of `known` (by id)."""
    policy = _POLICY_GROUPS.fullmatch(group) is not None or kind in _POLICY_KINDS
    own = len(top.path)
    yards = frozenset(below.path for below in view.children(top) if is_yard(below.path))
    for visit in view.walk(top, yards):
        if not isinstance(visit.node, Scalar) or id(visit.node) in known or "/" not in visit.node.value:
            continue
        value = visit.node.value
        spans = list(shape.find(value))
        whole = spans == [Span(0, len(value.strip()))] and value == value.strip()
        for number, span in enumerate(spans):
            certainty, where = _place(view, top, visit, kind, value)
            name = _name(view, top, visit, value[: span.start])
            note = _why_left(visit.path[own:], policy, name, value[: span.start])
            rule = Rule(RuleKind.SHAPE, where)
            yield Shaped(visit, span, None if whole else number, certainty, rule, note)


def is_yard(path: Path) -> bool:
    """Whether a path is in a place where people keep anchors, and that no application reads: `x-common: &common`."""
    return bool(path) and str(path[0]).startswith(("x-", ".", "_"))


def _place(view: View, top: Visit, visit: Visit, kind: str, value: str) -> tuple[Certainty, str]:
    """How likely a reference at a visit is an image, and the words for the place."""
    path = visit.path[len(top.path) :]
    likely = Certainty.LIKELY
    if _is_argument(path):
        # A script may do anything with it; a flag hands it to the program.
        script = any(character.isspace() for character in value.strip())
        return (Certainty.POSSIBLE, "in a script") if script else (likely, "in an argument")
    if path[-1:] == ("value",) and path[-3:-2] == ("env",):
        return likely, "in an environment variable"
    if kind == "ConfigMap" and path[:1] == ("data",):
        names = f"{path[1]} {view.text(top, 'metadata', 'name')}"
        speaks = _SPEAKS_OF_IMAGES.search(names) is not None
        return likely if speaks else Certainty.POSSIBLE, "in the data of a ConfigMap"
    if _SPEAKS_OF_IMAGES.search(next((str(step) for step in reversed(path) if isinstance(step, str)), "")):
        return likely, "in a field that speaks of images"
    return Certainty.POSSIBLE, "in a text"


def _is_argument(path: Path) -> bool:
    return len(path) > 1 and path[-2] in ("args", "command") and isinstance(path[-1], int)


def _name(view: View, top: Visit, visit: Visit, before: str) -> str:
    """The name that a reference goes by: of its flag, of its variable, of its parameter, of its key."""
    path = visit.path
    if match := _FLAG_BEFORE.search(before):
        return match[1] or match[2]
    if _is_argument(path):
        item = next(_at(view, top, (*path[:-1], int(path[-1]) - 1)), None) if path[-1] else None
        if item is not None and isinstance(item.node, Scalar) and item.node.value.startswith("-"):
            return item.node.value
        return ""
    if path[-1] in ("value", "default"):
        parent = next(_at(view, top, path[:-1]), None)
        return (view.text(parent, "name") or "") if parent else ""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _at(view: View, top: Visit, path: Path) -> Iterator[Visit]:
    """The node at a path of the document, if there is one."""
    visit = top
    for step in path[len(top.path) :]:
        found = next((below for below in view.children(visit) if below.path[-1] == step), None)
        if found is None:
            return
        visit = found
    yield visit


def _why_left(path: Path, policy: bool, name: str, before: str) -> str | None:
    """Why a reference is to stay, whatever its certainty; None if it may move."""
    if path[:1] == ("status",):
        return "status: what the cluster reported"
    for step in path:
        if step in _RECORDS:
            return _RECORDS[str(step)]
        if step == _EXAMPLE:
            return "documentation, which Knative checks by a checksum"
    if policy:
        return "a policy: it names images and does not pull them"
    if path and path[-1] in _PROSE:
        return "a text for people"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
    if _PUSH.search(words) or _PUSHING_COMMAND.search(before):
        return "a push target"
    return None
