"""Charts from elsewhere: fetched by the user's helm into folders of the run, each once.

What says where from may be a stranger's. So nothing but names, versions and http(s) and oci addresses reach helm, and
the user's log-ins serve for the very repository or registry host that they are for, as files, never as arguments.
"""

from __future__ import annotations

import posixpath
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from gitops_clone.charts import addresses
from gitops_clone.controllers.model import ChartReference
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.finders.view import View
from gitops_clone.naming import Scheme
from gitops_clone.render import helm_access
from gitops_clone.render.helm_access import Access
from gitops_clone.render.mirrored import mirror
from gitops_clone.render.model import without_log_in
from gitops_clone.render.tools import Refused, Tools
from gitops_clone.render.tree import Tree, is_below

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*")
_VERSION = re.compile(r"[\w.+*^~<>=!|, -]{0,128}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_INDEX = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w.~%+/-]*)?")
_REGISTRY = re.compile(r"oci://([\w.:\[\]-]+)(?:/[\w.~/-]*)?")

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Backups:
    """Where what stands on the backup registry is found: there, or where that is `reached` by another name.

    With `copied`, what none of these upstreams is, is not there yet, and found at its upstream.
    """

    scheme: Scheme
    reached: str | None = None
    copied: frozenset[str] | None = None

    def find(self, where: str, version: str) -> str:
        """The address from which an artifact is fetched."""
        origin = addresses.origin(where, version, self.scheme)
        if origin is not None and self.copied is not None and origin[1] not in self.copied:
            return origin[0]
        home = f"{addresses.SCHEME}{self.scheme.backup_registry}/"
        if self.reached is not None and where.startswith(home):
            return f"{addresses.SCHEME}{self.reached}/{where.removeprefix(home)}"
        return where


