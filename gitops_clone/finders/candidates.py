"""Which bytes can hold an image, by the general rule or by the catalogue: all others need not be parsed. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from gitops_clone.finders.catalogue import CONTAINER, METADATA, SHIPPED, Catalogue, Form, shipped_rows
from gitops_clone.finders.path import format_path


@dataclass(frozen=True, slots=True)
class CandidatePattern:
    """Searches bytes as one pattern would. It is several because each begins with a literal, which `re` finds five
    times faster than their alternation."""

    patterns: tuple[re.Pattern[bytes], ...]

    def search(self, data: bytes) -> re.Match[bytes] | None:
        """The first match of any pattern, in time linear in the data."""
        for pattern in self.patterns:
            if match := pattern.search(data):
                return match
        return None


# A key that contains `image` (all spellings in use: image, dockerImage, images, initImageURL, `(image)`), and a value
# that may be an image: not empty, not `{}`, and not a mapping in block style, whose keys speak for themselves; but the
# mapping of an image volume counts. Possessive quantifiers, bounded where starts can overlap, keep it linear.
_IMAGE_KEY = re.compile(
    rb"""mage (?<=[iI]mage) (?!Pull(?:Policy|Secret)) [\w./-]{0,60}+ ["')]{0,2}+ \s*+ : [ \t]*+
    (?: [^\s{] | \{ \s*+ [^}\s]
      | [\r\n] \s*+ (?! (?:-[ \t]++)*+ (?!reference|pullPolicy) ["'(]?+ [\w./$-]++ ["')]*+ [ \t]*+ : \s ) \S )""",
    re.VERBOSE,
)
# The rows that the pattern above finds, by the end of their path; and those that nothing needs to find.
_IMAGE_PATH = re.compile(r"""[iI]mage[^][.<>()]*(?:"\])?(?:\[\])*(?:\.reference)?\Z""")
_IMAGE_FORMS = (Form.REFERENCE, Form.REFERENCE_OR_TAG, Form.URL, Form.NAME)
_NO_SIGN = (Form.PODSPEC, Form.OBJECT, Form.LIST, Form.PARAMETER, Form.MENTION, Form.NOT_IMAGE)
# What tells the rows of kinds that everybody uses: the name of a variable, a flag, a key of annotations or data.
_VARIABLE, _FLAG = re.compile(r"\[name=([^]]+)]"), re.compile(r"\(flags\)\.-*(.+)")
_KEY = re.compile(r'(?:annotations|data)(?:\["([^"]+)"\]|\.([^.[(<]+))')
_COMMON = ("ConfigMap", "Secret", METADATA)


@cache
def candidate_pattern(catalogue: Catalogue = SHIPPED) -> CandidatePattern:
    """Tells whether a document's bytes can hold an image, by the general rule or by a row. Expects UTF-8.

    A match means that parsing may be worth it; no match means that there is no image: either a key that contains
    `image` has a value, or there is a kind, a name, a flag or a key that rows with other keys are known by.
    """
    signs: dict[str, set[str]] = defaultdict(set)
    for raw in shipped_rows():
        _add_sign(signs, raw["form"], raw["kind"], raw.get("name"), raw["path"])
    for row in catalogue.added:
        _add_sign(signs, row.form, row.kind, row.name, format_path(row.path))
    patterns = [_SIGNS[place] % "|".join(_globbed(text) for text in sorted(texts)) for place, texts in signs.items()]
    return CandidatePattern((_IMAGE_KEY, *(re.compile(pattern.encode()) for pattern in patterns)))


_VALUE = r"""["']?+[ \t]*+:\s*+(?:[&!]\S{0,99}+\s++){0,2}+["']?+"""
_SIGNS = {
    "kind": rf"""kind{_VALUE}(?:%s)(?:List)?+(?![\w-])""",
    "name": rf"""name{_VALUE}(?:%s)(?![\w-])""",
    "flag": r"""-(?:%s)(?![\w-])""",
    "key": r"""(?:%s)["']?+[ \t]*+:""",
}


def _add_sign(signs: dict[str, set[str]], form: str, kind: str, name: str | None, path: str) -> None:
    """Add what tells that a document may hold the places of a row, unless the pattern of image keys sees them."""
    inside = "(" in path
    if not inside and (form in _NO_SIGN or (form in _IMAGE_FORMS and _IMAGE_PATH.search(path))):
        return
    if kind == CONTAINER and (match := _VARIABLE.search(path)):
        signs["name"].add(match[1])
    elif kind == CONTAINER and (match := _FLAG.search(path)):
        signs["flag"].add(match[1])
    elif name and name.strip("*?"):
        signs["name"].add(name)
    elif kind in _COMMON and (match := _KEY.match(path)):
        signs["key"].add(match[1] or match[2])
    else:
        signs["kind"].add(kind)


def _globbed(glob: str) -> str:
    """A glob as a pattern, not narrower."""
    pieces = re.split(r"(\*|\?|\[[^]]*])", glob)
    return "".join(re.escape(text) if number % 2 == 0 else r"[\w.-]{0,99}" for number, text in enumerate(pieces))
