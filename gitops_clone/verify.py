"""The gate for reviewers: what a cluster will get, as its own tools render it. Nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops_clone.finders.catalogue import Catalogue
from gitops_clone.finding import Skipped
from gitops_clone.mirror.skopeo import is_loopback
from gitops_clone.render import batch, images
from gitops_clone.render.batch import Outcomes
from gitops_clone.render.charts import Backups, Charts
from gitops_clone.render.entry_points import Finder
from gitops_clone.render.helm_access import access
from gitops_clone.render.images import Known
from gitops_clone.render.model import Comparison, Rendering, Verdict
from gitops_clone.render.renderer import Renderer
from gitops_clone.render.tools import Tools
from gitops_clone.render.tree import Tree
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
    tree = tree_of(workspace, workspace.root)
    chosen = frozenset(workspace.files)
    finder = Finder(tree, network=network)
    found = finder.find(chosen)
    with TemporaryDirectory(prefix="gitops-clone-") as name:
        scratch = Path(name).resolve()
        old = _tree_at(workspace, base, scratch / "base") if base is not None else None
        renderer = renderer_of(workspace, scratch, rules.catalogue, network=network)
        after = batch.render(renderer, finder, found)
        files = images.known(scan(tree.root, tree.names, rules, tree.kustomizations).findings)
        if old is None:
            renderings = [judge(Case(each.point, each.rendered), rules, files) for each in after.by_key.values()]
        else:
            gone = set(old.names).difference(tree.names)  # what used these is looked at too
            past = Finder(old, network=network)
            before = batch.render(renderer, past, past.find(chosen | gone))
            renderings = _compared(renderer, before, after, rules, files)
    renderings.sort(key=lambda each: each.entry_point.key)
    return _result(workspace, found.skipped, renderings, strict)


def renderer_of(
    workspace: Workspace, scratch: Path, catalogue: Catalogue, *, network: bool, copied: frozenset[str] | None = None
) -> Renderer:
    """What renders in a run, at work below a scratch folder.

    With `copied`, charts whose upstreams are none of these are fetched from there, whatever the address says.
    """
    settings = workspace.settings
    homes = (each.partition("/")[0] for each in (settings.backup_registry, settings.push_registry) if each)
    insecure = (*settings.insecure_registry, *filter(is_loopback, homes))
    allowed = access(os.environ, authfile=settings.authfile, insecure=insecure)
    tools = Tools(scratch, network=network)
    backups = Backups(workspace.scheme, settings.push_registry, copied)
    return Renderer(tools, Charts(tools, allowed, backups), catalogue)


def _compared(renderer: Renderer, before: Outcomes, after: Outcomes, rules: Rules, files: Known) -> list[Rendering]:
    """The verdicts of a comparison: what has changed is rendered before once more, which shows what is random."""
    points = {key: each.point for outcomes in (before, after) for key, each in outcomes.by_key.items()}
    cases = {key: Case(points[key], after.rendered(key), before.rendered(key), compared=True) for key in points}
    renderings = {key: judge(case, rules, files) for key, case in cases.items()}
    changed = {key for key, each in renderings.items() if each.comparison is Comparison.CHANGED}
    again = batch.render_all(renderer, before.tree, [before.by_key[key].point for key in changed])
    for each in again:
        key = each.point.key
        renderings[key] = judge(replace(cases[key], again=each.rendered), rules, files)
    return list(renderings.values())


def tree_of(workspace: Workspace, root: Root) -> Tree:
    names, _ = list_files(root, [root.path], workspace.settings.exclude)
    return Tree(root.path, names, list_kustomizations(root))


def _tree_at(workspace: Workspace, revision: str, folder: Path) -> Tree:
    check_out(workspace.root, revision, folder)
    return tree_of(workspace, Root(folder, git=False))


def _result(workspace: Workspace, unread: Sequence[Skipped], renderings: Sequence[Rendering], strict: bool) -> Result:
    skipped = [*workspace.skipped, *unread]
    verdicts = {rendering.verdict for rendering in renderings}
    failed = Verdict.FAILED in verdicts or (strict and Verdict.NOT_VERIFIED in verdicts)
    return Result(
        command="verify",
        backup_registry=workspace.settings.backup_registry,
        skipped=skipped,
        renderings=renderings,
        exit_code=exit_code(skipped, 1 if failed else 0),
    )
