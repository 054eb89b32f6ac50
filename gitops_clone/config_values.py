"""What each setting may hold, whether it comes from TOML or as text from a variable or an option."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from gitops_clone.config import FORGES
from gitops_clone.finding import Certainty
from gitops_clone.image import DOCKER_HUB, InvalidReference, is_registry, parse
from gitops_clone.naming import Pin

_PLATFORM = r"[a-z0-9]+/[a-z0-9]+(?:/[a-z0-9.]+)?"
_DURATION = r"([0-9]+(?:\.[0-9]+)?)\s*([smh]?)"
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_LONGEST = 24 * 3600
_NO_BRANCH = r"[\s~^:?*\[\\]|\.\.|@\{|//|^[-/.]|[/.]$|\.lock(?:/|$)|/\.|^@$|^HEAD$"
_REMOTE = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_WEB_ADDRESS = r"https?://[A-Za-z0-9.\[\]:-]+(?:/[A-Za-z0-9._~/-]+)?"


def checked(key: str, value: object) -> object:
    """The value of a setting, as `Settings` has it. Raises `ValueError` that says what it must be, not what it is."""
    return _CHECKS[key](value)


def separated(key: str, text: str) -> str | list[str]:
    """The items of a text where the setting is a list: between commas, and between white space too but for names."""
    separator = _SEPARATORS.get(_CHECKS[key])
    return re.split(separator, text.strip(", ")) if separator else text


def _registry(value: object) -> str:
    text = _text(value).rstrip("/")
    if "://" in text:
        raise ValueError(f"must be host[:port][/path]; leave out {text.partition('://')[0]}://")
    if "@" in text:
        raise ValueError("must be host[:port][/path]; leave out what stands before or after the @")
    host, slash, path = text.partition("/")
    host = host.lower()
    if ":" in path:
        raise ValueError("must be host[:port][/path]; leave out the tag")
    if not is_registry(host):
        raise ValueError("must be host[:port][/path]")
    if "." not in host and ":" not in host and host != "localhost":
        raise ValueError("needs a host with a dot or a port, else it reads as a name on Docker Hub; add the port")
    registry = f"{host}{slash}{path}"
    try:
        reference = parse(f"{registry}/image")
    except InvalidReference:
        raise ValueError("must be host[:port][/path], the path in lower case") from None
    if reference.registry == DOCKER_HUB:
        raise ValueError("cannot be Docker Hub, which has no nested repositories")
    return registry


def _platform(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(_PLATFORM, text):
        raise ValueError("must be os/arch or os/arch/variant, like linux/amd64")
    return text


def _pin(value: object) -> Pin:
    try:
        return Pin(_text(value))
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Pin)}") from None


def _certainty(value: object) -> Certainty:
    try:
        return Certainty(_text(value))
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Certainty)}") from None


def _count(least: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"must be a whole number, {least} or more")
        return value

    return check


def _duration(value: object) -> float:
    if isinstance(value, str) and (match := re.fullmatch(_DURATION, value)):
        value = float(match[1]) * _SECONDS[match[2]]
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value) or not 0 < value <= _LONGEST:
        raise ValueError('must be a number of seconds, or a text like "90s", "15m" or "1h", up to 24 hours')
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("must be a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError("must be a list of texts")
    try:
        return tuple(_text(item) for item in items)
    except ValueError:
        raise ValueError("must be a list of texts") from None


def _names(value: object) -> tuple[str, ...]:
    """Names, which may be joined by commas, as `gh` and `glab` take them."""
    return tuple(name.strip() for text in _texts(value) for name in text.split(",") if name.strip())


def _branch(value: object) -> str:
    text = _text(value).removeprefix("refs/heads/")
    # The rules of git-check-ref-format(1), and no name that git would take for an option.
    if re.search(_NO_BRANCH, text):
        raise ValueError("is not a name that git takes for a branch")
    return text


def _remote(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(_REMOTE, text):
        raise ValueError("must be the name of a remote, as `git remote` lists them, not a URL")
    return text


def _flag(value: object) -> bool:
    flags = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(value, str):
        value = flags.get(value.lower())
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _forge(value: object) -> str:
    if value not in FORGES:
        raise ValueError(f"must be one of {', '.join(FORGES)}")
    return _text(value)


def _web_address(value: object) -> str:
    text = _text(value).rstrip("/")
    if not re.fullmatch(_WEB_ADDRESS, text):
        raise ValueError("must be a web address like https://git.example.org, without a user or password")
    return text


def _hosts(value: object) -> tuple[str, ...]:
    hosts = tuple(text.lower() for text in _texts(value))
    if not all(is_registry(host) for host in hosts):
        raise ValueError("must be a list of host[:port], without scheme and path")
    return hosts


_CHECKS: dict[str, Callable[[object], object]] = {
    "backup-registry": _registry,
    "push-registry": _registry,
    "platform": _platform,
    "pin": _pin,
    "certainty": _certainty,
    "charts": _flag,
    "jobs": _count(1),
    "jobs-per-registry": _count(1),
    "timeout": _duration,
    "retries": _count(0),
    "insecure-registry": _hosts,
    "authfile": _text,
    "exclude": _texts,
    "ignore": _texts,
    "ignore-namespace": _texts,
    "own": _texts,
    "anonymous-pull": _flag,
    "remote": _remote,
    "base": _branch,
    "branch": _branch,
    "title": _text,
    "commit-message": _text,
    "labels": _names,
    "reviewers": _names,
    "draft": _flag,
    "forge": _forge,
    "forge-url": _web_address,
}
_SEPARATORS: dict[Callable[[object], object], str] = {_texts: r"[,\s]+", _hosts: r"[,\s]+", _names: r","}
