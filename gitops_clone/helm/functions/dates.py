"""sprig's dates. Now is always the same moment, since two renderings are to be compared; local time is UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.gotypes import Int64, Object, Value, type_name
from gitops_clone.helm.registry import function

_NOW = datetime(2024, 1, 1, tzinfo=UTC)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|ms|s|m|h))+|[-+]?0")
# Go's layouts, the longer words first.
_LAYOUT = re.compile(r"January|Jan|Monday|Mon|MST|2006|Z07:00|-07:00|-0700|01|02|03|04|05|06|15|PM|pm|_2|1|2|3|4|5")
_FORMATS = {
    "January": "%B", "Jan": "%b", "Monday": "%A", "Mon": "%a", "MST": "UTC", "2006": "%Y", "Z07:00": "Z",
    "-07:00": "+00:00", "-0700": "+0000", "01": "%m", "02": "%d", "03": "%I", "04": "%M", "05": "%S", "06": "%y",
    "15": "%H", "PM": "%p",
}  # fmt: skip


class Time(Object):
    """A moment in UTC."""

    type_name = "time.Time"

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def members(self) -> dict[str, Value]:
        raise Unsupported("methods of a time")

    def show(self) -> str:
        return self.moment.strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


@function("now")
def _now() -> Time:
    return Time(_NOW)


@function("date", "string", "any")
def _date(layout: str, value: Value) -> str:
    return _formatted(layout, _moment(value))


@function("dateInZone date_in_zone", "string", "any", "string")
def _date_in_zone(layout: str, value: Value, zone: str) -> str:
    if zone not in ("", "UTC", "Local"):
        raise Unsupported("dates in other zones than UTC")
    return _formatted(layout, _moment(value))


@function("htmlDate", "any")
def _html_date(value: Value) -> str:
    return _formatted("2006-01-02", _moment(value))


@function("htmlDateInZone", "any", "string")
def _html_date_in_zone(value: Value, zone: str) -> str:
    return _date_in_zone("2006-01-02", value, zone)


@function("unixEpoch", "any")
def _unix_epoch(value: Value) -> str:
    return str(int(_given(value).timestamp()))


@function("dateModify date_modify mustDateModify must_date_modify", "string", "any")
def _date_modify(change: str, value: Value) -> Time:
    if not _DURATION.fullmatch(change):
        raise Unsupported("dateModify by what is no duration")
    return Time(_given(value) + timedelta(seconds=_seconds(change)))


@function("ago", "any")
def _ago(value: Value) -> str:
    return _span(int((_NOW - _moment(value)).total_seconds()))


@function("duration", "any")
def _duration(value: Value) -> str:
    if isinstance(value, str):
        return _span(int(value) if re.fullmatch(r"[-+]?[0-9]+", value) else 0)
    return _span(int(value) if isinstance(value, Int64) else 0)


@function("durationRound", "any")
def _duration_round(value: Value) -> str:
    if isinstance(value, Time):
        seconds = (_NOW - value.moment).total_seconds()
    elif isinstance(value, str):
        seconds = _seconds(value) if _DURATION.fullmatch(value) else 0.0
    else:
        seconds = int(value) / 1e9 if isinstance(value, Int64) else 0.0
    for unit, name in ((31_536_000, "y"), (2_592_000, "mo"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if abs(seconds) > unit:
            return f"{int(abs(seconds) // unit)}{name}"
    return "0s"


@function("toDate mustToDate", "string", "string")
def _to_date(layout: str, value: str) -> Time:
    try:
        return Time(datetime.strptime(value, _translated(layout)).replace(tzinfo=UTC))
    except ValueError:
        raise Unsupported("toDate of a text that does not fit") from None


def _given(value: Value) -> datetime:
    """The moment of a parameter that must be a time."""
    if not isinstance(value, Time):
        raise Refused(f"wrong type for value; expected time.Time; got {type_name(value)}")
    return value.moment


def _moment(value: Value) -> datetime:
    if isinstance(value, Time):
        return value.moment
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(int(value), UTC)
        except (ValueError, OverflowError, OSError):
            raise Unsupported("a date out of range") from None
    return _NOW


def _formatted(layout: str, moment: datetime) -> str:
    return moment.strftime(_translated(layout))


def _translated(layout: str) -> str:
    """A layout of Go as one of strftime."""

    def replace(match: re.Match[str]) -> str:
        if match[0] not in _FORMATS:
            raise Unsupported(f"the date layout {match[0]}")
        return _FORMATS[match[0]]

    return _LAYOUT.sub(replace, layout.replace("%", "%%"))


def _seconds(text: str) -> float:
    total = sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9.]+)(ns|us|µs|ms|s|m|h)", text))
    return -total if text.startswith("-") else total


def _span(seconds: int) -> str:
    """Go's Duration.String of whole seconds."""
    sign, rest = ("-" if seconds < 0 else ""), abs(seconds)
    hours, minutes, left = rest // 3600, rest // 60 % 60, rest % 60
    if hours:
        return f"{sign}{hours}h{minutes}m{left}s"
    return f"{sign}{minutes}m{left}s" if minutes else f"{sign}{left}s"