class Charts:
    """Fetches charts. Safe to use from several threads: each chart, and each index of a repository, is fetched once."""

    def __init__(self, tools: Tools, allowed: Access, backups: Backups | None = None) -> None:
        self._tools, self._access, self._backups = tools, allowed, backups
        self._charts, self._indexes = _Once[Path | Refused](), _Once[dict[str, str] | Refused]()

    def pull(self, chart: ChartReference) -> Path | Refused:
        """The folder of a chart from elsewhere."""
        where, version = _address(chart), chart.version or ""
        if where is None:
            return Refused(f"where the chart {chart.name} comes from is not in the files")
        told = f"the chart {chart.name} is at {without_log_in(where)}"
        if not self._tools.network:
            return Refused(f"{told} (--network lets helm fetch it)")
        if not (_INDEX.fullmatch(where) or _REGISTRY.fullmatch(where)) or ".." in where:
            return Refused(f"{told}, which is neither an http(s) nor an oci address")
        if not (_VERSION.fullmatch(version) or _DIGEST.fullmatch(version)) or not _NAME.fullmatch(chart.name):
            return Refused(f"{told}, under a name or version that no chart has")
        if _is_whole(chart):
            version = version.replace("_", "+")  # it is a tag, which has no `+`
        if self._backups is not None and where.startswith(addresses.SCHEME):
            where = self._backups.find(where, version)
        return self._charts.get(f"{where} {chart.name} {version}", lambda: self._pulled(where, chart.name, version))

    def complete(self, tree: Tree, folder: str) -> Path | Refused:
        """A chart of the tree with the charts that it depends on: a copy of it, where these have to be fetched."""
        chart = tree.root / folder
        missing = self._tools.network and any(
            not any((chart / "charts").glob(f"{name}*")) for name, _ in _needed(chart)
        )
        return self._charts.get(str(chart), lambda: self._completed(tree, folder)) if missing else chart

    def _pulled(self, where: str, name: str, version: str) -> Path | Refused:
        folder = self._tools.folder()
        words = ["pull", "--untar", f"--untardir={folder}"]
        if where.startswith("oci://"):
            words += self._plain_http([where])
            words += [f"{where}@{version}"] if _DIGEST.fullmatch(version) else [where, f"--version={version}"]
            known: dict[str, str] | Refused = helm_access.registries(self._access)
        else:
            words += [f"repository-0/{name}", f"--version={version}"]
            known = self._indexes.get(where, lambda: self._indexed([where]))
        done = known if isinstance(known, Refused) else self._tools.helm(folder, *words, environment=known)
        if isinstance(done, Refused):
            reason = done.reason.replace(" in repository-0 index. (try 'helm repo update')", "")
            return Refused(f"the chart {name} cannot be fetched from {without_log_in(where)}: {reason}")
        found = [path.parent for path in folder.glob("*/Chart.yaml")]
        return found[0] if len(found) == 1 else Refused(f"what {without_log_in(where)} has as the chart {name} is none")

    def _completed(self, tree: Tree, folder: str) -> Path | Refused:
        copy = mirror(tree.root, folder, self._tools.folder(), shared=False)  # helm writes into it
        addresses = list(dict.fromkeys(where for _, where in _needed(copy) if where))
        for where in addresses:
            local = posixpath.join(folder, where.removeprefix("file://")) if where.startswith("file://") else None
            if local is not None and is_below(tree.root, tree.root / local):
                continue
            if not (_INDEX.fullmatch(where) or _REGISTRY.fullmatch(where)):
                return Refused(f"it depends on a chart at {without_log_in(where)}, which is not followed")
        environment = self._indexed([where for where in addresses if where.startswith("http")])
        if isinstance(environment, Refused):
            return environment
        environment |= helm_access.registries(self._access)
        words = ["dependency", "build", "--skip-refresh", *self._plain_http(addresses), str(copy)]
        done = self._tools.helm(copy, *words, environment=environment)
        return Refused(f"its dependencies cannot be fetched: {done.reason}") if isinstance(done, Refused) else copy

    def _indexed(self, addresses: Iterable[str]) -> dict[str, str] | Refused:
        """The environment in which helm knows some repositories, and their indexes."""
        home = self._tools.folder()
        listed = list(addresses)
        environment = helm_access.repositories(self._access, home, listed)
        done = self._tools.helm(home, "repo", "update", environment=environment) if listed else ""
        return done if isinstance(done, Refused) else environment

    def _plain_http(self, addresses: Iterable[str]) -> list[str]:
        hosts = {match[1] for where in addresses if (match := _REGISTRY.fullmatch(where))}
        return ["--plain-http"] if hosts & self._access.insecure else []


def _address(chart: ChartReference) -> str | None:
    """Where a chart is: the address of its index, or in a registry its own. Argo CD leaves out the `oci://`."""
    where = (chart.repository or "").rstrip("/")
    if not where:
        return None
    if "://" not in where:
        where = f"oci://{where}"
    return f"{where}/{chart.name}" if where.startswith("oci://") and not _is_whole(chart) else where


def _is_whole(chart: ChartReference) -> bool:
    """Whether its repository is the chart's own, and its version a tag."""
    return chart.source is not None and chart.source.kind == "OCIRepository"


def _needed(chart: Path) -> Iterator[tuple[str, str]]:
    """The names of the charts that a chart depends on, and where they are; nothing where its Chart.yaml is none."""
    try:
        roots = parse((chart / "Chart.yaml").read_text())
    except (OSError, UnicodeDecodeError, Unparsable):
        return
    for view in (View(root) for root in roots[:1] if root is not None):
        listed = view.child(view.root, "dependencies")
        for item in view.children(listed) if listed is not None else ():
            yield view.text(item, "name") or "", view.text(item, "repository") or ""


class _Once(Generic[Made]):
    """Makes something for each key once; who asks for a key that is being made, waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._made: dict[str, Made] = {}

    def get(self, key: str, make: Callable[[], Made]) -> Made:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]
