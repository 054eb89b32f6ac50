"""Lines without a finding: what is said of them, and that what is advised has its effect."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from gitops_clone.config_rows import rows
from gitops_clone.explain.advice import for_value
from gitops_clone.explain.lines import NoSuchLine, Stands, look
from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.states import Rules
from tests.looking import RULES, findings


def _look(text: str, number: int, name: str = "app.yaml") -> Stands:
    return look(name, text.encode(), number, SHIPPED)


CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  image: {type: string}\n"
TASK = (
    "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n    - imgae: nginx:1\n    - image:\n    - image: {a: b}\n"
)
FOLDED = "kind: ConfigMap\ndata:\n  a: >\n    one\n    two nginx:1\n"


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("a: 1\n\nb: 2\n", 2, "nothing"),
        ("a: 1\n---\nb: 2\n", 2, "nothing"),
        ("# nginx:1\na: 1\n", 1, "a comment"),
        ("a:\n  [\n  1]\n", 2, "no value"),
        ("a: nginx:1\n", 1, "no `kind`"),
        (CRD, 4, "custom resource definition"),
        (TASK, 5, "no row of the catalogue for tekton.dev/Task spec.steps[].imgae"),
        (TASK, 6, "has no value"),
        (TASK, 4, "the key `steps` has more than one text"),
        ("kind: Pod\nstatus:\n  a: nginx:1\n", 3, "a status"),
        ("kind: Pod\nspec:\n  host: IfNotPresent\n", 3, "no image reference: the repository name must be lower-case"),
        ("kind: Pod\nspec:\n  host: https://a.b/c\n", 3, "a URL"),
        (
            "apiVersion: acme.io/v1\nkind: Widget\nspec: {engine: 'a/b:1'}\n",
            3,
            "no row of the catalogue for acme.io/Widget,",
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nspec:\n  sourceRepos:\n    - ghcr.io/acme/charts\n",
            5,
            "a row of the catalogue leaves it alone: allowed sources",
        ),
        (FOLDED, 5, "no image reference"),
        ("kind: Pod\nspec:\n  {{- if .x }}\n  host: nginx:1\n  {{- end }}\n", 4, "a line of a template"),
        ("kind: Pod\nspec: [\n", 2, "does not parse"),
        ("---\nkind: Pod\nspec:\n  host: nginx:1\n---\nkind: Pod\nspec: {\n", 4, "no row of the catalogue for Pod"),
    ],
)
def test_why_it_is_none(text: str, number: int, said: str) -> None:
    for crlf in (text, text.replace("\n", "\r\n")):
        assert said in _look(crlf, number).why


def test_kustomizations_select_by_names() -> None:
    text = "kind: Kustomization\nimages:\n  - name: nginx\n    newTag: '1'\n"
    assert "selects images" in _look(text, 3, "a/kustomization.yaml").why


def test_the_end_of_the_file() -> None:
    for text, count in (("a: 1\n", 1), ("a: 1\nb: 2", 2), ("", 0)):
        with pytest.raises(NoSuchLine, match=f"it has {count} line"):
            _look(text, count + 1)
    assert _look("\ufeffa: 1\n", 1).text == "1"
    assert "not UTF-16" in look("a.yaml", b"\xff\xfea\x00b", 1, SHIPPED).why


def test_columns_and_places() -> None:
    found = _look("apiVersion: acme.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {ü: 1, engine: a/b:1}\n", 4)
    assert (found.text, found.column, found.pointer) == ("a/b:1", 22, "/spec/engine")
    assert found.place is not None
    assert found.place.owner == "Widget w"


@pytest.mark.parametrize("kind", ["kind: Secret", '"kind": "Secret"', "{{ x }}\nkind: Secret"])
def test_what_a_secret_holds_is_not_shown(kind: str) -> None:
    text = f"{kind}\ndata:\n  password: acme/hunter:2\n"
    told = _look(text, text.count("\n"))
    assert "hunter" not in told.text + told.why + "".join(advice.text for advice in for_value(told))


def test_the_nearest_rows() -> None:
    assert _look(TASK, 5).rows[0] == "tekton.dev/Task spec.steps[].image"
    wrong_group = "apiVersion: tekton.io/v1\nkind: Task\nspec:\n  steps:\n    - image: a/b:1\n"
    assert all(row.startswith("tekton.dev/Task ") for row in _look(wrong_group, 5).rows)


WIDGET = "apiVersion: acme.io/v1\nkind: Widget\nmetadata: {name: w}\n"


POD = "kind: Pod\nmetadata:\n  annotations:\n    acme.io/engine: acme/a:1\nspec:\n  containers:\n    - name: a\n"
MAP = "kind: ConfigMap\nmetadata: {name: c}\ndata:\n  c: |\n"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f"{WIDGET}spec:\n  engine: acme/a:1\n", 5),
        (f"{WIDGET}spec:\n  parts:\n    - name: x\n      engine: acme/a:1\n", 7),
        (f'{WIDGET}spec:\n  "dotted.key": acme/a:1\n', 5),
        (POD, 4),
        (f"{POD}      env:\n        - {{name: B, value: x}}\n        - name: ACME\n          value: acme/a:1\n", 11),
        (f"{POD}      args: [x]\n      command:\n        - run\n        - --engine=acme/a:1\n", 11),
        (f"{POD}      args:\n        - --engine\n        - acme/a:1\n", 10),
        ("kind: ConfigMap\nmetadata: {name: c}\ndata:\n  engine: acme/a:1\n", 4),
        (f"{MAP}    engine: acme/a:1\n", 5),
        (f'{MAP}    {{"a": 1,\n     "engine": "acme/a:1"}}\n', 6),
        (f"{MAP}    # comment\n    x=1\n    engine=acme/a:1\n", 7),
        (f"{MAP}    kind: Pod\n    spec:\n      containers:\n        - image: acme/a:1\n", 8),
    ],
)
def test_the_row_that_is_advised_finds_the_place(text: str, number: int) -> None:
    def certain(rules: Rules) -> list[tuple[str, int, str]]:
        found = [each for each in findings(text, rules) if each.state == "upstream"]
        return [(each.place.image, each.place.line, each.place.certainty.value) for each in found]

    assert ("acme/a:1", number, "certain") not in certain(RULES)
    (told,) = for_value(_look(text, number))
    added = Catalogue(rows(tomllib.loads(told.text)["catalogue"]))
    assert certain(replace(RULES, catalogue=added)) == [("acme/a:1", number, "certain")]


def test_nothing_is_advised_for_what_no_row_helps() -> None:
    for text, number in ((CRD, 4), (TASK, 4), (FOLDED, 5), ("kind: Pod\nspec:\n  host: word\n", 3), ("a: b/c:1\n", 1)):
        assert list(for_value(_look(text, number))) == []
