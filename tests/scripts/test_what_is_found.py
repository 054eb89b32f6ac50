"""docs/what-is-found.md says what the tables say."""

from __future__ import annotations

from gitops_clone.finders.catalogue import Form
from scripts.what_is_found import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m scripts.what_is_found`"


def test_each_form_is_on_the_page() -> None:
    assert [form for form in Form if f"| `{form}` |" not in page()] == []
