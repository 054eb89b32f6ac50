"""Talk to a forge with patience: rate limits and faults of the server are waited out, within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TypeVar

from gitops_clone.repo.forges.model import ForgeError
from gitops_clone.repo.write import printable

Answer = TypeVar("Answer")

NONSENSE = 0
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)  # what reading an answer of another shape raises
ATTEMPTS = 6
LONGEST = 600.0  # seconds to wait in all
_SECONDARY = 60.0  # what GitHub asks for where a rate limit comes without a time
_SILENT = 2.5
_PASSING = (500, 502, 503, 504, 520, 521, 522, 523, 524)
_RESETS = ("x-ratelimit-reset", "ratelimit-reset")


@dataclass
class Refusal(Exception):
    """An answer that is not what was asked for. Header names are in lower case.

    `status` is None where there was no answer, and `NONSENSE` where it is not one of this kind of forge.
    """

    status: int | None
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Help:
    """What to say of refusals: the forge's name, where tokens are made, what one needs for each operation.

    `say` is told before a wait that people would wonder at.
    """

    forge: str
    repository: str
    variable: str
    tokens: str
    needs: Mapping[str, str]
    secret: str = field(repr=False)
    say: Callable[[str], None]

    def reason(self, refusal: Refusal) -> str:
        """What the forge says, on one line, without the token: a server may have repeated it."""
        return printable(refusal.reason.strip().replace(self.secret, "***")) or "no reason given"


def patiently(operation: str, call: Callable[[], Answer], help_: Help) -> Answer:
    """The call's answer. Raises `ForgeError` for a `Refusal` that does not pass."""
    deadline = time.monotonic() + LONGEST
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return call()
        except Refusal as refusal:
            delay = _delay(refusal, attempt)
            if delay is None:
                raise explain(refusal, operation, help_) from None
            if attempt == ATTEMPTS or time.monotonic() + delay > deadline:
                raise _given_up(refusal, operation, help_, delay) from None
            if delay > _SILENT:
                help_.say(f"{help_.forge} says {help_.reason(refusal)!r}; waiting {delay:.0f} s")
        time.sleep(delay)
    raise AssertionError("the last attempt returns or raises")


def explain(refusal: Refusal, operation: str, help_: Help) -> ForgeError:
    """The one line for a refusal: what was refused, why, and what to do about it."""
    reason = help_.reason(refusal)
    start = f"{help_.forge} does not {operation} in {help_.repository}"
    needs = help_.needs.get(operation, help_.needs[""])
    remedies = {
        NONSENSE: "is that the address of this kind of forge? set forge and forge-url",
        401: f"it does not accept the token: {help_.variable} is wrong, revoked or expired; make one: {help_.tokens}",
        403: f"the token in {help_.variable} needs {needs}",
        404: f"there is no such repository, or the token in {help_.variable} cannot see it; it needs {needs}",
    }
    if "not permitted to create or approve pull requests" in refusal.reason:
        remedy = "allow it in Settings > Actions > General > Workflow permissions, or use the token of an app"
        return ForgeError(f"{start}: {reason}: {remedy}", refusal.status)
    remedy = "" if refusal.status is None else remedies.get(refusal.status, "")
    status = f"{refusal.status} " if refusal.status else ""
    return ForgeError(f"{start}: {status}{reason}{': ' if remedy else ''}{remedy}", refusal.status)


def _delay(refusal: Refusal, attempt: int) -> float | None:
    """How many seconds to wait before the next attempt; None where waiting does not help."""
    limited = _is_rate_limit(refusal)
    if not limited and refusal.status is not None and refusal.status not in _PASSING:
        return None
    stated = _stated_delay(refusal.headers, limited)
    if stated is not None:
        return stated
    return _SECONDARY * attempt if limited and refusal.status == 403 else 2.0 ** (attempt - 1)


def _is_rate_limit(refusal: Refusal) -> bool:
    if refusal.status == 429:
        return True
    exhausted = refusal.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in refusal.headers
    return refusal.status == 403 and (exhausted or "rate limit" in refusal.reason.lower())


def _stated_delay(headers: Mapping[str, str], limited: bool) -> float | None:
    after = headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    try:
        if after:
            return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
    except ValueError:
        pass
    reset = next((headers[name] for name in _RESETS if headers.get(name, "").isdigit()), None)
    # One second more, since the clocks differ.
    return max(0.0, float(reset) - time.time()) + 1 if limited and reset is not None else None


def _given_up(refusal: Refusal, operation: str, help_: Help, delay: float) -> ForgeError:
    start = f"{help_.forge} does not {operation} in {help_.repository}"
    reason = help_.reason(refusal)
    if _is_rate_limit(refusal):
        moment = time.strftime("%H:%M:%S UTC", time.gmtime(time.time() + delay))
        return ForgeError(f"{start}: rate limit ({refusal.status} {reason}); run again after {moment}", refusal.status)
    status = f"{refusal.status} " if refusal.status else ""
    return ForgeError(f"{start}: {status}{reason}, also after {ATTEMPTS} attempts; run again later", refusal.status)
