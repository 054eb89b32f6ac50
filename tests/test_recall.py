"""What clusters would pull, found in what real tools render, against what gitops-clone finds in the sources.

The references are searched in the rendered text alone, whatever stands around them. The folder of repositories is
GITOPS_CLONE_CORPUS; of each, some entry points and charts are rendered, before and after a rewrite that takes all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gitops_clone.cli.main import cli
from gitops_clone.image import parse
from gitops_clone.layers import graph
from gitops_clone.layers.near import read_all
from gitops_clone.releases.find import chart_folders
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from tests.layers.rendered import compare_lines
from tests.parts import helm, kustomize
from tests.parts.helm import Job
from tests.parts.telling import Tell

FIXTURES = Path(__file__).parents[1] / "fixtures"
CORPUS = os.environ.get("GITOPS_CLONE_CORPUS")
# Test data of programs, and examples by the hundred, would take minutes to render and hide no images in texts.
LEFT_OUT = ("argoproj+argo-cd", "GoogleCloudPlatform+kubernetes-engine-samples")
POINTS, CHARTS = 16, 6  # of a repository

_REGISTRIES = (
    r"(?:(?:index\.)?docker\.io|quay\.io|ghcr\.io|(?:[a-z-]+\.)?gcr\.io|registry\.k8s\.io|[a-z0-9-]+-docker\.pkg\.dev"
    r"|public\.ecr\.aws|mcr\.microsoft\.com|nvcr\.io|docker\.elastic\.co|registry(?:\.access)?\.redhat\.com"
    r"|registry\.redhat\.io|registry\.gitlab\.com|xpkg\.upbound\.io|cgr\.dev|lscr\.io|code\.forgejo\.org)"
)
_REFERENCE = re.compile(
    rf"(?<![\w./-]){_REGISTRIES}/[a-z0-9][a-z0-9._/-]*"
    r"(?::\w[\w.-]*(?<![.-])(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})(?![\w@/])"
)
# The hash at the end of a generated name changes with the content (the alphabet is kustomize's).
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}\b")
# What differs in two renderings of one chart.
_RANDOM = re.compile(
    r"^ +(?:[\w-]*pass\w*|name|tls\.\w+|ca\.\w+|caBundle|checksum/\S+): .*\n", re.MULTILINE | re.IGNORECASE
)


def test_what_is_rendered_is_found_and_relocated_or_explained(tmp_path: Path, tell: Tell) -> None:
    root = tmp_path / "corpus"
    for repository in _repositories():
        shutil.copytree(repository, root / repository.name, copy_function=shutil.copyfile, symlinks=True)
    (root / ".gitops-clone.toml").write_text('certainty = "possible"\n')
    points, charts = list(_points(root)), list(_charts(root))
    before = _rendered(points, charts)
    found: list[dict[str, Any]] = _run("scan", "--format", "json", root)["findings"]
    _run("rewrite", "--no-mirror", "--format", "json", root)
    after = _rendered(points, charts)
    assert before.keys() <= after.keys()
    for name, text in before.items():
        compare_lines(text, after[name])
    counted, classes = _references(before.values())
    known = _known(found)
    missed = sorted(reference for reference in counted if reference not in known)
    unexplained = sorted(
        reference
        for reference in counted.keys() & _references(after.values())[0].keys()
        if reference in known and not known[reference]
    )
    tell(
        f"{len(before)} of {len(points) + len(charts)} render: {len(counted)} references in "
        f"{', '.join(f'{count} {name}' for name, count in classes.most_common())}; "
        f"{len(counted) - len(missed)} found, not {missed}"
    )
    assert unexplained == []
    assert len(missed) <= 0.05 * len(counted)


def _repositories() -> list[Path]:
    folder = Path(CORPUS) if CORPUS else FIXTURES
    return sorted(each for each in folder.resolve().iterdir() if each.is_dir() and each.name not in LEFT_OUT)


def _points(root: Path) -> Iterator[Path]:
    """Some kustomizations of each repository that no other one includes."""
    for repository in sorted(root.iterdir()):
        if repository.is_dir():
            listed = Root(repository, git=False)
            names, _ = list_files(listed, [repository], [])
            layers = graph.build(read_all(repository, list_kustomizations(listed))[0], {*names})
            yield from _some([repository / folder for folder in sorted(layers.entry_points)], POINTS)


def _charts(root: Path) -> Iterator[Path]:
    for repository in sorted(root.iterdir()):
        if repository.is_dir():
            names, _ = list_files(Root(repository, git=False), [repository], [])
            yield from _some([repository / folder for folder in chart_folders(names)], CHARTS)


def _some(items: Sequence[Path], most: int) -> Sequence[Path]:
    """At most so many, spread over all."""
    return items[:: -(-len(items) // most)] if items else items


def _rendered(points: Sequence[Path], charts: Sequence[Path]) -> dict[Path, str]:
    """What each renders that does so offline, without what changes from one rendering to the next."""
    built = kustomize.build_all([*points])
    texts = {folder: _HASH.sub("", text) for folder, text in built.items()}
    done = zip(charts, helm.template_all([Job(chart) for chart in charts]), strict=True)
    texts |= {chart: _RANDOM.sub("", each.text) for chart, each in done if each.text is not None}
    # So that each reference is a word of its own.
    return {name: re.sub(r"(?:oci|docker)://|\\\\(?=\")", "", text) for name, text in texts.items()}


def _references(texts: Iterator[str] | Any) -> tuple[Counter[str], Counter[str]]:
    """The references in texts, and in how many places of which class they stand."""
    counted: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    for text in texts:
        for line in text.splitlines():
            for match in _REFERENCE.finditer(line):
                counted[match[0]] += 1
                classes[_class(line, match.start())] += 1
    return counted, classes


def _class(line: str, start: int) -> str:
    before = line[:start].strip(" -\"'")
    if before in ("image:", "reference:"):
        return "image fields"
    if re.fullmatch(r"[\w.-]+=|", before):
        return "arguments and lists"
    return "variables" if before == "value:" else "other fields" if re.fullmatch(r"[\w./-]+:", before) else "texts"


def _known(found: Sequence[dict[str, Any]]) -> dict[str, bool]:
    """Each spelling of what was found; whether some place of it is left with a reason."""
    known: dict[str, bool] = {}
    for finding in found:
        left = finding["state"] in ("ignored", "unresolved") and bool(finding["reason"])
        for spelling in _spellings(finding["image"].strip(), finding["upstream"]):
            known[spelling] = known.get(spelling, False) or left
    return known


def _spellings(image: str, upstream: str | None) -> Iterator[str]:
    yield image
    if upstream is not None:
        text = str(parse(upstream))
        yield text
        yield text.removeprefix("index.")
        yield text.removeprefix("index.").replace("docker.io/library/", "docker.io/")


def _run(*arguments: str | Path) -> Any:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code in (0, 2), done.output
    return json.loads(done.stdout)
