"""The values that an object gives to a chart, as words for helm: files and single values, in their order."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gitops_clone.controllers.model import Applied, Kind, Values, ValuesForm
from gitops_clone.render.tools import Refused
from gitops_clone.render.tree import Tree, is_below
from gitops_clone.render.values import Unknown, scalar_of, text_of

_OWN = "values.yaml"


@dataclass(frozen=True, slots=True)
class Given:
    """Words for helm; `instead`: the chart's own values.yaml does not count."""

    words: tuple[str, ...]
    instead: bool


def given(tree: Tree, applied: Applied, chart: Path, folder: Path) -> Given | Refused:
    """What an object gives to the chart in a folder; texts are written below `folder`."""
    words: list[str] = []
    instead = applied.replaces_values
    try:
        for number, each in enumerate(applied.values):
            if applied.replaces_values and each.form is ValuesForm.FILE and _is_own(each, applied):
                instead = False  # it comes first of all, as always
                continue
            words += _words(tree, applied, each, chart, folder / f"{number}.yaml")
    except Unknown as error:
        return Refused(str(error))
    return Given(tuple(words), instead)


def unknown(applied: Applied) -> str | None:
    """What an object gives that nobody here knows: ConfigMaps and Secrets that are not in the files."""
    names = [each.reference for each in applied.values if each.form is ValuesForm.REFERENCE and each.reference]
    names += applied.substitute_from
    left = [f"{name.kind} {f'{name.namespace}/' if name.namespace else ''}{name.name}" for name in names]
    return f"rendered without {', '.join(dict.fromkeys(left))}, which is not in the files" if left else None


def _is_own(each: Values, applied: Applied) -> bool:
    """Whether a values file of a HelmRelease is the chart's own."""
    own = posixpath.join(applied.path, _OWN) if applied.path is not None else None
    return each.file == own if each.file else posixpath.normpath(each.path) == _OWN


def _words(tree: Tree, applied: Applied, each: Values, chart: Path, target: Path) -> Sequence[str]:
    if each.form is ValuesForm.REFERENCE:
        return ()
    if each.form is ValuesForm.FILE:
        file = _file(tree, each, chart)
        return () if file is None else (f"--values={file}",)
    if each.form is ValuesForm.CONTENT:
        file = _file(tree, each, chart)
        return () if file is None else (f"--set-file={each.path}={_escaped(str(file))}",)
    if each.form is ValuesForm.SCALAR and applied.owner.kind is not Kind.HELM_RELEASE:
        # Argo CD gives them to helm like this, behind all files.
        return (f"--set{'-string' if each.string else ''}={each.path}={_escaped(scalar_of(each, tree.content))}",)
    target.write_text(text_of(each, tree.content))
    return (f"--values={target}",)


def _file(tree: Tree, each: Values, chart: Path) -> Path | None:
    """A values file: of the repository, or of a chart from elsewhere; None for an optional one that is not there."""
    if each.file in tree.made:
        return None
    path = tree.root / each.file if each.file else chart / each.path
    home = tree.root if each.file else chart
    if "://" not in each.path and path.is_file() and is_below(home, path):
        return path
    if each.optional:
        return None
    of_chart = not each.file and not each.path.startswith("$")  # which is another source of an Application
    raise Unknown(f"{each.file or each.path} is not in the {'chart' if of_chart else 'repository'}")


def _escaped(value: str) -> str:
    """A value as `--set` takes it whole: commas separate values, unless the value is a list in braces."""
    return value if value.startswith("{") and value.endswith("}") else re.sub(r"(?<!\\),", r"\\,", value)
