"""The gate for reviewers: what a cluster will get, as its own tools render it. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops_clone.render import batch, entry_points, images
from gitops_clone.render.entry_points import EntryPoints, Tree
from gitops_clone.render.images import Known
from gitops_clone.render.model import Comparison, EntryPoint, Rendering, Verdict
from gitops_clone.render.tools import Tools
from gitops_clone.render.verdict import Case, judge
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from gitops_clone.repo.revision import check_out
from gitops_clone.result import Result, exit_code
from gitops_clone.scan import scan
from gitops_clone.states import Rules
from gitops_clone.workspace import Workspace


def verify(workspace: Workspace, *, base: str | None = None, strict: bool = False, network: bool = False) -> Result:
    """Render every entry point that uses the workspace's files: exit code 1 if an image is not on the backup registry.

    With `base`, a revision, also if one does not render what it rendered there with its images relocated. With
    `strict`, also if one cannot be rendered. Raises `UsageError` for an unknown revision or a missing program.
    """
    rules = workspace.rules(workspace.read_lock())
    tree = _tree(workspace, workspace.root)
    chosen = frozenset(workspace.files)
    found = entry_points.find(tree, chosen, network=network)
    with TemporaryDirectory(prefix="gitops-clone-") as name:
        scratch = Path(name).resolve()
        old = _tree_at(workspace, base, scratch / "base") if base is not None else None
        tools = Tools(scratch, network=network)
        after = batch.render(tools, tree.root, found.found, rules.catalogue)
        files = images.known(scan(tree.root, tree.names, rules, tree.kustomizations).findings)
        if old is None:
            renderings = [judge(Case(point, after[point.key]), rules, files) for point in found.found]
        else:
            gone = set(old.names).difference(tree.names)  # what used these is looked at too
            past = entry_points.find(old, chosen | gone, network=network)
            before = batch.render(tools, old.root, past.found, rules.catalogue)
            points = {point.key: point for point in (*past.found, *found.found)}
            cases = [Case(points[key], after.get(key), before.get(key), compared=True) for key in sorted(points)]
            renderings = _compared(cases, tools, old.root, past.found, rules, files)
    return _result(workspace, found, renderings, strict)


def _compared(
    cases: Sequence[Case], tools: Tools, old: Path, past: Sequence[EntryPoint], rules: Rules, files: Known
) -> list[Rendering]:
    """The verdicts of a comparison with the tree at `old` and its entry points.

    What has changed is rendered there once more: that shows what is random.
    """
    renderings = {case.point.key: judge(case, rules, files) for case in cases}
    changed = {key for key, each in renderings.items() if each.comparison is Comparison.CHANGED}
    again = batch.render(tools, old, [point for point in past if point.key in changed], rules.catalogue)
    for case in cases:
        if case.point.key in again:
            renderings[case.point.key] = judge(replace(case, again=again[case.point.key]), rules, files)
    return list(renderings.values())


def _tree(workspace: Workspace, root: Root) -> Tree:
    names, _ = list_files(root, [root.path], workspace.settings.exclude)
    return Tree(root.path, names, list_kustomizations(root))


def _tree_at(workspace: Workspace, revision: str, folder: Path) -> Tree:
    check_out(workspace.root, revision, folder)
    return _tree(workspace, Root(folder, git=False))


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
        exit_code=exit_code(skipped, 1 if failed else 0),
    )
