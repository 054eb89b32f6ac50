"""What clusters would pull, found in what real tools render, against what gitops-clone finds in the sources.

The references are searched in the rendered text alone, whatever stands around them (`tests/parts/search.py`). The
folder of repositories is GITOPS_CLONE_CORPUS; of each, some entry points, charts and plain manifests are rendered,
before and after a rewrite that takes all. With RECALL=all it is all of them, which takes minutes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gitops_clone.cli.main import cli
from gitops_clone.image import parse
from tests.layers.rendered import compare_lines, relocated
from tests.parts.renderings import Chart, Plain, Point, Source, render, sources, touched
from tests.parts.search import references
from tests.parts.telling import Tell

FIXTURES = Path(__file__).parents[1] / "fixtures"
CORPUS = os.environ.get("GITOPS_CLONE_CORPUS")
ALL = os.environ.get("RECALL") == "all"
# Test data of programs, and examples by the hundred, would take minutes to render and hide no images in texts.
LEFT_OUT = () if ALL else ("argoproj+argo-cd", "GoogleCloudPlatform+kubernetes-engine-samples")
MOST = {Point: 10, Chart: 5, Plain: 20}  # of a repository


def test_what_is_rendered_is_found_and_relocated_or_explained(tmp_path: Path, tell: Tell) -> None:
    root = tmp_path / "corpus"
    for repository in _repositories():
        shutil.copytree(repository, root / repository.name, copy_function=shutil.copyfile, symlinks=True)
    (root / ".gitops-clone.toml").write_text('certainty = "possible"\n')
    listed = list(chain.from_iterable(_some(list(sources(root / each.name))) for each in _repositories()))
    before = render(listed)
    files = _files(root)
    found: list[dict[str, Any]] = _run("scan", "--format", "json", root)["findings"]
    _run("rewrite", "--no-mirror", "--format", "json", root)
    changed = [path for path, state in _files(root).items() if files.get(path) != state]
    again = list(touched(before, changed))
    after = render(again)
    assert [source for source in again if source not in after] == []
    for source in again:
        compare_lines(before[source], after[source])
    places = Counter(_places(before, after, root, found))
    tell(
        "\n".join((f"{len(listed)} applied, {len(before)} renderings, {len(again)} of changed files:", *_table(places)))
    )
    known = [(place, count) for place, count in places.items() if place[0]]
    missed = sum(count for place, count in known if place[2] in ("missed", "unexplained"))
    assert [place for place, _ in known if place[2] == "unexplained"] == []
    assert missed <= 0.05 * sum(count for _, count in known)


RENDERED = """\
apiVersion: v1
kind: ConfigMap
data:
  config.yaml: |
    worker: quay.io/a/b:1
---
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    acme.io/run: '{"image":"ghcr.io/a/b@sha256:DIGEST"}'
spec:
  template:
    spec:
      containers:
      - args:
        - --worker=oci://docker.io/a/b:1
        env:
        - name: WORKER
          value: quay.io/a/b:1
        image: nginx:1
      workers:
      - quay.io/a/b:1
      - https://quay.io/a/b:1
      worker: quay.io/a/b:1
status:
  ran: quay.io/a/b:1
""".replace("DIGEST", "0a" * 32)


def test_the_search_tells_where_references_stand() -> None:
    assert [(seen.line, seen.where, seen.known) for seen in references(RENDERED)] == [
        (4, "ConfigMap text", True),
        (10, "annotation", True),
        (16, "argument", True),
        (19, "variable", True),
        (20, "image field", False),
        (22, "list", True),
        (24, "other field", True),
        (26, "status", True),
    ]


def _repositories() -> list[Path]:
    folder = Path(CORPUS) if CORPUS else FIXTURES
    return sorted(each for each in folder.resolve().iterdir() if each.is_dir() and each.name not in LEFT_OUT)


def _some(found: Sequence[Source]) -> Iterator[Source]:
    """Of each kind at most so many, spread over all."""
    for kind, most in MOST.items():
        items = [each for each in found if isinstance(each, kind)]
        yield from items if ALL or not items else items[:: -(-len(items) // most)]


def _files(root: Path) -> dict[Path, tuple[int, int]]:
    """What tells whether a file was replaced."""
    found = (Path(top, name) for top, _, names in os.walk(root) for name in names)
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in found if not path.is_symlink()}


def _places(
    before: Mapping[Source, str], after: Mapping[Source, str], root: Path, found: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[bool, str, str, str]]:
    """Each place of a reference: whether its registry is known, its class, what became of it, and what it is."""
    known = _known(found)
    for source, text in before.items():
        lines = after.get(source, text).splitlines()
        repository = source.reads[0].relative_to(root).parts[0]
        for seen in references(text):
            reasons = known.get((repository, seen.reference))
            if (relocated(seen.reference) or "\0") in lines[seen.line]:
                became = "relocated"
            elif reasons is None:
                became = "missed"
            else:
                became = "explained" if any(reasons) else "unexplained"
            yield seen.known, seen.where, became, seen.reference


def _table(places: Mapping[tuple[bool, str, str, str], int]) -> Iterator[str]:
    classes = Counter[tuple[bool, str]]()
    kinds: dict[tuple[bool, str], set[str]] = defaultdict(set)
    became: dict[tuple[bool, str], Counter[str]] = defaultdict(Counter)
    for (known, where, state, reference), count in places.items():
        classes[known, where] += count
        kinds[known, where].add(reference)
        became[known, where][state] += count
    for (known, where), count in sorted(classes.items(), key=lambda item: (not item[0][0], -item[1])):
        states = ", ".join(f"{number} {state}" for state, number in became[known, where].most_common())
        registry = "known registry" if known else "no known registry"
        yield f"  {where}, {registry}: {count} places of {len(kinds[known, where])} references: {states}"
    for (known, where, state, reference), count in sorted(places.items()):
        if state in ("missed", "unexplained"):
            yield f"  {state} in {where}: {reference}{'' if known else ' (no known registry)'}, {count}"


def _known(found: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Each spelling of what was found in a repository, with the reasons of places that are left."""
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for finding in found:
        left = finding["state"] in ("ignored", "unresolved")
        for spelling in _spellings(finding["image"].strip(), finding["upstream"]):
            known[finding["file"].partition("/")[0], spelling] += [finding["reason"]] if left else []
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
