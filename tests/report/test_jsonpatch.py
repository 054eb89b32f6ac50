from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonpatch

from gitops_clone.report import jsonpatch as report
from gitops_clone.result import Change, Result
from tests.report.samples import BACKUP, file_change, place


def render(*changes: Change) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(
        report.render(Result("rewrite", BACKUP, files=[file_change("a.yaml", b"1", b"2", *changes)]))
    )
    return loaded


def test_the_patch_applies_to_the_object_with_aliases_expanded() -> None:
    alias = [place("a.yaml", line, "nginx", pointer=pointer) for line, pointer in ((2, "/web/image"), (9, "/job~1x"))]
    [entry] = render(Change(tuple(alias), "index.docker.io/library/nginx:latest", "nginx", "backup/nginx"))
    assert (entry["file"], entry["document"]) == ("a.yaml", 0)
    patched = jsonpatch.apply_patch({"web": {"image": "nginx"}, "job/x": "nginx"}, entry["patch"])
    assert patched == {"web": {"image": "backup/nginx"}, "job/x": "backup/nginx"}


def test_each_replace_is_guarded() -> None:
    [entry] = render(Change((place("a.yaml", 2, "nginx"),), "nginx", "nginx", "backup/nginx"))
    assert entry["patch"] == [
        {"op": "test", "path": "/image", "value": "nginx"},
        {"op": "replace", "path": "/image", "value": "backup/nginx"},
    ]


def test_documents_stand_in_order_each_with_its_own_patch() -> None:
    second = Change((place("a.yaml", 9, "redis", document=1),), "redis", "redis", "backup/redis")
    first = Change((place("a.yaml", 2, "nginx"),), "nginx", "nginx", "backup/nginx")
    assert [entry["document"] for entry in render(second, first)] == [0, 1]


def test_a_block_scalar_keeps_its_line_break() -> None:
    block = place("a.yaml", 3, "nginx\n")
    text = replace(block, raw="nginx")
    [entry] = render(Change((text,), "nginx", "nginx", "backup/nginx"))
    assert jsonpatch.apply_patch({"image": "nginx\n"}, entry["patch"]) == {"image": "backup/nginx\n"}


def test_text_that_is_no_object_is_left_out() -> None:
    assert render(Change((place("a.env", 1, "nginx", pointer=None),), "nginx", "nginx", "backup/nginx")) == []


def test_nothing_to_change_is_an_empty_list() -> None:
    assert report.render(Result("rewrite", BACKUP)) == "[]\n"
