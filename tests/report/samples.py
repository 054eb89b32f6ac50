"""Results made by hand: a small shop, and places, changes and outcomes from short texts."""

from __future__ import annotations

from dataclasses import replace

from gitops_clone.controllers.model import Applied, Owner
from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.finding import Finding, Place, Skipped, Span, State
from gitops_clone.image import parse
from gitops_clone.mirror.model import Absent, AlreadyThere, Copied, CopyJob, Failed, Present, Unknown
from gitops_clone.naming import Scheme
from gitops_clone.render.model import Comparison, EntryPoint, Image, Rendering
from gitops_clone.render.model import Kind as PointKind
from gitops_clone.render.outside import Outside
from gitops_clone.repo.commit import Commit
from gitops_clone.result import Change, FileChange, ImageStatus, Result

BACKUP = "localhost:5001"
ONE = "sha256:" + "1" * 64
TWO = "sha256:" + "2" * 64


def place(file: str, line: int, image: str, *, document: int = 0, pointer: str | None = "/image") -> Place:
    return Place(file, document, pointer, pointer, line, 10, image, image, Span(0, len(image)))


def finding(file: str, line: int, image: str, state: State = State.UPSTREAM, reason: str | None = None) -> Finding:
    if state in (State.UNRESOLVED, State.OWN):
        return Finding(place(file, line, image), state, reason=reason)
    reference = parse(image)
    scheme = Scheme(BACKUP)
    upstream = scheme.upstream(reference) or reference.tagged()
    return Finding(place(file, line, image), state, str(upstream), str(scheme.backup(upstream)), reason)


def job(image: str) -> CopyJob:
    upstream = parse(image).tagged()
    return CopyJob(upstream, Scheme(BACKUP).backup(upstream))


def file_change(file: str, before: bytes, after: bytes, *changes: Change, encoding: str = "utf-8") -> FileChange:
    return FileChange(file, before, after, encoding, changes)


def change(*findings: Finding) -> Change:
    """The change that rewrites the findings, which show one scalar."""
    upstream, backup = findings[0].upstream, findings[0].backup
    assert upstream is not None
    assert backup is not None
    places = tuple(finding.place for finding in findings)
    return Change(places, upstream, places[0].image, backup)


_WEB = [
    finding("apps/web/deployment.yaml", 17, "nginx:1.23"),
    finding("apps/web/deployment.yaml", 31, "ghcr.io/acme/exporter:v0.1.0"),
    finding("apps/worker/cronjob.yaml", 22, "nginx:1.23"),
]
_GONE = [
    finding("apps/old/deployment.yaml", 12, "quay.io/acme/gone:1.0"),
    finding("apps/old/job.yaml", 9, "quay.io/acme/gone:1.0"),
]
_DONE = finding(
    "infra/base/dns.yaml",
    40,
    f"{BACKUP}/registry_k8s_io/external-dns/external-dns:v0.14.0",
    State.BACKUP,
)
_PINNED = finding("infra/base/pinned.yaml", 8, f"registry.k8s.io/pause:3.9@{ONE}")
_IGNORED = [
    finding("infra/registry/deployment.yaml", 19, "registry:2", State.IGNORED, 'namespace "registry" is left alone'),
    finding("infra/registry/gc.yaml", 21, "registry:2", State.IGNORED, 'namespace "registry" is left alone'),
]
_UNRESOLVED = [
    finding("apps/web/preview.yaml", 17, "${REGISTRY}/web:${TAG}", State.UNRESOLVED, "a variable is in the reference"),
]
_OWN = [finding("apps/web/deployment.yaml", 45, f"{BACKUP}/shop/web:7", State.OWN)]
_SKIPPED = [
    Skipped("secrets/db.yaml", "encrypted by SOPS: an edit would break its checksum"),
    Skipped("legacy/latin1.yaml", "not UTF-8", fatal=True, line=3),
]
_FINDINGS = [*_WEB, *_GONE, _DONE, _PINNED, *_IGNORED, *_UNRESOLVED, *_OWN]
_WRITTEN = [
    file_change("apps/web/deployment.yaml", b"nginx\n", b"backup\n", change(_WEB[0]), change(_WEB[1])),
    file_change("apps/worker/cronjob.yaml", b"nginx\n", b"backup\n", change(_WEB[2])),
    file_change("infra/base/pinned.yaml", b"pause\n", b"backup\n", change(_PINNED)),
]

