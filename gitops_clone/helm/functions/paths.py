"""Go's path functions, which know no file system."""

from __future__ import annotations

import posixpath

from gitops_clone.helm.registry import function


@function("base osBase", "string")
def _base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@function("dir osDir", "string")
def _dir(path: str) -> str:
    return _clean(path[: path.rfind("/") + 1])


@function("clean osClean", "string")
def _clean(path: str) -> str:
    done = posixpath.normpath(path) if path else "."
    return "/" + done.lstrip("/") if done.startswith("//") else done


@function("ext osExt", "string")
def _ext(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""


@function("isAbs osIsAbs", "string")
def _is_abs(path: str) -> bool:
    return path.startswith("/")
