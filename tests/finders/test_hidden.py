"""Images that no field names: how likely each is, by its place, and what is left."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gitops_clone.finding import Certainty, Finding
from tests.looking import RULES, findings, look, rewritten

LIKELY = replace(RULES, certainty=Certainty.LIKELY)
POSSIBLE = replace(RULES, certainty=Certainty.POSSIBLE)
IMAGE = "quay.io/acme/reloader:v0.9"
MOVED = "localhost:5001/quay_io/acme/reloader:v0.9"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_HIDDEN = ("shape", "name of its key")
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
        finding for finding in findings(text, POSSIBLE) if finding.place.rule and finding.place.rule.kind in _HIDDEN
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


def test_what_follows_oci_may_be_an_artifact_of_any_kind() -> None:
    text = OPERATOR + f"        args: [--reloader=oci://{IMAGE}]\n"
    assert one(text).place.certainty == "possible"


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


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("shellImage: acme/shell:1", True),
        ("shell_image: acme/shell:1", True),
        ("shell-image: 'acme/shell@sha256:" + "0a" * 32 + "'", True),
        ("image: acme/team/shell:1", True),
        ("image: shell:1", False),
        ("image: acme/shell", False),
        ("imagePullPolicy: acme/shell:1", False),
        ("imageName: acme/shell:1", False),
        ("pilgrimage: acme/shell:1", False),
        ("source: acme/shell:1", False),
        ("image: ACME/shell:1", False),
        ("image: acme/shell:1 and more", False),
    ],
)
def test_a_name_that_says_image_is_enough_for_a_path_with_a_tag(place: str, found: bool) -> None:
    text = f"apiVersion: acme.io/v1\nkind: Thing\nspec: {{a: b}}\nmore:\n  {place}\n"
    assert [f.place.certainty.value for f in hidden(text)] == ["likely"] * found


@pytest.mark.parametrize(
    "lines",
    [
        "args: [--worker-image=acme/shell:1]",
        "args: [--worker-image, 'acme/shell:1']",
        "env: [{name: SHELL_IMAGE, value: 'acme/shell:1'}]",
    ],
)
def test_so_does_the_name_of_a_flag_or_of_a_variable(lines: str) -> None:
    finding = one(f"{OPERATOR}        {lines}\n")
    assert (finding.place.image, finding.place.certainty) == ("acme/shell:1", "likely")


CONFIG = "apiVersion: v1\nkind: ConfigMap\ndata:\n"


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (
            "  pod.yaml: |\n    kind: Pod\n    spec:\n      containers:\n      - image: {}\n",
            "#0/spec/containers/0/image",
        ),
        ("  two.yaml: |\n    a: b\n    ---\n    containers: [{{image: '{}'}}]\n", "#1/containers/0/image"),
        ('  job.json: \'{{"containers": [{{"image": "{}"}}]}}\'\n', "#0/containers/0/image"),
        ('  job.json: "{{\\"containers\\": [{{\\"image\\": \\"{}\\"}}]}}"\n', "#0/containers/0/image"),
        ('  a.toml: |-\n    [a]\n    image = "{}"   # kept\n', "#0/a/image"),
        ("  a.properties: |\n    the.image = {}\n    b=c\n", "#0/the.image"),
        (
            '  deep.yaml: |\n    config.json: |\n      {{"image": "{}"}}\n    n: 1\n',
            "#0/config.json#0/image",
        ),
    ],
)
def test_texts_in_scalars(text: str, inner: str) -> None:
    before = CONFIG + text.format(IMAGE)
    (finding,) = findings(before, LIKELY)
    assert (finding.place.image, finding.place.inner, finding.place.certainty) == (IMAGE, inner, "likely")
    assert rewritten(before.encode(), LIKELY).decode() == CONFIG + text.format(MOVED)


def test_a_comment_in_a_text_ignores_and_names_nothing() -> None:
    text = f"{CONFIG}  a.yaml: |\n    # {IMAGE}\n    image: {IMAGE} # gitops-clone: ignore\n    b: c\n"
    assert [(f.place.line, f.state, f.reason) for f in findings(text, LIKELY)] == [
        (6, "ignored", "comment gitops-clone: ignore")
    ]


def test_a_text_that_shares_an_anchor_or_a_key_with_another_is_left() -> None:
    twice = f"{CONFIG}  a.yaml: |\n    image: {IMAGE}\n    image: {IMAGE}\n"
    assert {f.reason for f in findings(twice, LIKELY)} <= {"a key on the way to it stands twice in its text", None}
    assert rewritten(twice.encode(), LIKELY).count(MOVED.encode()) in (0, 1, 2)


def test_what_stands_deeper_than_two_texts_is_told_by_its_shape() -> None:
    deep = json.dumps({"a": json.dumps({"b": json.dumps({"image": IMAGE})})})
    (finding,) = findings(json.dumps({"kind": "ConfigMap", "data": {"x.json": deep}}), POSSIBLE)
    assert (finding.place.image, finding.place.inner) == (IMAGE, "#0/a#0/b#0")


@pytest.mark.parametrize("text", ["{", "a: [", "[a]\nb", "not: [one", "\t- x: y"])
def test_a_broken_text_hides_nothing(text: str) -> None:
    manifest = json.dumps({"kind": "ConfigMap", "data": {"image": f"{text}\n{IMAGE}\n"}})
    assert [f.place.image for f in findings(manifest, POSSIBLE)] == [IMAGE]


def test_secrets_are_not_decoded() -> None:
    assert findings(f"kind: Secret\ndata: {{image: '{IMAGE}'}}\n", POSSIBLE) == []
    (finding,) = findings(f"kind: Secret\nstringData: {{a: '{IMAGE}'}}\n", POSSIBLE)
    assert finding.place.certainty == "possible"


def test_a_row_that_names_no_image_holds_in_a_text_too() -> None:
    config = f"deployment:\n      image_name: {IMAGE}\n"
    text = f"kind: ConfigMap\nmetadata: {{name: kiali}}\ndata:\n  config.yaml: |\n    {config}"
    assert [(f.state, f.reason) for f in findings(text, POSSIBLE)] == [
        ("ignored", "what was deployed: Kiali itself pulls nothing")
    ]
