"""Values of charts that are not at hand, or that do not render: their images by shape. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gitops_clone.controllers.model import Applied
from gitops_clone.finding import Finding, Skipped, State
from gitops_clone.releases import shapes
from gitops_clone.releases.charts import Charts
from gitops_clone.releases.judge import Failure, Looked, permission
from gitops_clone.releases.model import At, Release
from gitops_clone.releases.shapes import Shape
from gitops_clone.releases.sources import Unknown
from gitops_clone.releases.survey import Image, Usual, left_to_updater, likely, overridden, place_of
from gitops_clone.states import Rules, classify

NOT_RENDERED = "no entry point renders it with its values"


def look(applied: Applied, charts: Charts) -> Looked | Skipped:
    """The values that an object gives to a chart from elsewhere; `Skipped` where they cannot be read."""
    assert applied.chart is not None
    namespace = applied.namespace or applied.default_namespace
    release = Release(
        applied.chart.name, applied.values, applied.owner, "", namespace, False, applied.images, applied.obstacle
    )  # fmt: skip
    try:
        reading = charts.foreign(release, applied.chart.name)
    except Unknown as error:
        return Skipped(error.file or applied.owner.file, f"{applied.owner}: {error}", line=error.line)
    permit = permission(reading) if _is_bitnami(applied) else {}
    return Looked(reading, permit=permit, failure=Failure(applied.obstacle) if applied.obstacle else None)


def _is_bitnami(applied: Applied) -> bool:
    """Whether a chart refuses relocated images unless it is told not to."""
    return applied.chart is not None and "bitnami" in f"{applied.chart.repository} {applied.chart.name}"


def images(looked: Sequence[Looked], rules: Rules, usual: Usual, used: Iterable[At]) -> list[Image]:
    """The images in values that no release is seen to render; `used` are the texts of those that are.

    Where releases see the same image at one place, what keeps it counts.
    """
    taken = {*used, *usual}
    found: dict[tuple[At, str], Image] = {}
    for number, each in enumerate(looked):
        spots = shapes.effective(each.reading.layers)
        paths = {spot.at: path for path, spot in spots.items()}
        for shape in shapes.find(spots):
            at = shape.lead
            if at in taken:
                continue
            chart = each.reading.absent_chart(paths[at])
            finding = left_to_updater(each.reading.release, _finding(each, shape, chart, rules))
            image = Image(finding, shape.parts, number, used=finding.reason != NOT_RENDERED)
            before = found.setdefault((at, shape.image), image)
            if before.finding.state is not State.UNRESOLVED and image.used:
                found[at, shape.image] = image
    return list(found.values())


def _finding(looked: Looked, shape: Shape, chart: str | None, rules: Rules) -> Finding:
    """The finding of an image that is told by its shape; `chart` is the name of its chart if that is not at hand."""
    release = looked.reading.release
    place = replace(place_of(looked.reading, shape.parts, shape.image), namespace=release.namespace)
    if place.note is not None:
        return classify(place, rules)
    if looked.failure is not None and (chart is None or not looked.failure.refused):
        return classify(replace(place, note=f"{release} cannot be rendered here: {looked.failure.reason}"), rules)
    if chart is None and looked.reading.failing:
        template, reason = next(iter(looked.reading.failing.items()))
        return classify(replace(place, note=f"{template} cannot be rendered here: {reason}"), rules)
    if chart is None:
        return classify(replace(place, note=NOT_RENDERED, ignored=True), rules)
    if (override := overridden(release, shape.image)) is not None:
        return classify(replace(place, note=override[0], ignored=override[1]), rules)
    doubt = shapes.doubt(shape, chart) or release.doubt
    if doubt is None:
        return classify(place, rules)
    if doubt in (shapes.NO_HOST, release.doubt):
        return likely(place, doubt, rules)
    return classify(replace(place, note=doubt), rules)
