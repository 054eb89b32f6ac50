"""Objects of Flux and Argo CD, as the tests of rendering write them."""

from __future__ import annotations

from textwrap import indent


def helm_repository(url: str, name: str = "charts", kind: str = "default") -> str:
    return f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {{name: {name}, namespace: apps}}
spec: {{type: {kind}, url: "{url}"}}
"""


def release(chart: str = "web", version: str = "1.x", more: str = "", repository: str = "charts") -> str:
    """A HelmRelease `apps/CHART`; `more` is the rest of its spec."""
    return f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {chart}
  namespace: apps
spec:
  interval: 5m
  chart:
    spec:
      chart: {chart}
      version: "{version}"
      sourceRef:
        kind: HelmRepository
        name: {repository}
{indent(more, "  ")}"""


def kustomization(path: str, more: str = "", name: str = "apps") -> str:
    """A Kustomization of Flux; `more` is the rest of its spec."""
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {name}
  namespace: flux-system
spec:
  path: {path}
  sourceRef: {{kind: GitRepository, name: flux-system}}
{indent(more, "  ")}"""


def application(source: str, name: str = "web", namespace: str = "shop") -> str:
    """An Application of Argo CD with one source."""
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {{namespace: {namespace}}}
  source:
{indent(source, "    ")}"""
