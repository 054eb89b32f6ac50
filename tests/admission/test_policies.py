"""What admission policies mean for images that move, told by the objects as people write them."""

from __future__ import annotations

import pytest

from gitops_clone.admission.join import join
from gitops_clone.admission.judge import Relocation, judge
from gitops_clone.admission.model import Known
from gitops_clone.admission.read import find
from gitops_clone.admission.told import remedy, sentence

BACKUP = "registry.acme.io/mirror"
MOVED = [
    Relocation("ghcr.io/acme/shop:1", f"{BACKUP}/ghcr_io/acme/shop:1"),
    Relocation("index.docker.io/library/nginx:1", f"{BACKUP}/index_docker_io/library/nginx:1"),
]


def _kyverno(rule: str, action: str = "Enforce") -> str:
    head = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: p}\n"
    return f"{head}spec:\n  validationFailureAction: {action}\n  rules:\n    - name: r\n{rule}"


def _constraint(kind: str, parameters: str, more: str = "") -> str:
    head = f"apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {kind}\nmetadata: {{name: p}}\n"
    return f"{head}spec:\n{more}  parameters: {parameters}\n"


def _known(*texts: str) -> Known:
    return join(find("policy.yaml", text.encode()) for text in texts)


def _told(text: str) -> list[tuple[str, int, list[str]]]:
    """Consequence, line and images of each verdict."""
    found = judge(_known(text), MOVED, BACKUP)
    return [(each.consequence.value, each.pattern.line, [image[:5] for image in each.images]) for each in found]


ALLOWED = _constraint("K8sAllowedRepos", "{repos: [ghcr.io/acme/]}")
VERIFIED = _kyverno('      verifyImages:\n        - imageReferences:\n            - "ghcr.io/acme/*"\n')
DENIED = """\
      validate:
        deny:
          conditions:
            any:
              - key: "{{ images.containers.*.registry }}"
                operator: AnyNotIn
                value: [ghcr.io]
"""
DENIED_EACH = """\
      validate:
        foreach:
          - list: request.object.spec.containers
            deny:
              conditions:
                all:
                  - key: "{{ element.image }}"
                    operator: NotEquals
                    value: ghcr.io/acme/*
"""
EXEMPTED = """\
      validate:
        podSecurity:
          exclude:
            - images: [docker.io/library/*]
"""
PATTERN = "      validate:\n        pattern:\n          spec:\n            containers:\n              - "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ALLOWED, [("refused", 5, ["ghcr."])]),
        (_constraint("K8sAllowedRepos", f"{{repos: [ghcr.io/acme/, {BACKUP}/]}}"), []),
        (_constraint("K8sAllowedRepos", "{repos: [own.acme.io/]}"), []),
        (_constraint("K8sDisallowedRepos", "{repos: [registry.acme.io]}"), [("refused", 5, ["ghcr.", "index"])]),
        (_constraint("K8sDisallowedRepos", "{repos: [ghcr.io/]}"), [("unmatched", 5, ["ghcr."])]),
        (_constraint("RatifyVerification", "{}"), [("unsigned", 2, ["ghcr.", "index"])]),
        (VERIFIED, [("unverified", 10, ["ghcr."])]),
        (VERIFIED.replace("ghcr.io/acme/*", "*"), [("unsigned", 10, ["ghcr.", "index"])]),
        (f"{VERIFIED}          skipImageReferences: [ghcr.io/acme/shop*]\n", []),
        (_kyverno(f'{PATTERN}image: "ghcr.io/* | docker.io/*"\n'), [("refused", 12, ["ghcr.", "index"])]),
        (_kyverno(f'{PATTERN}(image): "*:*"\n'), []),
        (_kyverno(f'{PATTERN}=(image): "!*:latest"\n'), []),
        (_kyverno(DENIED), [("refused", 14, ["ghcr."])]),
        (_kyverno(DENIED_EACH), [("refused", 16, ["ghcr."])]),
        (_kyverno(EXEMPTED), [("unmatched", 11, ["index"])]),
        (
            "apiVersion: policies.kyverno.io/v1\nkind: ImageValidatingPolicy\nmetadata: {name: p}\nspec:\n"
            "  matchImageReferences:\n    - glob: ghcr.io/*\n",
            [("unverified", 6, ["ghcr."])],
        ),
        (
            "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec:\n"
            '  images:\n    - glob: "**"\n',
            [("unsigned", 6, ["ghcr.", "index"])],
        ),
        (
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: p}\nspec:\n"
            "  validations:\n    - expression: object.spec.containers.all(c, c.image.startsWith('ghcr.io/'))\n",
            [("unknown", 6, ["ghcr.", "index"])],
        ),
        (
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: p}\nspec:\n"
            f"  validations:\n    - expression: object.spec.containers.all(c, c.image.startsWith('{BACKUP}/'))\n",
            [],
        ),
        (
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: p}\nspec:\n"
            "  chart: {spec: {chart: connaisseur}}\n  values:\n    application:\n      policy:\n"
            '        - pattern: "*:*"\n          validator: default\n',
            [("unsigned", 9, ["ghcr.", "index"])],
        ),
        (
            "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: config.openshift.io/v1\n    kind: Image\n"
            "    metadata: {name: cluster}\n    spec:\n      registrySources:\n        allowedRegistries: [ghcr.io]\n",
            [("refused", 9, ["ghcr."])],
        ),
        ("apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {rules: [{mutate: {image: ghcr.io/acme/shop}}]}\n", []),
    ],
)
def test_what_policies_mean(text: str, told: list[tuple[str, int, list[str]]]) -> None:
    assert _told(text) == told


def test_one_sentence_and_what_to_do() -> None:
    def words(text: str) -> tuple[str, str]:
        (verdict,) = judge(_known(text), MOVED[:1], BACKUP)
        return sentence(verdict), remedy(verdict, BACKUP)

    assert words(ALLOWED) == (
        "K8sAllowedRepos p allows only what fits its patterns, as the relocated images do not",
        'add "registry.acme.io/mirror/" to its patterns',
    )
    said, todo = words(VERIFIED)
    assert said.startswith('ClusterPolicy p, rule r verifies signatures of what fits "ghcr.io/acme/*"')
    assert 'add "registry.acme.io/mirror/ghcr_io/acme/*"' in todo
    assert "cosign copy" in todo
    said, _ = words(VERIFIED.replace("Enforce", "Audit"))
    assert said.endswith("(it only warns or records)")
    digests = _constraint("K8sImageDigests", "{}")
    pinned = [Relocation(f"ghcr.io/a/b@sha256:{'0' * 64}", f"{BACKUP}/ghcr_io/a/b:sha256_{'0' * 64}")]
    (verdict,) = judge(_known(digests), pinned, BACKUP)
    assert "pin = " in remedy(verdict, BACKUP)


@pytest.mark.parametrize("text", ["kyverno.io/: [", "a: &a [*a, kyverno.io/]", "\xff kyverno.io/", "- kyverno.io/"])
def test_what_is_no_policy_is_passed_over(text: str) -> None:
    assert find("policy.yaml", text.encode("latin-1")).policies == ()
