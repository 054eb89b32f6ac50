"""Which relocated workloads a policy reaches, told by the objects as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.admission.join import join
from gitops_clone.admission.judge import Relocation, judge
from gitops_clone.admission.read import find
from gitops_clone.admission.scope import Group, Reach, Requirement, Scope, Selection, Use, reach
from gitops_clone.admission.told import remedy, sentence

BACKUP = "registry.acme.io/mirror"
SHOP = Use("Deployment", "shop", "web")
TEAM = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: web}}\n"


def _told(*texts: str, use: Use = SHOP) -> list[str]:
    """Each verdict: its consequence, and whether it is not sure, or only recorded."""
    moved = [Relocation("ghcr.io/acme/shop:1", f"{BACKUP}/ghcr_io/acme/shop:1", (use,))]
    known = join(find(f"{number}.yaml", text.encode()) for number, text in enumerate(texts))
    return [
        each.consequence.value + ("" if each.sure else " maybe") + (" audit" if each.policy.audit else "")
        for each in judge(known, moved, BACKUP)
    ]


def _kyverno(match: str, action: str = "Enforce", kind: str = "ClusterPolicy", more: str = "") -> str:
    return f"""\
apiVersion: kyverno.io/v1
kind: {kind}
metadata: {{name: signed, namespace: shop}}
spec:
  validationFailureAction: {action}
{more}  rules:
    - name: images
      {match}
      verifyImages:
        - imageReferences: ["*"]
"""


POD = "match: {any: [{resources: {kinds: [Pod]}}]}"
KYVERNO = [
    (_kyverno(POD), ["unsigned"]),
    (_kyverno(POD, "Audit"), ["unsigned audit"]),
    (_kyverno(POD, "Audit") + "          failureAction: Enforce\n", ["unsigned"]),
    (_kyverno("match: {any: [{resources: {kinds: [apps/v1/Deployment]}}]}"), ["unsigned"]),
    (_kyverno("match: {any: [{resources: {kinds: [StatefulSet, v1/Service]}}]}"), []),
    (_kyverno("match: {any: [{resources: {kinds: [Ingress]}}, {resources: {kinds: ['*']}}]}"), ["unsigned"]),
    (_kyverno("match: {resources: {kinds: [Pod], namespaces: [prod, 'team-*']}}"), []),
    (_kyverno("match: {resources: {kinds: [Pod], namespaces: ['sh*']}}"), ["unsigned"]),
    (_kyverno("match: {all: [{resources: {kinds: [Pod]}}, {resources: {namespaces: [prod]}}]}"), []),
    (_kyverno("match: {any: [{resources: {kinds: [Deployment], names: [web]}}]}"), ["unsigned"]),
    (_kyverno("match: {any: [{resources: {kinds: [Pod], names: [other]}}]}"), ["unsigned maybe"]),
    (_kyverno("match: {any: [{resources: {kinds: [Pod], selector: {matchLabels: {a: b}}}}]}"), ["unsigned maybe"]),
    (_kyverno(f"{POD}\n      exclude: {{any: [{{resources: {{namespaces: [shop]}}}}]}}"), []),
    (_kyverno(f"{POD}\n      exclude: {{any: [{{resources: {{namespaces: [kube-*]}}}}]}}"), ["unsigned"]),
    (_kyverno(f"{POD}\n      exclude: {{any: [{{clusterRoles: [cluster-admin]}}]}}"), ["unsigned maybe"]),
    (_kyverno(POD, kind="Policy"), ["unsigned"]),
    (_kyverno(POD, kind="Policy").replace("namespace: shop", "namespace: other"), []),
    (_kyverno(POD, more="  admission: false\n"), ["unsigned audit"]),
    (
        _kyverno(POD, more="  validationFailureActionOverrides: [{action: Audit, namespaces: [shop]}]\n"),
        ["unsigned audit"],
    ),
    (
        _kyverno(POD, "Audit", more="  validationFailureActionOverrides: [{action: Enforce, namespaces: [prod]}]\n"),
        ["unsigned audit"],
    ),
]


@pytest.mark.parametrize(("text", "told"), KYVERNO)
def test_match_and_exclude_of_kyverno(text: str, told: list[str]) -> None:
    assert _told(text) == told


def test_labels_of_a_namespace_are_those_of_its_object() -> None:
    selector = "namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [web]}]}"
    policy = _kyverno(f"match: {{any: [{{resources: {{kinds: [Pod], {selector}}}}}]}}")
    assert _told(policy) == ["unsigned maybe"]
    assert _told(policy, TEAM) == ["unsigned"]
    assert _told(policy, TEAM.replace("web", "other")) == []
    assert _told(policy, TEAM, use=Use("Deployment", None, "web")) == ["unsigned maybe"]
    assert _told(policy.replace("operator: In, values: [web]", "operator: DoesNotExist"), TEAM) == []
    named = policy.replace("key: team", "key: kubernetes.io/metadata.name")
    assert _told(named) == []
    assert _told(named.replace("[web]", "[shop]")) == ["unsigned"]


def test_exceptions_take_workloads_out_of_a_rule() -> None:
    exception = """\
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: web, namespace: exceptions}
spec:
  exceptions: [{policyName: signed, ruleNames: ["im*"]}]
  match: {any: [{resources: {kinds: [Deployment], namespaces: [shop]}}]}
