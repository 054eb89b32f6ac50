"""The lock file as a run leaves it: merged with what stood there, sorted, one line an image, written atomically."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from gitops_clone.errors import UsageError
from gitops_clone.lockfile import LOCK_NAME, PLAIN, VERSION, Entry, Lock, join_spellings

_NOT_PRINTABLE = "[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"  # in YAML; JSON allows it


def render(lock: Lock) -> str:
    """The lock file's text, sorted by upstream."""
    registry = lock.backup_registry
    lines = [f"version: {VERSION}", f"backup-registry: {registry if PLAIN.fullmatch(registry) else _json(registry)}"]
    lines.append("images:" if lock.images else "images: {}")
    lines += (f"  {_json(upstream)}: {_json(_to_json(entry))}" for upstream, entry in sorted(lock.images.items()))
    if lock.changes:
        lines.append("changes:")
        lines += (
            f"  {_json(place)}: {_json({'old': change.old, 'new': change.new})}"
            for place, change in sorted(lock.changes.items())
        )
    return "\n".join(lines) + "\n"


def merge(base: Lock, other: Lock) -> Lock:
    """What both know; where they differ in backup or digest, `other`, the newer, is right.

    The spellings are joined, and `base` keeps its default, on which places already rewritten rely; so `other` had
    better list its places under every spelling, and those of the default are dropped here. A missing digest does not
    erase a known one of the same backup. Raises `UsageError` for locks of two backup registries.
    """
    if base.backup_registry != other.backup_registry:
        raise UsageError(
            f"{LOCK_NAME}: written for the backup registry {base.backup_registry}, not {other.backup_registry}; "
            "run `gitops-clone restore` with the former, or set backup-registry to it"
        )
    images = dict(base.images)
    for upstream, new in other.images.items():
        old = images.get(upstream)
        images[upstream] = new if old is None else _newer(old, new)
    return Lock(base.backup_registry, images, {**base.changes, **other.changes})


def write(path: Path, lock: Lock) -> bool:
    """Write the lock file atomically; one that says the same, byte for byte, is left alone: then False."""
    from gitops_clone.repo.write import replace_file

    data = render(lock).encode()
    try:
        if path.read_bytes() == data:
            return False
    except OSError:
        pass  # absent or unreadable: replace_file says what stands in the way
    replace_file(path, data)
    return True


def _newer(old: Entry, new: Entry) -> Entry:
    digest = old.digest if new.digest is None and new.backup == old.backup else new.digest
    return replace(new, digest=digest, written=join_spellings(old.written, new.written))


def _to_json(entry: Entry) -> dict[str, object]:
    written = [{spelling.text: spelling.places} if spelling.places else spelling.text for spelling in entry.written]
    return {"backup": entry.backup, "digest": entry.digest, "written": written}


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(_NOT_PRINTABLE, lambda match: f"\\u{ord(match[0]):04x}", text)