SCAN = Result("scan", BACKUP, findings=_FINDINGS, skipped=_SKIPPED, exit_code=2)
REWRITE = Result(
    "rewrite",
    BACKUP,
    findings=_FINDINGS,
    skipped=_SKIPPED,
    outcomes=[
        Copied(job("nginx:1.23"), ONE, 1.24),
        Copied(job("ghcr.io/acme/exporter:v0.1.0"), TWO, 75.0),
        Failed(job("quay.io/acme/gone:1.0"), "not found: manifest unknown"),
        AlreadyThere(job(f"registry.k8s.io/pause:3.9@{ONE}"), ONE),
    ],
    files=_WRITTEN,
    commit=Commit(
        "0123456789abcdef0123456789abcdef01234567",
        "Relocate 3 images to localhost:5001",
        (("apps/worker/cronjob.yaml", "not in HEAD"),),
    ),
    warnings=["2 images have the tag latest"],
    next_steps=["git push"],
    exit_code=2,
)
DRY_RUN = Result(
    "rewrite", BACKUP, findings=_WEB, files=_WRITTEN[:2], dry_run=True, next_steps=["gitops-clone rewrite"]
)
MIRROR = Result("mirror", BACKUP, findings=_FINDINGS, outcomes=REWRITE.outcomes, exit_code=3)
CHECK = Result("check", BACKUP, findings=[*_WEB, _DONE, *_IGNORED, *_OWN], unlocked=[_DONE], exit_code=1)
CHECK_FINE = Result("check", BACKUP, findings=[_DONE, *_IGNORED, *_OWN])
STATUS = Result(
    "status",
    BACKUP,
    statuses=[
        ImageStatus("index.docker.io/library/nginx:1.23", f"{BACKUP}/n:1.23", ONE, Present(ONE), Present(ONE)),
        ImageStatus("index.docker.io/library/redis:7", f"{BACKUP}/r:7", ONE, Present(TWO), Present(ONE)),
        ImageStatus("quay.io/acme/gone:1.0", f"{BACKUP}/g:1.0", ONE, Absent("manifest unknown"), Present(TWO)),
        ImageStatus("quay.io/acme/lost:1.0", f"{BACKUP}/l:1.0", ONE, Unknown("time-out"), Absent("manifest unknown")),
    ],
    exit_code=1,
)
STATUS_FINE = Result("status", BACKUP, statuses=STATUS.statuses[:1])
RESTORE = Result(
    "restore",
    BACKUP,
    findings=[_DONE, *_UNRESOLVED],
    files=[
        file_change(
            "apps/web/deployment.yaml",
            b"backup\n",
            b"nginx\n",
            Change(
                (place("apps/web/deployment.yaml", 17, f"{BACKUP}/index_docker_io/library/nginx:1.23"),),
                "index.docker.io/library/nginx:1.23",
                f"{BACKUP}/index_docker_io/library/nginx:1.23",
                "nginx:1.23",
            ),
        )
    ],
)

_RELEASE = EntryPoint(
    PointKind.CHART,
    "",
    applied=Applied(Owner("apps/redis.yaml", 0, 3, Controller.HELM_RELEASE, "redis", "apps"), "/spec"),
    where="apps/redis.yaml",
    place=("apps/redis.yaml", 3),
)
_OVERLAY = EntryPoint(PointKind.KUSTOMIZATION, "overlays/eu", place=("overlays/eu/kustomization.yaml", 1))
_CHART = EntryPoint(PointKind.CHART, "charts/web", place=("charts/web/Chart.yaml", 1))
_REDIS = Image("redis:7.2", "StatefulSet redis", State.UPSTREAM, "index.docker.io/library/redis:7.2")
_HOOK = Image("busybox", "Job wait", State.UPSTREAM, "index.docker.io/library/busybox:latest", "SOPS keeps it")
VERIFY = Result(
    "verify",
    BACKUP,
    renderings=[
        Rendering(_RELEASE, (_REDIS, _HOOK), "rendered without Secret apps/redis, which is not in the files"),
        Rendering(
            _OVERLAY,
            (Image("registry:2", "Deployment r", State.IGNORED, None, "namespace registry"),),
            comparison=Comparison.CHANGED,
            diff="--- expected, Deployment web\n+++ rendered\n-  replicas: 1\n+  replicas: 2\n",
        ),
        Rendering(_CHART, (Image("$TAG", "Pod p", State.UNRESOLVED, None, "has a variable: $…"),)),
        Rendering(replace(_CHART, folder="charts/gone"), reason="no more", comparison=Comparison.BROKEN),
    ],
    exit_code=1,
)
RENDER = Result(
    "rewrite",
    BACKUP,
    findings=_WEB,
    outside=[
        Outside(_RELEASE, _REDIS, "apps/redis.yaml:3"),
        Outside(_RELEASE, _HOOK, reason="image entries do not reach it"),
    ],
    renderings=[Rendering(_CHART, reason="its chart cannot be fetched")],
)
