"""Which bytes can hold an image, by the general rule or by the catalogue: all others need not be parsed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from gitops_clone.finders.catalogue import CONTAINER, METADATA, SHIPPED, Catalogue, Form, shipped_rows
from gitops_clone.finders.path import format_path

# A key that contains `image` (all spellings in use: image, dockerImage, images, initImageURL, `(image)`), and a value
# that may be an image: not empty, not `{}`, and not a mapping in block style, whose keys speak for themselves; but the
# mapping of an image volume counts. Possessive quantifiers, bounded where starts can overlap, keep it linear.
_IMAGE_KEY = re.compile(
    rb"""mage (?<=[iI]mage) (?!Pull(?:Policy|Secret)) [\w./-]{0,60}+ [\\"')]{0,3}+ \s*+ : [ \t]*+
    (?: [^\s{] | \{ \s*+ [^}\s]
      | [\r\n] \s*+ (?! (?:-[ \t]++)*+ (?!reference|pullPolicy) ["'(]?+ [\w./$-]++ ["')]*+ [ \t]*+ : \s ) \S )""",
    re.VERBOSE,
)
_VALUE = r"""["']?+[ \t]*+:\s*+(?:[&!]\S{0,99}+\s++){0,2}+["']?+"""
_KIND = re.compile(rf"kind{_VALUE}(\w++)(?!-)".encode())

# The rows that the pattern of image keys finds, by the end of their path; and those that nothing needs to find.
_IMAGE_PATH = re.compile(r"""[iI]mage[^][.<>()]*(?:"\])?(?:\[\])*(?:\.reference)?\Z""")
_IMAGE_FORMS = (Form.REFERENCE, Form.REFERENCE_OR_TAG, Form.SPLIT, Form.URL, Form.NAME)
_NO_SIGN = (Form.PODSPEC, Form.OBJECT, Form.LIST, Form.PARAMETER, Form.MENTION, Form.NOT_IMAGE)
# What tells the rows of the pseudo-kinds: the name of a variable, a flag, or else the last key.
_VARIABLE, _FLAG = re.compile(r"\[name=([^]]+)]"), re.compile(r"\(flags\)\.-*([^].[()<>]+)")
_LAST_KEY = re.compile(r"""(?:\["([^"]+)"\]|([^].[()<>]+))[][<>.()]*\Z""")


_MARK = re.compile(rb"^(?:---|\.\.\.)", re.MULTILINE)
_DEFINITION = re.compile(rb"kind:(?<![^\n]kind:)[ \t]*[\"']?CustomResourceDefinition\b")


def is_definition(chunk: bytes) -> bool:
    """Whether a chunk is nothing but a custom resource definition (a file parsed whole may hold other objects)."""
    return _DEFINITION.search(chunk) is not None and _MARK.search(chunk, 1) is None


@dataclass(frozen=True, slots=True)
class CandidatePattern:
    """Searches bytes as one pattern would. It is several because each begins with a literal, which `re` finds five
    times faster than their alternation."""

    kinds: frozenset[bytes]
    patterns: tuple[re.Pattern[bytes], ...]

    def search(self, data: bytes) -> re.Match[bytes] | None:
        """The first match of any pattern, in time linear in the data."""
        if match := _IMAGE_KEY.search(data):
            return match
        for match in _KIND.finditer(data):
            if match[1].removesuffix(b"List") in self.kinds or match[1] in self.kinds:
                return match
        for pattern in self.patterns:
            if match := pattern.search(data):
                return match
        return None


@dataclass(slots=True)
class _Signs:
    """What tells that a document may hold places of rows whose keys do not contain `image`."""

    kinds: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def add(self, form: str, kind: str, name: str | None, path: str) -> None:
        """Add the sign of a row, unless the pattern of image keys sees it."""
        inside = "(" in path
        if not inside and (form in _NO_SIGN or (form in _IMAGE_FORMS and _IMAGE_PATH.search(path))):
            return
        if kind in (CONTAINER, METADATA):
            if variable := _VARIABLE.search(path):
                self.names.add(variable[1])
            elif flag := _FLAG.search(path):
                self.flags.add(flag[1])
            elif key := _LAST_KEY.search(path):
                self.keys.add(key[1] or key[2])
        elif name and name.strip("*?"):
            self.names.add(name)
        else:
            self.kinds.add(kind)


@cache
def candidate_pattern(catalogue: Catalogue = SHIPPED) -> CandidatePattern:
    """Tells whether a document's bytes can hold an image, by the general rule or by a row. Expects UTF-8.

    A match means that parsing may be worth it; no match means that there is no image: either a key that contains
    `image` has a value, or there is a kind, a name, a flag or a key that rows with other keys are known by.
    """
    signs = _Signs()
    for raw in shipped_rows():
        signs.add(raw["form"], raw["kind"], raw.get("name"), raw["path"])
    for row in catalogue.added:
        signs.add(row.form, row.kind, row.name, format_path(row.path))
    patterns = [
        re.compile((pattern % "|".join(map(_globbed, sorted(texts)))).encode())
        for pattern, texts in (
            (rf"name{_VALUE}(?:%s)(?![\w-])", signs.names),
            (r"-(?:%s)(?![\w-])", signs.flags),
            (r"(?<![\w.])(?:%s)(?![\w-])", signs.keys),
        )
        if texts
    ]
    return CandidatePattern(frozenset(kind.encode() for kind in signs.kinds), tuple(patterns))


def _globbed(glob: str) -> str:
    """A glob as a pattern, not narrower."""
    pieces = re.split(r"(\*|\?|\[[^]]*])", glob)
    return "".join(re.escape(text) if number % 2 == 0 else r"[\w.-]{0,99}" for number, text in enumerate(pieces))
