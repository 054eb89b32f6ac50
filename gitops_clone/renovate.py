"""Renovate's `registryAliases`: so that it asks the upstream registry for new versions of what was relocated.

Renovate compares an alias followed by a slash with the beginning of the reference and takes the first that fits
(lib/modules/manager/dockerfile/extract.ts, getDep; Renovate 44). The configuration is spliced, never dumped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.json5 import Array, Literal, NotJson5, Object, Value, parse
from gitops_clone.errors import UsageError
from gitops_clone.finding import Span
from gitops_clone.image import DOCKER_HUB
from gitops_clone.image import parse as parse_reference
from gitops_clone.lockfile import Lock

KEY = "registryAliases"
_DIRECTORIES = ("", ".github/", ".gitlab/")
_SUFFIXES = ("", "c", "5")
# In the order in which Renovate looks (lib/config/app-strings.ts); package.json is deprecated, and not looked at here.
CONFIG_NAMES = (
    *(f"{directory}renovate.json{suffix}" for directory in _DIRECTORIES for suffix in _SUFFIXES),
    ".renovaterc",
    *(f".renovaterc.json{suffix}" for suffix in _SUFFIXES),
)


class _Style(NamedTuple):
    """How a configuration is written: its line break, one step of indentation, its quote, the keys without quotes."""

    newline: str
    step: str
    quote: str
    bare: bool

    def quoted(self, text: str) -> str:
        return f"{self.quote}{text}{self.quote}"  # references hold no character that needs an escape

    def key(self, text: str) -> str:
        return text if self.bare else self.quoted(text)


def aliases(lock: Lock) -> dict[str, str]:
    """What to replace at the beginning of a reference on the backup registry, and the upstream registry for it.

    Docker Hub is `docker.io` here: Renovate knows both of its names, and its presets use this one.
    """
    found = {}
    for key, entry in lock.images.items():
        upstream = parse_reference(key)
        home, separator, rest = parse_reference(entry.backup).name.rpartition(f"/{upstream.repository}")
        if separator and not rest:
            found[home] = "docker.io" if upstream.registry == DOCKER_HUB else upstream.registry
    return dict(sorted(found.items()))


def find_config(root: Path) -> Path:
    """The configuration that Renovate would take. Raises `UsageError` where there is none, or not within the root."""
    for name in CONFIG_NAMES:
        path = root / name
        if path.is_file():
            if not path.resolve().is_relative_to(root.resolve()):
                raise UsageError(f"{name}: a link out of the repository; edit its target yourself")
            return path
    raise UsageError(f"no Renovate configuration ({', '.join(CONFIG_NAMES)}); make one, `{{}}` will do, and run again")


def with_aliases(text: str, wanted: Mapping[str, str]) -> str:
    """The configuration with these aliases; every character but theirs stays, and so do other aliases.

    New ones come first, since Renovate takes the first that fits. Raises `NotJson5`; nothing is repaired.
    """
    config = parse(text)
    if not isinstance(config, Object):
        raise NotJson5("not an object")
    after = splice(text, _edits(text, config, wanted))
    if not _proved(parse(after), config, wanted):
        raise NotJson5("could not be edited safely, so nothing was written; put the aliases in by hand")
    return after


def hidden(text: str) -> list[tuple[str, str]]:
    """Aliases that Renovate never comes to, each with the one before it that fits everything that it fits."""
    config = parse(text)
    found = _aliases_of(config) if isinstance(config, Object) else None
    keys = [member.key for member in found.members] if found else []
    return [
        (key, other) for position, key in enumerate(keys) for other in keys[:position] if key.startswith(f"{other}/")
    ]


def _aliases_of(config: Object) -> Object | None:
    members = [member for member in config.members if member.key == KEY]
    if not members:
        return None
    if len(members) > 1:
        raise NotJson5(f"{KEY} stands there twice")
    if not isinstance(members[0].value, Object):
        raise NotJson5(f"{KEY} is no object")
    return members[0].value


def _edits(text: str, config: Object, wanted: Mapping[str, str]) -> list[Edit]:
    style = _style(text, config)
    present = _aliases_of(config)
    if present is None:
        return _append(text, config, wanted, style) if wanted else []
    known = {member.key: member.value for member in present.members}
    edits = [
        Edit(Span(value.start, value.end), style.quoted(wanted[key]))
        for key, value in known.items()
        if key in wanted and not (isinstance(value, Literal) and value.is_string and value.text == wanted[key])
    ]
    new = [_pair(key, value, style) for key, value in wanted.items() if key not in known]
    return [*edits, _insert(text, present, new, style)] if new else edits


def _insert(text: str, into: Object, pairs: Sequence[str], style: _Style) -> Edit:
    """New members of an object, before those that it has."""
    at = Span(into.start + 1, into.start + 1)
    inside = text[at.start : into.end - 1]
    if into.members:
        gap = text[at.start : into.members[0].start]
        if "\n" in inside:
            gap = style.newline + _indentation(text, into.members[0].start)
        elif gap.strip():  # a comment
            gap = " "
        return Edit(at, "".join(f"{gap}{pair}," for pair in pairs))
    outer = _indentation(text, into.start)
    return Edit(at, _listed(pairs, outer, style) + ("" if "\n" in inside else style.newline + outer))


def _append(text: str, config: Object, wanted: Mapping[str, str], style: _Style) -> list[Edit]:
    """The new member at the end of the configuration, after the comments there."""
    pairs = [_pair(key, value, style) for key, value in wanted.items()]
    inside = text[config.start + 1 : config.end - 1]
    many_lines = "\n" in inside or not config.members
    outer = _indentation(text, config.members[0].start) if config.members else style.step
    body = f"{_listed(pairs, outer, style)}{style.newline}{outer}" if many_lines else ", ".join(pairs)
    member = f"{style.key(KEY)}: {{{body}}}"
    if not config.members:
        closing = "" if inside.rstrip(" \t").endswith("\n") else style.newline
        end = config.start + 1 + len(inside.rstrip())
        return [Edit(Span(end, end), f"{style.newline}{outer}{member}{closing}")]
    last = config.members[-1].value.end
    end = config.start + 1 + len(inside.rstrip())
    new = f"{style.newline}{outer}{member}" if many_lines else f" {member}"
    if config.comma is not None:
        return [Edit(Span(end, end), f"{new},")]
    if end == last:
        return [Edit(Span(end, end), f",{new}")]
    return [Edit(Span(last, last), ","), Edit(Span(end, end), new)]


def _listed(pairs: Sequence[str], outer: str, style: _Style) -> str:
    """Members on lines of their own, the first line break included, the last one not."""
    lead = style.newline + outer + style.step
    return ",".join(f"{lead}{pair}" for pair in pairs)


def _pair(key: str, value: str, style: _Style) -> str:
    return f"{style.quoted(key)}: {style.quoted(value)}"


def _style(text: str, config: Object) -> _Style:
    first = config.members[0] if config.members else None
    step = _indentation(text, first.start) if first else ""
    strings = [text[literal.start] for literal in _literals(config) if literal.is_string]
    quoted = [text[member.start] for member in config.members if text[member.start] in "\"'"]
    return _Style(
        newline="\r\n" if "\r\n" in text else "\n",
        step=step or "  ",
        quote=(quoted or strings or ['"'])[0],
        bare=bool(config.members) and not quoted,
    )


def _literals(value: Value) -> list[Literal]:
    if isinstance(value, Literal):
        return [value]
    children = value.items if isinstance(value, Array) else [member.value for member in value.members]
    return [literal for child in children for literal in _literals(child)]


def _indentation(text: str, position: int) -> str:
    """The white space at the beginning of the line of a position."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip())]


def _plain(value: Value) -> object:
    """The value without positions, to be compared."""
    if isinstance(value, Literal):
        return (value.text, value.is_string)
    if isinstance(value, Array):
        return [_plain(item) for item in value.items]
    return _pairs(value)


def _pairs(value: Object) -> list[tuple[str, object]]:
    return [(member.key, _plain(member.value)) for member in value.members]


def _proved(config: Value, before: Object, wanted: Mapping[str, str]) -> bool:
    """Whether a configuration is the one before, with these aliases set."""
    if not isinstance(config, Object):
        return False
    present, found = _aliases_of(before), _aliases_of(config)
    old = dict(_pairs(present)) if present else {}
    new = old | {key: (value, True) for key, value in wanted.items()}
    return (dict(_pairs(found)) if found else {}) == new and _others(config) == _others(before)


def _others(config: Object) -> list[tuple[str, object]]:
    return [(key, value) for key, value in _pairs(config) if key != KEY]
