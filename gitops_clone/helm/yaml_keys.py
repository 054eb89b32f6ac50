"""The order of keys in go-yaml 2's maps: digits before letters, numbers by their value."""

from __future__ import annotations


class NaturalKey:
    """A key to sort by."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: NaturalKey) -> bool:
        one, two = self.text, other.text
        for at, (first, second) in enumerate(zip(one, two, strict=False)):
            if first == second:
                continue
            letters = first.isalpha(), second.isalpha()
            if all(letters):
                return first < second
            if any(letters):
                return letters[1]
            return _is_less(one, two, at)
        return len(one) < len(two)


def _is_less(one: str, two: str, at: int) -> bool:
    """Whether the first is less, where the texts differ in characters that are no letters."""
    start = "1" if "0" in (one[at], two[at]) and _goes_on(one, at) else ""
    first, second = _digits(one, at), _digits(two, at)
    values = int(start + first or 0), int(start + second or 0)
    if values[0] != values[1]:
        return values[0] < values[1]
    if len(first) != len(second):
        return len(first) < len(second)
    return one[at] < two[at]


def _goes_on(text: str, at: int) -> bool:
    """Whether a number stands before a place, so that a zero there is one of its digits."""
    before = at - 1
    while before >= 0 and text[before].isdecimal():
        if text[before] != "0":
            return True
        before -= 1
    return False


def _digits(text: str, at: int) -> str:
    end = at
    while end < len(text) and text[end].isdecimal():
        end += 1
    return text[at:end]
