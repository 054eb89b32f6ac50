"""One image, copied as `mirror` copies many."""

from __future__ import annotations

from collections.abc import Callable

from gitops_clone.mirror.model import CopyJob, MirrorSettings, Outcome
from gitops_clone.mirror.scheduler import mirror
from tests.parts.mirroring import Recorder
from tests.parts.proxy import Proxy
from tests.parts.registry import Registry

NewRegistry = Callable[..., Registry]
NewProxy = Callable[..., Proxy]


def copy(wanted: CopyJob, settings: MirrorSettings, progress: Recorder | None = None) -> Outcome:
    (outcome,) = mirror([wanted], settings, progress or Recorder())
    return outcome
