"""For which platforms an image is, as a reviewer wants to know of a copy."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence

from gitops_clone import pool
from gitops_clone.errors import UsageError
from gitops_clone.image import Reference
from gitops_clone.mirror.model import MirrorSettings
from gitops_clone.mirror.problem import Problem
from gitops_clone.mirror.skopeo import Skopeo

_LONGEST = 120.0  # seconds for all of them: nobody waits long for this
_PART = re.compile(r"[A-Za-z0-9._-]{1,32}")


def platforms(backups: Sequence[Reference], settings: MirrorSettings) -> list[tuple[str, ...]]:
    """The platforms (`os/architecture[/variant]`) of images on the backup registry, sorted, in the order of `backups`.

    Empty where the registry does not say, or skopeo is missing. Upstreams are not asked. Raises `Interrupted`.
    """
    found: list[tuple[str, ...]] = [()] * len(backups)
    try:
        skopeo = Skopeo(settings)
    except UsageError:  # whoever copies is told; where nothing is copied, it need not be there
        return found

    deadline = time.monotonic() + min(_LONGEST, settings.timeout)

    def task(index: int, reference: Reference) -> pool.Task:
        def work(_: pool.Post) -> None:
            found[index] = _platforms(skopeo, reference, deadline)

        return pool.Task("", work)

    tasks = [task(index, settings.reachable(reference)) for index, reference in enumerate(backups)]
    pool.run(tasks, at_once=settings.jobs, per_key=settings.jobs, kill=skopeo.kill)
    return found


def _platforms(skopeo: Skopeo, reference: Reference, deadline: float) -> tuple[str, ...]:
    content = _object(skopeo.manifest(reference, deadline, backup=True))
    entries = content.get("manifests")
    if isinstance(entries, list):
        listed = [entry.get("platform") for entry in entries if isinstance(entry, dict)]
    else:  # one platform, which only the image's configuration names
        listed = [_object(skopeo.configuration(reference, deadline))]
    named = {_name(platform) for platform in listed if isinstance(platform, dict)}
    return tuple(sorted(name for name in named if name))


def _object(answer: bytes | Problem) -> Mapping[str, object]:
    try:
        content = None if isinstance(answer, Problem) else json.loads(answer)
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {}


def _name(platform: Mapping[str, object]) -> str | None:
    """A platform as `--platform` takes it; None for what is none, such as an attestation (`unknown/unknown`)."""
    parts = [platform.get("os"), platform.get("architecture"), *filter(None, [platform.get("variant")])]
    texts = [part for part in parts if isinstance(part, str) and _PART.fullmatch(part)]
    return "/".join(texts) if len(texts) == len(parts) and texts[0] != "unknown" else None
