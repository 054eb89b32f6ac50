"""The gate for reviewers: what a cluster will get, as its own tools render it. Nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops_clone.documents.parse import Unparsable
from gitops_clone.mirror import pool
from gitops_clone.render import documents, entry_points, images
from gitops_clone.render.entry_points import EntryPoints, Tree
from gitops_clone.render.model import Comparison, EntryPoint, Rendering, Verdict
from gitops_clone.render.property import difference
from gitops_clone.render.tools import Refused, Tools
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from gitops_clone.repo.revision import check_out
from gitops_clone.result import Result
from gitops_clone.scan import scan
from gitops_clone.states import Rules
from gitops_clone.workspace import Workspace

# What an entry point renders; None where the tree has no such entry point.
_Rendered = list[documents.Document] | Refused | None
_GONE = Refused("rendered at the revision, and is no entry point any more")


@dataclass(frozen=True, slots=True)
class _Side:
    """A tree of files, and its entry points."""

    tree: Tree
    found: EntryPoints


@dataclass(frozen=True, slots=True)
class _Case:
    """An entry point, and what it renders in the work tree and at the revision (`compared`: there is one)."""

    point: EntryPoint
    after: _Rendered
    before: _Rendered = None
    compared: bool = False


def verify(workspace: Workspace, *, base: str | None = None, strict: bool = False, network: bool = False) -> Result:
    """Render every entry point that uses the workspace's files: exit code 1 if an image is not on the backup registry.

    With `base`, a revision, also if one does not render what it rendered there with its images relocated. With
    `strict`, also if one cannot be rendered. Raises `UsageError` for an unknown revision or a missing program.
    """
    rules = workspace.rules(workspace.read_lock())
    with TemporaryDirectory(prefix="gitops-clone-") as name:
        scratch = Path(name).resolve()
        work_tree = _tree(workspace, workspace.root)
        after = _Side(work_tree, entry_points.find(work_tree, frozenset(workspace.files)))
        before = _at_revision(workspace, work_tree, base, scratch / "base") if base is not None else None
        tools = Tools(scratch, network=network)
        cases = _cases(tools, after, before)
        kept = images.marked(scan(work_tree.root, work_tree.names, rules, work_tree.kustomizations))
        renderings = [_judge(case, rules, kept) for case in cases]
        if before is not None:
            renderings = _without_random(renderings, cases, tools, before, rules, kept)
    return _result(workspace, after.found, renderings, strict)


def _tree(workspace: Workspace, root: Root) -> Tree:
    names, _ = list_files(root, [root.path], workspace.settings.exclude)
    return Tree(root.path, names, list_kustomizations(root))


def _at_revision(workspace: Workspace, work_tree: Tree, revision: str, folder: Path) -> _Side:
    """The tree of a revision; its entry points are chosen by the same files, and by those that are gone since."""
    check_out(workspace.root, revision, folder)
    tree = _tree(workspace, Root(folder, git=False))
    gone = set(tree.names).difference(work_tree.names)
    return _Side(tree, entry_points.find(tree, gone.union(workspace.files)))


def _cases(tools: Tools, after: _Side, before: _Side | None) -> list[_Case]:
    """Every entry point of both sides, rendered."""
    here = _rendered(tools, after.tree.root, after.found.found)
    if before is None:
        return [_Case(point, here[point.key]) for point in after.found.found]
    there = _rendered(tools, before.tree.root, before.found.found)
    points = {point.key: point for point in (*before.found.found, *after.found.found)}
    return [_Case(point, here.get(key), there.get(key), True) for key, point in sorted(points.items())]


def _rendered(tools: Tools, root: Path, points: Sequence[EntryPoint]) -> dict[object, _Rendered]:
    """What entry points of a tree render, by key; as many at once as two for each core."""
    for kind in sorted({point.kind for point in points if point.obstacle is None}):
        tools.require(kind)
    made: dict[object, _Rendered] = {point.key: Refused(point.obstacle) for point in points if point.obstacle}

    def work(point: EntryPoint) -> pool.Task:
        def render(post: pool.Post) -> None:
            text = tools.render(root, point)
            post(lambda: made.update({point.key: text if isinstance(text, Refused) else _read(text)}))

        return pool.Task("", render)

    at_once = 2 * (os.cpu_count() or 1)
    tasks = [work(point) for point in points if not point.obstacle]
    pool.run(tasks, at_once=at_once, per_key=at_once, kill=tools.kill)
    return made


def _read(text: str) -> _Rendered:
    try:
        return documents.read(text)
    except Unparsable as error:
        return Refused(f"what it renders cannot be read: line {error.line}: {error}")


def _judge(case: _Case, rules: Rules, kept: Mapping[str, str], again: _Rendered = None) -> Rendering:
    """What came of an entry point; `again` is it at the revision, rendered once more."""
    point, after, before = case.point, case.after, case.before
    if not isinstance(after, list):
        broken = Comparison.BROKEN if isinstance(before, list) else None
        return Rendering(point, reason=(after or _GONE).reason, comparison=broken)
    found = images.find(after, rules, kept)
    if not case.compared:
        return Rendering(point, found)
    if not isinstance(before, list):
        return Rendering(point, found, comparison=Comparison.NEW)
    diff = difference(before, after, rules, again if isinstance(again, list) else ())
    return Rendering(point, found, None, Comparison.CHANGED if diff else Comparison.SAME, diff)


def _without_random(
    renderings: Iterable[Rendering],
    cases: Sequence[_Case],
    tools: Tools,
    before: _Side,
    rules: Rules,
    kept: Mapping[str, str],
) -> list[Rendering]:
    """The renderings, with those that changed judged once more, now that it is seen what changes every time."""
    changed = {each.entry_point.key for each in renderings if each.comparison is Comparison.CHANGED}
    again = _rendered(tools, before.tree.root, [point for point in before.found.found if point.key in changed])
    return [
        _judge(case, rules, kept, again[case.point.key]) if case.point.key in changed else rendering
        for case, rendering in zip(cases, renderings, strict=True)
    ]


def _result(workspace: Workspace, found: EntryPoints, renderings: Sequence[Rendering], strict: bool) -> Result:
    skipped = [*workspace.skipped, *found.skipped]
    verdicts = {rendering.verdict for rendering in renderings}
    failed = Verdict.FAILED in verdicts or (strict and (Verdict.NOT_VERIFIED in verdicts or bool(found.foreign)))
    return Result(
        command="verify",
        backup_registry=workspace.settings.backup_registry,
        skipped=skipped,
        renderings=renderings,
        warnings=[f"{each.file}: {each.name} not rendered: chart is not in the repository" for each in found.foreign],
        exit_code=2 if any(item.fatal for item in skipped) else 1 if failed else 0,
    )
