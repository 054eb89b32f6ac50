"""From what an entry point renders to what is said of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_clone.render import images
from gitops_clone.render.batch import Rendered
from gitops_clone.render.images import Known
from gitops_clone.render.model import Comparison, EntryPoint, Rendering
from gitops_clone.render.property import difference
from gitops_clone.render.tools import Refused
from gitops_clone.states import Rules


@dataclass(frozen=True, slots=True)
class Case:
    """An entry point, what it renders in the work tree, and at the revision if there is one (`compared`).

    None: it is no entry point there. `again` is it at the revision, rendered a second time.
    """

    point: EntryPoint
    after: Rendered | None
    before: Rendered | None = None
    again: Rendered | None = None
    compared: bool = False


def judge(case: Case, rules: Rules, files: Known) -> Rendering:
    """What came of an entry point; `files` is what the findings in the files say of its images."""
    point, after, before = case.point, case.after, case.before
    if after is None or isinstance(after, Refused):
        reason = after.reason if after else "it is no entry point any more"
        return Rendering(point, reason=reason, comparison=Comparison.BROKEN if isinstance(before, list) else None)
    found = images.find(after, rules, files)
    if not case.compared:
        return Rendering(point, found, point.caveat)
    if before is None or isinstance(before, Refused):
        return Rendering(point, found, point.caveat, Comparison.NEW)
    diff = difference(before, after, rules, case.again if isinstance(case.again, list) else ())
    return Rendering(point, found, point.caveat, Comparison.CHANGED if diff else Comparison.SAME, diff)
