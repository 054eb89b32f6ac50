"""What Flux and Argo CD apply from the repository, as texts that a rendering needs. Pure.

Whether a source is this repository cannot be told from its URL; a path that is not in it means nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gitops_clone.controllers import read, sources
from gitops_clone.controllers.model import Applied, Kind, ValuesForm
from gitops_clone.render.values import Unknown, text_of


@dataclass(frozen=True, slots=True)
class Application:
    """An object that applies `path`, a name relative to the root; None: what it applies is not in a repository.

    `values` are files relative to the root, `inline` texts of values; of all of them, the later win. `obstacle` says
    which values are not known here.
    """

    file: str
    name: str
    path: str | None
    values: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    obstacle: str | None = None
    release: bool = False


def find(names: Sequence[str], content: Callable[[str], bytes | None]) -> list[Application]:
    """The applications in files, given by name; `content` gives a file's bytes, None where there is none."""
    applied = [each for name in names for each in read.find(name, content(name) or b"")]
    return [_application(each, content) for each in _followed(applied, names, content)]


def _followed(
    applied: Sequence[Applied], names: Iterable[str], content: Callable[[str], bytes | None]
) -> Sequence[Applied]:
    """The applied with the values that stand in ConfigMaps."""
    if not any(value.form is ValuesForm.REFERENCE for each in applied for value in each.values):
        return applied
    files = ((name, content(name) or b"") for name in names)
    return sources.resolve(applied, sources.config_maps(files, content))


def _application(applied: Applied, content: Callable[[str], bytes | None]) -> Application:
    owner = applied.owner
    release = owner.kind is Kind.HELM_RELEASE
    files: list[str] = []
    inline: list[str] = []
    obstacle = applied.obstacle
    for value in applied.values if applied.path is not None else ():
        if value.form is ValuesForm.FILE and not inline:
            if value.file:
                files.append(value.file)
            else:
                obstacle = obstacle or f"{value.path} is not in the repository"
            continue
        try:
            inline.append(text_of(value, content))
        except Unknown as error:
            obstacle = obstacle or str(error)
    return Application(owner.file, str(owner), applied.path, tuple(files), tuple(inline), obstacle, release=release)
