"""Which fields of which policies hold patterns for images, as data: one row a field. Kyverno's rules have a reader.

What has no row, and no reader, is no policy to gitops-clone.
"""

from __future__ import annotations

from typing import NamedTuple

from gitops_clone.admission.model import Effect, Language


class Row(NamedTuple):
    """The patterns of a kind: keys joined by dots, `[]` for each item of a list.

    `pattern` is what a kind means without saying it; `path` is then where it is told. `when` is a field that must have
    the value for the row to count.
    """

    group: str
    kind: str
    path: str
    effect: Effect
    language: Language
    pattern: str | None = None
    when: tuple[str, str] | None = None


def _gatekeeper(kind: str, path: str, effect: Effect, language: Language, pattern: str | None = None) -> Row:
    return Row("constraints.gatekeeper.sh", kind, path, effect, language, pattern)


def _kubewarden(kind: str) -> tuple[Row, ...]:
    path = "spec.settings.registries."
    return (
        Row("policies.kubewarden.io", kind, f"{path}allow[]", Effect.ALLOWS, Language.HOST),
        Row("policies.kubewarden.io", kind, f"{path}reject[]", Effect.REFUSES, Language.HOST),
    )


def _kyverno(kind: str) -> tuple[Row, ...]:
    path = "spec.matchImageReferences[]."
    return (
        Row("policies.kyverno.io", kind, f"{path}glob", Effect.VERIFIES, Language.WILDCARD),
        Row("policies.kyverno.io", kind, f"{path}expression", Effect.READS, Language.CODE),
    )


def _connaisseur(kind: str, chart: str, values: str) -> tuple[Row, ...]:
    """The values of Connaisseur's chart, in both of its layouts."""
    when = (chart, "connaisseur")
    return tuple(
        Row(group, kind, f"{values}.{path}[].pattern", Effect.VERIFIES, Language.WILDCARD, when=when)
        for group in ("helm.toolkit.fluxcd.io" if kind == "HelmRelease" else "argoproj.io",)
        for path in ("application.policy", "policy")
    )


_CEL = ("spec.variables[].expression", "spec.validations[].expression")

ROWS = (
    _gatekeeper("K8sAllowedRepos", "spec.parameters.repos[]", Effect.ALLOWS, Language.PREFIX),
    _gatekeeper("K8sAllowedReposv2", "spec.parameters.allowedImages[]", Effect.ALLOWS, Language.WILDCARD),
    _gatekeeper("K8sDisallowedRepos", "spec.parameters.repos[]", Effect.REFUSES, Language.PREFIX),
    _gatekeeper("K8sImageDigests", "kind", Effect.ALLOWS, Language.WILDCARD, "*@sha256:*"),
    _gatekeeper("RatifyVerification", "kind", Effect.VERIFIES, Language.WILDCARD, "*"),
    Row("mutations.gatekeeper.sh", "AssignImage", "spec.parameters.assignDomain", Effect.REWRITES, Language.HOST),
    Row("mutations.gatekeeper.sh", "AssignImage", "spec.parameters.assignPath", Effect.REWRITES, Language.WILDCARD),
    *_kyverno("ImageValidatingPolicy"),
    *_kyverno("NamespacedImageValidatingPolicy"),
    *(Row("policies.kyverno.io", "ValidatingPolicy", path, Effect.READS, Language.CODE) for path in _CEL),
    *(
        Row("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", path, Effect.READS, Language.CODE)
        for path in _CEL
    ),
    *(
        Row(group, kind, path, Effect.READS, Language.CODE)
        for group, kind in (
            ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
            ("policies.kyverno.io", "MutatingPolicy"),
        )
        for path in ("spec.mutations[].applyConfiguration.expression", "spec.mutations[].jsonPatch.expression")
    ),
    Row("policy.sigstore.dev", "ClusterImagePolicy", "spec.images[].glob", Effect.VERIFIES, Language.SIGSTORE),
    Row("config.openshift.io", "ClusterImagePolicy", "spec.scopes[]", Effect.VERIFIES, Language.SCOPE),
    Row("config.openshift.io", "ImagePolicy", "spec.scopes[]", Effect.VERIFIES, Language.SCOPE),
    Row("config.openshift.io", "Image", "spec.registrySources.allowedRegistries[]", Effect.ALLOWS, Language.SCOPE),
    Row("config.openshift.io", "Image", "spec.registrySources.blockedRegistries[]", Effect.REFUSES, Language.SCOPE),
    Row("capsule.clastix.io", "Tenant", "spec.containerRegistries.allowed[]", Effect.ALLOWS, Language.HOST),
    *_kubewarden("ClusterAdmissionPolicy"),
    *_kubewarden("AdmissionPolicy"),
    Row("portieris.cloud.ibm.com", "ClusterImagePolicy", "spec.repositories[].name", Effect.ALLOWS, Language.WILDCARD),
    Row("portieris.cloud.ibm.com", "ImagePolicy", "spec.repositories[].name", Effect.ALLOWS, Language.WILDCARD),
    *_connaisseur("HelmRelease", "spec.chart.spec.chart", "spec.values"),
    *_connaisseur("Application", "spec.source.chart", "spec.source.helm.valuesObject"),
)
