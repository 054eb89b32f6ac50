"""What somebody asks about, in every spelling."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.explain.target import Image, Line, is_meant, read
from gitops_clone.image import parse
from gitops_clone.lockfile import Entry
from tests.looking import BACKUP, RULES, findings

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
FILES = ("apps/web.yaml", "nginx", "odd:1", "a:b.yaml")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("apps/web.yaml:12", Line("apps/web.yaml", 12)),
        ("apps/web.yaml:12:18", Line("apps/web.yaml", 12, 18)),
        ("nginx:1", Line("nginx", 1)),
        ("odd:1:7", Line("odd:1", 7)),
        ("a:b.yaml:3", Line("a:b.yaml", 3)),
        ("redis:7", Image(parse("redis:7"))),
        ("ghcr.io/acme/shop", Image(parse("ghcr.io/acme/shop"))),
        ("localhost:5001/a/b:1", Image(parse("localhost:5001/a/b:1"))),
        (f"nginx@{DIGEST}", Image(parse(f"nginx@{DIGEST}"))),
        (DIGEST, Image(digest=DIGEST)),
        (DIGEST[:19], Image(digest=DIGEST[:19])),
    ],
)
def test_what_is_meant(text: str, target: Line | Image) -> None:
    assert read(text, FILES.__contains__) == target


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apps/web.yaml", "name a line of the file"),
        ("apps/web.yaml:0", "lines count from 1"),
        ("apps/gone.yaml:12", "apps/gone.yaml: no such file"),
        ("apps/gone.yaml", "apps/gone.yaml: no such file"),
        ("kustomization.yaml:1:2", "kustomization.yaml: no such file"),
        ("Upper/Case:1:2", "no line of a file that is there, and no image"),
        ("", "no line of a file"),
    ],
)
def test_what_is_nothing(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(text, FILES.__contains__)


LOCK = replace(
    RULES.lock,
    images={"index.docker.io/library/redis:7.2": Entry(f"{BACKUP}/index_docker_io/library/redis:7.2", DIGEST)},
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("nginx", ["nginx:1.27", f"docker.io/library/nginx@{DIGEST}"]),
        ("docker.io/nginx:1.27", ["nginx:1.27"]),
        ("index.docker.io/library/nginx:1.27", ["nginx:1.27"]),
        (f"{BACKUP}/index_docker_io/library/nginx:1.27", ["nginx:1.27"]),
        (f"{BACKUP}/index_docker_io/library/nginx", ["nginx:1.27", f"docker.io/library/nginx@{DIGEST}"]),
        (f"nginx@{DIGEST}", [f"docker.io/library/nginx@{DIGEST}"]),
        (f"{BACKUP}/index_docker_io/library/redis:7.2", [f"{BACKUP}/index_docker_io/library/redis:7.2"]),
        ("redis:7.2", [f"{BACKUP}/index_docker_io/library/redis:7.2"]),
        ("redis:7.4", []),
        (DIGEST[:20], [f"docker.io/library/nginx@{DIGEST}", f"{BACKUP}/index_docker_io/library/redis:7.2"]),
        (f"redis@{DIGEST}", [f"{BACKUP}/index_docker_io/library/redis:7.2"]),
        ("ghcr.io/acme/shop:1", ["ghcr.io/acme/shop:${TAG}"]),
        (f"{BACKUP}/own/tool", [f"{BACKUP}/own/tool:1"]),
        ("nginxinc/nginx", []),
    ],
)
def test_which_places_an_image_means(asked: str, meant: list[str]) -> None:
    images = ["nginx:1.27", f"docker.io/library/nginx@{DIGEST}", f"{BACKUP}/index_docker_io/library/redis:7.2"]
    images += ["ghcr.io/acme/shop:${TAG}", f"{BACKUP}/own/tool:1"]
    containers = "".join(f"    - image: {image}\n" for image in images)
    rules = replace(RULES, lock=LOCK)
    found = findings(f"kind: Pod\nspec:\n  containers:\n{containers}", rules)
    target = read(asked, lambda _: False)
    assert isinstance(target, Image)
    assert [f.place.image for f in found if is_meant(target, f, rules)] == meant
