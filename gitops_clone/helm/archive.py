"""A packed chart (.tgz) to the files in it, within Helm's bounds: no path leads out of it, nothing grows endlessly."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib

from gitops_clone.helm.errors import BadChart

MOST_BYTES = 50 * 2**20
MOST_BYTES_OF_FILE = 5 * 2**20
_MOST_FILES = 20_000
_TOO_LARGE = "holds more than a chart may: too many or too large files"


class Room:
    """How much may still be unpacked for one chart: archives hold archives, and few bytes hold many."""

    def __init__(self) -> None:
        self.left = 2 * MOST_BYTES


def unpack(data: bytes, name: str, room: Room) -> dict[str, bytes]:
    """The regular files of an archive by their names below its one folder. Raises `BadChart`."""
    most = min(MOST_BYTES, room.left)
    try:
        # All at once, so that no header in it can ask for more.
        raw = gzip.GzipFile(fileobj=io.BytesIO(data)).read(most + 1)
        if len(raw) > most:
            raise BadChart(_TOO_LARGE, name)
        room.left -= len(raw)
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            return _files(archive, name)
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        raise BadChart("is no chart archive (.tgz)", name) from None


def _files(archive: tarfile.TarFile, name: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for entry in archive:
        if entry.isdir():
            continue
        path = _inner(entry.name, name)
        if entry.size > MOST_BYTES_OF_FILE or len(files) >= _MOST_FILES:
            raise BadChart(_TOO_LARGE, name)
        opened = archive.extractfile(entry) if entry.isreg() else None
        # Links and devices have no bytes in the archive: Helm takes them for empty files.
        files[path] = (opened.read() if opened else b"").removeprefix(b"\xef\xbb\xbf")
    if not files:
        raise BadChart("holds no files", name)
    return files


def _inner(path: str, name: str) -> str:
    """A path below the archive's one folder."""
    parts = path.replace("\\", "/").split("/")
    inner = [part for part in parts[1:] if part not in ("", ".")]
    if not inner or ".." in inner or (len(parts) > 1 and parts[1] == "") or parts[0] == "Chart.yaml":
        raise BadChart("holds a file outside of the chart's folder", name)
    return "/".join(inner)
