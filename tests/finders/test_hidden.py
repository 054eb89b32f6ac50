"""Images that no field names: how likely each is, by its place, and what is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_clone.finding import Certainty, Finding
from tests.looking import RULES, findings, look, rewritten

LIKELY = replace(RULES, certainty=Certainty.LIKELY)
POSSIBLE = replace(RULES, certainty=Certainty.POSSIBLE)
IMAGE = "quay.io/acme/reloader:v0.9"
MOVED = "localhost:5001/quay_io/acme/reloader:v0.9"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
OPERATOR = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: operator}
spec:
  template:
    spec:
      containers:
      - name: operator
        image: quay.io/acme/operator:v0.9
"""


def hidden(text: str) -> list[Finding]:
    """What is found besides image fields."""
    return [
        finding for finding in findings(text, POSSIBLE) if finding.place.rule and finding.place.rule.kind == "shape"
    ]


def one(text: str) -> Finding:
    (finding,) = hidden(text)
    return finding


@pytest.mark.parametrize(
    "lines",
    [
        "        args: [--reloader={}]",
        '        args:\n        - "--reloader={}" # a comment',
        "        args: [--reloader, '{}']",
        "        command: [/operator, --reloader={}, --verbose]",
        "        args: [--images=a={},b]",
        "        env:\n        - name: RELOADER\n          value: {}",
        "        env:\n        - {{name: RELOADER_IMAGE, value: '{}'}}",
        "        env:\n        - name: RELOADERS\n          value: |\n            1={}\n            2=none\n",
        "        env:\n        - name: RELOADERS\n          value: >-\n            1={}\n            2=none\n",
        '        env:\n        - name: RELOADERS\n          value: "1={}\\n2=none"',
    ],
)
def test_arguments_and_environment_are_likely(lines: str) -> None:
    text = OPERATOR + lines.format(IMAGE) + "\n"
    finding = one(text)
    assert (finding.place.image, finding.place.certainty, finding.state) == (IMAGE, "likely", "upstream")
    moved = rewritten(text.encode(), LIKELY).decode()
    assert moved == text.replace(IMAGE, MOVED).replace("quay.io/acme/operator", "localhost:5001/quay_io/acme/operator")


def test_several_references_in_one_scalar_move_together() -> None:
    text = OPERATOR + '        args: ["--a=quay.io/a:1,quay.io/b:2", "--c=quay.io/c:3"]\n'
    assert [(f.place.image, f.place.inner) for f in hidden(text)] == [
        ("quay.io/a:1", "#0"),
        ("quay.io/b:2", "#1"),
        ("quay.io/c:3", "#0"),
    ]
    moved = rewritten(text.encode(), LIKELY).decode()
    assert '["--a=localhost:5001/quay_io/a:1,localhost:5001/quay_io/b:2", "--c=localhost:5001/quay_io/c:3"]' in moved


@pytest.mark.parametrize("key", ["reloader-image", "RELOADER_IMAGE", "images", "reloaderImage"])
def test_data_of_a_config_map_is_likely_where_its_key_speaks_of_images(key: str) -> None:
    finding = one(f"kind: ConfigMap\ndata:\n  {key}: {IMAGE}\n")
    assert (finding.place.certainty, finding.place.inner) == ("likely", "")
    assert one(f"kind: ConfigMap\ndata:\n  reloader: {IMAGE}\n").place.certainty == "possible"


def test_a_field_is_likely_where_its_name_speaks_of_images() -> None:
    text = "apiVersion: acme.io/v1\nkind: Reloader\nspec:\n  {}: {}\n"
    assert one(text.format("reloaderImage", IMAGE)).place.certainty == "likely"
    assert one(text.format("reloader", IMAGE)).place.certainty == "possible"


def test_a_script_is_possible() -> None:
    text = OPERATOR + f"        command: [sh, -c, 'run --with {IMAGE}']\n"
    assert one(text).place.certainty == "possible"


def test_what_is_less_sure_than_asked_is_left_and_says_how_to_take_it() -> None:
    text = OPERATOR + f"        args: [--reloader={IMAGE}, 'run --with {IMAGE}']\n"
    seen = [(f.place.certainty.value, f.state.value, f.reason) for f in findings(text)]
    assert seen == [
        ("certain", "upstream", None),
        ("likely", "ignored", "likely, not certain: --certainty likely takes it"),
        ("possible", "ignored", "possible, not certain: --certainty possible takes it"),
    ]
    taken = [f.state.value for f in findings(text, LIKELY)]
    assert taken == ["upstream", "upstream", "ignored"]
    assert IMAGE in rewritten(text.encode()).decode()


def test_a_folded_reference_is_left() -> None:
    text = OPERATOR + '        args: ["--reloader=quay.io/acme/\\\n          reloader:v0.9"]\n'
    assert (one(text).state, one(text).reason) == ("unresolved", "its text is folded or escaped")


def test_comments_ignore() -> None:
    text = OPERATOR + f"        args:\n        - --reloader={IMAGE} # gitops-clone: ignore\n"
    assert (one(text).state, one(text).reason) == ("ignored", "comment gitops-clone: ignore")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"kind: Pod\nstatus:\n  message: pulled {IMAGE}\n", "status: what the cluster reported"),
        (
            f"kind: Pod\nmetadata: {{annotations: {{{LAST_APPLIED}: '[\"{IMAGE}\"]'}}}}\n",
            "a record of what was applied last, written by kubectl",
        ),
        (
            f"kind: ConfigMap\ndata:\n  _example: |\n    # the image\n    image: {IMAGE}\n",
            "documentation, which Knative checks by a checksum",
        ),
        (
            f"apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec:\n  rules:\n  - allowed: {IMAGE}\n",
            "a policy: it names images and does not pull them",
        ),
        (
            f"apiVersion: constraints.gatekeeper.sh/v1\nkind: Repos\nspec: {{parameters: {{repos: [{IMAGE}]}}}}\n",
            "a policy: it names images and does not pull them",
        ),
        (f"kind: Thing\nspec:\n  description: like {IMAGE}\n", "a text for people"),
        (OPERATOR + f"        args: [--destination={IMAGE}]\n", "a push target"),
        (OPERATOR + f"        args: [--destination, {IMAGE}]\n", "a push target"),
        (OPERATOR + f"        command: [sh, -c, docker push {IMAGE}]\n", "a push target"),
        (OPERATOR + f"        env: [{{name: OUTPUT_IMAGE, value: {IMAGE}}}]\n", "a push target"),
    ],
)
def test_what_only_names_an_image_is_left_and_says_why(text: str, reason: str) -> None:
    finding = one(text)
    assert (finding.state, finding.reason) == ("ignored", reason)
    assert IMAGE in rewritten(text.encode(), POSSIBLE).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"kind: Pod\n# {IMAGE}\nspec: {{a: b}}\n",
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {{default: '{IMAGE}'}}\n",
        f"version: 1\nservices: {{a: {{from: '{IMAGE}'}}}}\n",
    ],
)
def test_what_is_no_object_or_a_comment_is_not_looked_at(text: str) -> None:
    assert look(text, POSSIBLE).findings == ()
