from __future__ import annotations

import pytest

from gitops_clone.report.visible import brief, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("apps/web/deployment.yaml", "apps/web/deployment.yaml"),
        ("Größe/日本.yaml", "Größe/日本.yaml"),
        ("red\x1b[31m", "red\\x1b[31m"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("a\u202eb\u00a0c\u2028d", "a\\u202eb\\xa0c\\u2028d"),
        ("half \ud800", "half \\ud800"),
        ("\x9b31m", "\\x9b31m"),
        ("::set-output name=x::y", "\\x3a:set-output name=x::y"),
        ("  ::add-mask::y", "  \\x3a:add-mask::y"),
        ("a ##[add-mask]y", "a #\\x23[add-mask]y"),
        ("###vso[task]", "#\\x23\\x23vso[task]"),
        ("[::1]:5000/app", "[::1]:5000/app"),
    ],
)
def test_what_a_terminal_or_a_runner_would_obey_is_shown_as_text(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_digests_are_cut_for_reading() -> None:
    digest = "0123456789abcdef" * 4
    assert brief(f"nginx@sha256:{digest}") == "nginx@sha256:0123456789ab"
    assert brief(f"localhost:5001/nginx:sha256_{digest}") == "localhost:5001/nginx:sha256_0123456789ab"
    assert brief(f"nginx:{digest}") == f"nginx:{digest}"
