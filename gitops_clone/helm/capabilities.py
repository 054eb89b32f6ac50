""".Capabilities: the cluster that `helm template` pretends to render for, with no cluster at hand (Helm 4.1)."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_clone.helm.gotypes import Member, Object, Value, VersionSet

KUBE_VERSION = "v1.35.0"
HELM_VERSION = "v4.1.4"

_API_VERSIONS = VersionSet(
    """
    v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1
    admissionregistration.k8s.io/v1beta1 internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2
    authentication.k8s.io/v1 authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1
    authorization.k8s.io/v1 authorization.k8s.io/v1beta1 autoscaling/v1 autoscaling/v2 autoscaling/v2beta1
    autoscaling/v2beta2 batch/v1 batch/v1beta1 certificates.k8s.io/v1 certificates.k8s.io/v1beta1
    certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2 coordination.k8s.io/v1beta1
    coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1 events.k8s.io/v1 events.k8s.io/v1beta1
    extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1beta1
    flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 networking.k8s.io/v1
    networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1 policy/v1beta1
    rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1 rbac.authorization.k8s.io/v1alpha1
    resource.k8s.io/v1 resource.k8s.io/v1beta2 resource.k8s.io/v1beta1 resource.k8s.io/v1alpha3
    scheduling.k8s.io/v1alpha1 scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1 storage.k8s.io/v1beta1
    storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1
    apiextensions.k8s.io/v1
    """.split()  # noqa: SIM905
)


class _KubeVersion(Object):
    type_name = "common.KubeVersion"

    def members(self) -> Mapping[str, Value]:
        major, minor, _ = KUBE_VERSION.removeprefix("v").split(".")
        return {
            "Version": KUBE_VERSION,
            "Major": major,
            "Minor": minor,
            "GitVersion": Member(lambda: KUBE_VERSION),
            "String": Member(lambda: KUBE_VERSION),
        }

    def show(self) -> str:
        return KUBE_VERSION


class _HelmVersion(Object):
    type_name = "version.BuildInfo"

    def members(self) -> Mapping[str, Value]:
        return {
            "Version": HELM_VERSION,
            "GitCommit": "",
            "GitTreeState": "",
            "GoVersion": "go1.25",
            "KubeClientVersion": "v1.35",
        }


class _Capabilities(Object):
    type_name = "*common.Capabilities"
    kind = "ptr"

    def members(self) -> Mapping[str, Value]:
        return {"KubeVersion": _KubeVersion(), "APIVersions": _API_VERSIONS, "HelmVersion": _HelmVersion()}


CAPABILITIES = _Capabilities()