"""
    assert _told(exception, _kyverno(POD)) == []
    assert _told(exception.replace("im*", "other"), _kyverno(POD)) == ["unsigned"]
    assert _told(exception.replace("[shop]", "[prod]"), _kyverno(POD)) == ["unsigned"]


def _constraint(match: str, action: str = "deny") -> str:
    return f"""\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {{name: repos}}
spec:
  enforcementAction: {action}
  match: {match}
  parameters: {{repos: [ghcr.io/]}}
"""


PODS = 'kinds: [{apiGroups: [""], kinds: [Pod]}]'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_constraint(f"{{{PODS}}}"), ["refused"]),
        (_constraint(f"{{{PODS}, namespaces: [prod]}}"), []),
        (_constraint(f"{{{PODS}, namespaces: ['sh*']}}"), ["refused"]),
        (_constraint(f"{{{PODS}, excludedNamespaces: [kube-system, shop]}}"), []),
        (_constraint(f"{{{PODS}, excludedNamespaces: ['kube-*']}}"), ["refused"]),
        (_constraint("{kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]}"), []),
        (
            _constraint("{kinds: [{apiGroups: [apps], kinds: [StatefulSet]}, {apiGroups: ['*'], kinds: ['*']}]}"),
            ["refused"],
        ),
        (_constraint("{scope: Cluster}"), []),
        (_constraint("{scope: Namespaced}"), ["refused"]),
        (_constraint(f"{{{PODS}, labelSelector: {{matchLabels: {{a: b}}}}}}"), ["refused maybe"]),
        (_constraint(f"{{{PODS}, namespaceSelector: {{matchLabels: {{team: web}}}}}}"), ["refused maybe"]),
        (_constraint(f"{{{PODS}}}", "dryrun"), ["refused audit"]),
        (_constraint(f"{{{PODS}}}", "warn"), ["refused audit"]),
        (_constraint("{}", "scoped\n  scopedEnforcementActions: [{action: warn}]"), ["refused audit"]),
        (_constraint("{}", "scoped\n  scopedEnforcementActions: [{action: warn}, {action: deny}]"), ["refused"]),
    ],
)
def test_match_of_gatekeeper(text: str, told: list[str]) -> None:
    assert _told(text) == told


def test_namespaces_opt_in_to_the_policy_controller() -> None:
    policy = """\
apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: signed}
spec:
  images: [{glob: "**"}]
"""
    included = (
        'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {policy.sigstore.dev/include: "true"}}\n'
    )
    assert _told(policy) == ["unsigned maybe"]
    assert _told(policy, TEAM) == []
    assert _told(policy, included) == ["unsigned"]
    assert _told(f"{policy}  mode: warn\n", included) == ["unsigned audit"]
    jobs = f"{policy}  match: [{{group: batch, version: v1, resource: cronjobs}}]\n"
    assert _told(jobs, included) == []
    assert _told(jobs, included, use=Use("CronJob", "shop", "nightly")) == ["unsigned"]


VALIDATING = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: registries}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
    - expression: object.spec.template.spec.containers.all(c, c.image.startsWith('ghcr.io/'))
"""
BINDING = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: registries}
spec: {policyName: registries, validationActions: [Deny]MORE}
"""


def test_policies_of_kubernetes_need_a_binding() -> None:
    bound = BINDING.replace("MORE", "")
    assert _told(VALIDATING) == ["unknown maybe"]
    assert _told(VALIDATING, bound) == ["unknown"]
    assert _told(bound.replace("[Deny]", "[Warn, Audit]"), VALIDATING) == ["unknown audit"]
    assert _told(VALIDATING, bound.replace("policyName: registries", "policyName: others")) == ["unknown maybe"]
    assert _told(VALIDATING.replace("[deployments]", "[pods/exec, services]"), bound) == []
    elsewhere = ", matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: prod}}}"
    assert _told(VALIDATING, BINDING.replace("MORE", elsewhere)) == []
    assert _told(VALIDATING, BINDING.replace("MORE", elsewhere), bound.replace("[Deny]", "[Audit]")) == [
        "unknown audit"
    ]
    assert _told(VALIDATING.replace("  validations:", "  matchConditions: [{name: a}]\n  validations:"), bound) == [
        "unknown maybe"
    ]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("object.spec.containers.all(c, c.image.startsWith('registry.acme.io/'))", []),
        ('object.spec.containers.all(c, c.image.startsWith("registry.acme.io/mirror/"))', []),
        ("object.spec.containers.all(c, c.image.startsWith('registry.acme.io/own/'))", ["unknown"]),
        ("object.spec.replicas < 5", []),
    ],
)
def test_code_that_names_what_relocated_images_begin_with(code: str, told: list[str]) -> None:
    policy = VALIDATING.replace("object.spec.template.spec.containers.all(c, c.image.startsWith('ghcr.io/'))", code)
    assert _told(policy, BINDING.replace("MORE", "")) == told


def _mutating(body: str, conditions: str = "") -> str:
    return f"""\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {{name: replace-image-registry}}
