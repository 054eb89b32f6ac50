"""The formats of a report by their names; what a format needs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result


def render(result: Result, form: str, style: Style, *, verbose: bool = False) -> Iterable[str]:
    """The report in pieces, the last of which ends with a newline. `style` and `verbose` are for people's reports."""
    match form:
        case "json":
            from gitops_clone.report import json

            return json.stream(result)
        case "jsonpatch":
            from gitops_clone.report import jsonpatch

            return [jsonpatch.render(result)]
        case "sarif":
            from gitops_clone.report import sarif

            return sarif.stream(result)
        case "github":
            from gitops_clone.report import github

            return [github.render(result)]
        case "markdown":
            from gitops_clone.report import markdown

            return [markdown.job_summary(result)]
        case "tree":
            from gitops_clone.report import tree

            return [tree.render(result, style, verbose=verbose)]
        case _:
            from gitops_clone.report import diff, text

            return [
                diff.render(result.files, style) if result.dry_run else "",
                text.render(result, style, verbose=verbose),
            ]
