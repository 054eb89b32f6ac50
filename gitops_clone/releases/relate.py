"""The findings of files, seen in the releases that they are parts of: what is rendered, from which values, as what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gitops_clone.amendments import Amender
from gitops_clone.charts.texts import Texts
from gitops_clone.controllers import others
from gitops_clone.controllers import sources as config
from gitops_clone.controllers.model import Applied, Kind, ValuesForm
from gitops_clone.controllers.read import MARKS
from gitops_clone.controllers.read import find as find_applied
from gitops_clone.finders.catalogue import Catalogue, Form
from gitops_clone.finding import Finding, Skipped
from gitops_clone.helm.errors import BadChart
from gitops_clone.layers import graph as graphs
from gitops_clone.layers.kustomization import NAMES
from gitops_clone.layers.near import read_all
from gitops_clone.releases import foreign
from gitops_clone.releases.charts import Charts
from gitops_clone.releases.compose import lead
from gitops_clone.releases.explain import stated
from gitops_clone.releases.find import CHART, chart_folders, is_library, releases, without_chart
from gitops_clone.releases.inflated import MARK, inflated
from gitops_clone.releases.judge import Looked, look
from gitops_clone.releases.literal import rendered, told
from gitops_clone.releases.model import At, Release
from gitops_clone.releases.overlays import variants
from gitops_clone.releases.overrides import overrides
from gitops_clone.releases.releases import Releases
from gitops_clone.releases.sources import Unknown
from gitops_clone.releases.survey import at_of, images
from gitops_clone.states import Rules


class Related(NamedTuple):
    """The findings as the releases leave them, what was passed over, and what edits values and post-renderers."""

    findings: list[Finding]
    skipped: list[Skipped]
    amenders: tuple[Amender, ...] = ()


def relate(
    root: Path,
    findings: Sequence[Finding],
    files: Collection[str],
    names: Collection[str],
    rules: Rules,
    applied: Sequence[Applied] | None = None,
) -> Related:
    """See the findings of a run's `files` in the releases of the repository; `names` are all its manifests.

    `applied` is what their objects of Flux and Argo CD apply, in the order of names, if that is known.
    """
    content = _content(root)
    folders = [folder for folder in chart_folders(names) if not is_library(content(_inside(folder, CHART)) or b"")]
    applied = _applied(root, names, content, rules.catalogue, folders, applied)
    charts = Charts(root, content)
    seen = [
        _look(charts, release, rules)
        for release in releases(folders, frozenset(names), applied)
        if _concerns(release, files)
    ]
    known = frozenset(folders)
    seen += [foreign.look(each, charts) for each in applied if _is_foreign(each, known) and _gives(each, files)]
    skipped = [each for each in seen if isinstance(each, Skipped)]
    skipped += (Skipped(name, "beside templates/, but without a Chart.yaml") for name in without_chart(names, files))
    looked = [each for each in seen if isinstance(each, Looked)]
    entries = overrides(applied, looked, Texts(content), files, rules)
    above = [finding for entry in entries.entries for finding in entry.findings]
    amenders: tuple[Amender, ...] = (entries,) if above else ()
    if not looked:
        return Related(_sorted([*findings, *above]), skipped, amenders)
    literal = rendered(looked)
    findings = [
        told(each, (place for at in _places(each) for place in literal.get(at, ())), rules) for each in findings
    ]
    usual = dict(_usual(findings, literal, rules))
    found = images(looked, rules, usual)
    used = [at for image in found if (at := lead(image.parts)) is not None]
    found += foreign.images(looked, rules, usual, used)
    made = Releases(tuple(looked), tuple(found), rules, frozenset(files), charts.render, frozenset(usual))
    return Related(_sorted([*stated(findings, made), *above]), skipped, (made, *amenders))


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.place.file)


def _content(root: Path) -> Callable[[str], bytes | None]:
    def content(name: str) -> bytes | None:
        try:
            return (root / name).read_bytes()
        except OSError:
            return None

    return content


def _applied(
    root: Path,
    names: Collection[str],
    content: Callable[[str], bytes | None],
    catalogue: Catalogue,
    folders: Collection[str],
    known: Sequence[Applied] | None,
) -> list[Applied]:
    """What the objects of Flux, Argo CD and other tools apply, with what they refer to in the repository.

    And the charts that kustomizations inflate; `folders` are the charts of the repository, `known` what objects of Flux
    and Argo CD apply.
    """

    def contents() -> Iterator[tuple[str, bytes]]:
        for name in sorted(names):
            if (data := content(name)) is not None:
                yield name, data

    marks = (*MARKS, *catalogue.marks_of(Form.VALUES))
    marked = [(name, data) for name, data in contents() if any(mark in data for mark in marks)]
    elsewhere = [each for name, data in marked for each in others.find(name, data, catalogue)]
    if known is None:
        known = [each for name, data in marked for each in find_applied(name, data)]
    applied = config.charts(known, config.sources(marked))
    if any(values.form is ValuesForm.REFERENCE for each in applied for values in each.values):
        applied = config.resolve(applied, config.config_maps(contents(), content))
    releases_of_flux = any(each.owner.kind is Kind.HELM_RELEASE for each in applied)
    files = [name for name in sorted(names) if name.rpartition("/")[2] in NAMES]
    inflating = any(MARK in (content(name) or b"") for name in files)
    if not releases_of_flux and not inflating:
        return [*applied, *elsewhere]
    graph = graphs.build(read_all(root, files)[0], names)
    charts = inflated(graph, folders, applied, content) if inflating else []
    return [*(variants(applied, graph, content) if releases_of_flux else applied), *elsewhere, *charts]


def _inside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _concerns(release: Release, files: Collection[str]) -> bool:
    """Whether a release is made of any of the files."""
    prefix = _inside(release.chart, "")
    return any(name.startswith(prefix) for name in files) or any(values.file in files for values in release.values)


def _is_foreign(applied: Applied, folders: Collection[str]) -> bool:
    """Whether an object gives values to a chart that is not in the repository."""
    return applied.chart is not None and bool(applied.values) and applied.path not in folders


def _gives(applied: Applied, files: Collection[str]) -> bool:
    return applied.owner.file in files or any(values.file in files for values in applied.values)


def _look(charts: Charts, release: Release, rules: Rules) -> Looked | Skipped:
    """What a release renders; `Skipped` where its chart or values cannot be read."""
    try:
        return look(charts.reading(release), charts.render, rules.catalogue, charts.templates(release))
    except BadChart as error:
        return Skipped(error.file, f"{release} is not rendered: {error.reason}", line=error.line)
    except Unknown as error:
        return Skipped(
            error.file or _inside(release.chart, CHART), f"{release} is not rendered: {error}", line=error.line
        )


def _usual(findings: Iterable[Finding], literal: Collection[At], rules: Rules) -> Iterator[tuple[At, Finding]]:
    """The findings that files have by themselves: what is sure, and what stands in templates (`literal`)."""
    for finding in findings:
        places = list(_places(finding))
        if rules.certainty.includes(finding.place.certainty) or any(at in literal for at in places):
            yield from ((at, finding) for at in places)


def _places(finding: Finding) -> Iterator[At]:
    """The place of a finding, and where it stands as a line of a template."""
    place = finding.place
    yield at_of(place)
    if place.text_pointer is not None:
        yield At(place.file, f"~{place.line}:{place.column}")
