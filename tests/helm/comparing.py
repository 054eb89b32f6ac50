"""Templates rendered by us and by the real Helm, many in one call of it: starting Helm costs more than rendering."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gitops_clone.helm import chart
from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.gotypes import Value
from gitops_clone.helm.render import render, rendered_text
from tests.parts import helm
from tests.parts.helm import Job

_CHART = "apiVersion: v2\nname: {name}\nversion: 1.2.3\nappVersion: 4.5.6\n"
# Whatever a template writes, as a document.
_CASE = 'text: {{ include (printf "%s/_case.tpl" .Template.BasePath) . | toJson }}\n'


class Answer(NamedTuple):
    """What a template makes: a text, or why there is none."""

    text: str | None
    refused: bool = False
    reason: str = ""

    @property
    def is_unsupported(self) -> bool:
        return self.text is None and not self.refused


def write(folder: Path, files: Mapping[str, str], name: str = "c") -> Path:
    """A chart folder with these files; a Chart.yaml comes by itself."""
    for path, text in {"Chart.yaml": _CHART.format(name=name), **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def answer(folder: Path) -> Answer:
    """What we make of a chart."""
    try:
        return Answer(rendered_text(render(chart.read(folder.parent, folder.name), seconds=60)))
    except Refused as error:
        return Answer(None, refused=True, reason=error.reason)
    except Unsupported as error:
        return Answer(None, reason=error.reason)


def compare(
    folder: Path, templates: Sequence[str], values: Mapping[str, Value], refusals: int | None = None
) -> list[Answer]:
    """Our answer to each template, once Helm has given the same: texts in one call, refusals in one call each.

    Of the refusals, some may be enough. What is unsupported here is left out, and for the caller to judge.
    """
    files = [_files(template, values) for template in templates]
    alone = [write(folder / f"alone{number}" / "c", each) for number, each in enumerate(files)]
    answers = [answer(each) for each in alone]
    good = [each for each, given in zip(files, answers, strict=True) if given.text is not None]
    if good:
        # A chart each: what one template changes with `set` is no other's business.
        many = write(folder / "many", {})
        for number, each in enumerate(good):
            write(many / "charts" / f"s{number}", each, name=f"s{number}")
        assert_same(answer(many), helm.template(Job(many)))
    refused = [each for each, given in zip(alone, answers, strict=True) if given.refused][:refusals]
    for path, done in zip(refused, helm.template_all([Job(each) for each in refused]), strict=True):
        template = (path / "templates" / "_case.tpl").read_text()
        assert done.text is None, f"refused here, and Helm takes it: {template}"
    return answers


def assert_same(given: Answer, done: helm.Done) -> None:
    """Fail with the first document that differs."""
    assert done.text is not None, done.error
    assert given.text is not None, given.reason
    for one, other in zip(given.text.split("---\n"), done.text.split("---\n"), strict=True):
        assert one.strip() == other.strip(), f"Helm renders\n{other}\nand we\n{one}"


def _files(template: str, values: Mapping[str, Value]) -> dict[str, str]:
    return {"values.yaml": json.dumps(values), "templates/_case.tpl": template, "templates/case.yaml": _CASE}
