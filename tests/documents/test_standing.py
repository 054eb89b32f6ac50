"""What stands where in a document."""

from __future__ import annotations

from gitops_clone.documents.parse import parse
from gitops_clone.documents.standing import scalars

TEXT = "a: 1\nb:\n  - c: [x, 'y z']\n    ? {k: v}\n    : w\n  - |\n    text\nd: &d e\nf: *d\n"


def test_all_scalars_in_the_order_of_the_text() -> None:
    (root,) = parse(TEXT)
    assert root is not None
    found = [(each.path, each.scalar.value, each.is_key) for each in scalars(root)]
    assert found == [
        (("a",), "a", True), (("a",), "1", False), (("b",), "b", True),
        (("b", 0, "c"), "c", True), (("b", 0, "c", 0), "x", False), (("b", 0, "c", 1), "y z", False),
        (("b", 1), "text\n", False), (("d",), "d", True), (("d",), "e", False), (("f",), "f", True),
    ]  # fmt: skip