spec:
  rules:
    - name: replace
      match: {{any: [{{resources: {{kinds: [Pod]}}}}]}}
      mutate:
        foreach:
          - list: request.object.spec.containers
{conditions}{body}"""


MERGED = """\
            patchStrategicMerge:
              spec:
                containers:
                  - name: "{{ element.name }}"
                    image: registry.acme.io/mirror/{{ images.containers."{{element.name}}".path }}
"""
OPERATION = """\
            patchesJson6902: |-
              - path: /spec/containers/{{elementIndex}}/image
                op: replace
                value: "cache.acme.io/{{ element.image }}"
"""
PRECONDITION = """\
            preconditions:
              all:
                - key: "{{ images.containers.\\"{{element.name}}\\".registry }}"
                  operator: NotEquals
                  value: registry.acme.io
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_mutating(MERGED), ["rewritten"]),
        (_mutating(OPERATION), ["rewritten"]),
        (_mutating(OPERATION.replace("/image", "/name")), []),
        (_mutating(MERGED, PRECONDITION), []),
        (_mutating(MERGED, PRECONDITION.replace("registry.acme.io", "other.acme.io")), ["rewritten"]),
        (
            _mutating(
                MERGED.replace(
                    "                    image", "                    (image): ghcr.io/*\n                    image"
                )
            ),
            [],
        ),
        (
            _mutating(
                MERGED.replace(
                    "image: registry.acme.io/mirror/", "<(image): '*'\n                    image: cache.acme.io/"
                )
            ),
            ["rewritten"],
        ),
        (
            _mutating(
                "            patchStrategicMerge: {spec: {containers: [{name: sidecar, image: ghcr.io/acme/log:1}]}}\n"
            ),
            [],
        ),
    ],
)
def test_rules_that_replace_images(text: str, told: list[str]) -> None:
    assert _told(text) == told


def test_assign_image_of_gatekeeper() -> None:
    text = """\
apiVersion: mutations.gatekeeper.sh/v1alpha1
kind: AssignImage
metadata: {name: cache}
spec:
  match: {excludedNamespaces: [kube-system]}
  parameters: {assignDomain: cache.acme.io}
"""
    assert _told(text) == ["rewritten"]
    assert _told(text.replace("cache.acme.io", "registry.acme.io")) == []
    assert _told(text.replace("assignDomain: cache.acme.io", "assignPath: library/nginx")) == ["rewritten"]
    assert _told(text.replace("kube-system", "shop")) == []


def test_what_is_said_of_them() -> None:
    moved = [Relocation("ghcr.io/acme/shop:1", f"{BACKUP}/ghcr_io/acme/shop:1", (SHOP,))]

    def words(*texts: str) -> tuple[str, str]:
        (verdict,) = judge(join(find("a.yaml", text.encode()) for text in texts), moved, BACKUP)
        return sentence(verdict), remedy(verdict, BACKUP)

    said, todo = words(_mutating(MERGED))
    assert said.startswith(
        'ClusterPolicy replace-image-registry, rule replace replaces images as pods are admitted, by "'
    )
    assert todo.startswith(f"let it spare {BACKUP} by a precondition")
    assert words(VALIDATING)[0].endswith("(no binding in the repository puts it in force)")
    maybe = _constraint(f"{{{PODS}, labelSelector: {{matchLabels: {{a: b}}}}}}")
    assert words(maybe)[0].endswith("(only the cluster tells whether it reaches them)")


_NAMES = st.sampled_from(["a", "b"])
_SELECTIONS = st.builds(
    Selection,
    kinds=st.lists(st.sampled_from(["Pod", "Deployment", "Ingress"]), max_size=2).map(tuple),
    names=st.lists(_NAMES, max_size=1).map(tuple),
    namespaces=st.lists(_NAMES, max_size=1).map(tuple),
    namespace_labels=st.lists(
        st.builds(Requirement, st.just("team"), st.sampled_from(["In", "NotIn", "Exists"]), st.just(("x",))), max_size=1
    ).map(tuple),
)
_GROUPS = st.lists(st.builds(Group, st.lists(_SELECTIONS, max_size=2).map(tuple), st.booleans()), max_size=2).map(tuple)


@settings(max_examples=60)
@given(st.builds(Scope, _GROUPS, _GROUPS), st.sampled_from(["Deployment", "CronJob"]), _NAMES, st.booleans())
def test_knowing_more_never_contradicts(scope: Scope, kind: str, namespace: str, labelled: bool) -> None:
    """A yes or a no without the namespace, or without its labels, stays what it is once they are known."""
    labels = {namespace: {"team": "x"} if labelled else {}}
    exact = reach(scope, Use(kind, namespace, "a"), labels)
    for less in (reach(scope, Use(kind, None, "a"), labels), reach(scope, Use(kind, namespace, "a"), {})):
        assert less in (exact, Reach.MAY)
