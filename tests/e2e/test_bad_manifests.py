"""Manifests that cannot be what they should: one clear line each, and the rest of the run is done."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.e2e.checkout import LOCK, Checkout, deployment

NGINX = "index_docker_io/library/nginx:1.27"


def pod(image: str) -> str:
    return f"kind: Pod\nspec:\n  containers:\n    - image: {image}\n"


def bomb() -> str:
    """Nine levels of nine aliases each, all of them containers: 387,420,489 images."""
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 10)]
    return "\n".join(["kind: Pod", "l0: &l0 {image: nginx}", *levels, "spec: {containers: *l9}", ""])


# Content, and what the one line on standard error says behind `gitops-clone: bad.yaml`.
UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "unparsable": (pod("nginx") + "  x: [\n", r":\d+: .*"),
    "tab": ("kind: Pod\nspec:\n\tcontainers: [{image: nginx}]\n", r":3: .*"),
    "not UTF-8": (b"kind: Pod\nspec:\n  containers:\n    - image: nginx # \xff\n", r":4: not UTF-8.*"),
    "not UTF-16": (b"\xff\xfe" + pod("nginx").encode("utf-16-le") + b"\x00", r":\d+: not UTF-16.*"),
    "nested 100,000 deep": (pod("nginx") + "x: " + "[" * 100_000, r":\d+: .*deep.*"),
    "nested 100,000 deep, closed": (pod("nginx") + "x: " + "{a: " * 100_000 + "}" * 100_000, r":\d+: .*deep.*"),
    "alias bomb": (bomb(), r":1: .*alias.*"),
    "unknown alias": (pod("*nobody"), r":4: .*"),
    "control character": (b"kind: Pod\nspec: {containers: [{image: nginx, name: a\x07}]}\n", r":2: .*"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read(checkout: Checkout, name: str) -> None:
    content, line = UNREADABLE[name]
    checkout.write("bad.yaml", content)
    checkout.write("good.yaml", deployment("nginx:1.27"))
    before = checkout.tree()["bad.yaml"]
    done = checkout.run("rewrite", code=2)
    assert len(done.errors) == 1
    assert re.fullmatch(rf"gitops-clone: bad\.yaml{line}", done.errors[0]), done.errors[0]
    assert len(done.errors[0]) < 300
    assert checkout.tree()["bad.yaml"] == before
    assert checkout.image("good.yaml") == checkout.at_backup(NGINX)
    for command in ("scan", "check"):
        assert checkout.run(command, code=2).errors == done.errors


# What stands where an image should, and the reason that the report lists it with.
UNRESOLVED = {
    "option": ("--help", "not an image reference"),
    "short option": ("-v", "not an image reference"),
    "newline": (r'"nginx\n1.27"', "not an image reference"),
    "block": ("|\n        nginx\n        1.27", "white space"),
    "escape": (r'"\e]0;owned\a\e[2Jnginx"', "not an image reference"),
    "spaces": ("nginx 1.27", "not an image reference"),
    "capitals": ("Nginx", "must be lower-case"),
    "scheme": ("https://ghcr.io/acme/shop:1.0", "not an image reference"),
    "command": ("$(touch owned)", "variable"),
    "template": ("${IMAGE}", "variable"),
    "number": ("1.27", "not a string"),
    "long": ("a" * 300, "longer than 255 characters"),
}


@pytest.mark.parametrize("name", UNRESOLVED)
def test_an_image_that_is_none(checkout: Checkout, name: str) -> None:
    value, reason = UNRESOLVED[name]
    checkout.write("bad.yaml", pod(value))
    checkout.write("good.yaml", deployment("nginx:1.27"))
    done = checkout.run("rewrite")
    assert done.count("unresolved") == 1
    assert reason in done.out
    assert "bad.yaml:4:14" in done.out.replace("bad.yaml:4:15", "bad.yaml:4:14").replace(
        "bad.yaml:5:9", "bad.yaml:4:14"
    )
    assert checkout.read("bad.yaml") == pod(value)
    assert checkout.image("good.yaml") == checkout.at_backup(NGINX)
    assert "\x1b" not in done.out + done.err
    assert not (checkout.path / "owned").exists()


def test_names_that_are_hard_to_write(checkout: Checkout) -> None:
    names = ("with space.yaml", "ünï/日本.yaml", "-v.yaml", "--help.yaml", "a\nb.yaml", "\x1b[31m.yaml", "'\"$(x).yaml")
    for name in names:
        checkout.write(name, deployment("nginx:1.27"))
    checkout.commit()
    done = checkout.run("rewrite", "--commit")
    for name in names:
        assert checkout.image(name) == checkout.at_backup(NGINX)
    assert checkout.git("status", "--porcelain") == ""
    more = checkout.run("scan"), checkout.run("check", "--", *names), checkout.run("restore", "--dry-run", "-v")
    for report in (done, *more):
        assert "\x1b" not in report.out + report.err
    assert r"a\nb.yaml:10:18" in more[0].out
    checkout.run("restore", "--", *names)
    assert all(checkout.image(name) == "nginx:1.27" for name in names)


def test_a_name_that_is_not_utf8(checkout: Checkout) -> None:
    path = os.fsencode(checkout.path) + b"/\xff.yaml"
    Path(os.fsdecode(path)).write_text(deployment("nginx:1.27"))
    checkout.deploy("nginx:1.27")
    done = checkout.run("rewrite", code=2)
    assert done.errors == [r"gitops-clone: \xff.yaml: the file name is not UTF-8; rename it"]
    assert checkout.image() == checkout.at_backup(NGINX)


def test_a_read_only_file(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27", "nginx:1.27")
    (checkout.path / "0.yaml").chmod(0o444)
    done = checkout.run("rewrite", code=2)
    assert done.errors == [
        "gitops-clone: 0.yaml: read-only, left as it was; make it writable (chmod u+w) or exclude it"
    ]
    assert checkout.image("0.yaml") == "nginx:1.27"
    assert stat.S_IMODE((checkout.path / "0.yaml").stat().st_mode) == 0o444
    assert checkout.image("1.yaml") == checkout.at_backup(NGINX)


def test_things_that_are_no_files(checkout: Checkout, tmp_path: Path) -> None:
    os.mkfifo(checkout.path / "fifo.yaml")
    (checkout.path / "loop.yaml").symlink_to("loop.yaml")
    (checkout.path / "loop").symlink_to(".")
    (checkout.path / "dangling.yaml").symlink_to("nothing")
    (checkout.path / "device.yaml").symlink_to("/dev/zero")
    (tmp_path / "outside.yaml").write_text(deployment("nginx:1.27"))
    (checkout.path / "outside.yaml").symlink_to(tmp_path / "outside.yaml")
    checkout.deploy("nginx:1.27")
    done = checkout.run("rewrite")
    assert done.errors == []
    assert done.count("found") == 1
    for name in ("dangling.yaml", "device.yaml", "loop.yaml", "outside.yaml"):
        assert name in done.out
    assert checkout.image() == checkout.at_backup(NGINX)
    assert (tmp_path / "outside.yaml").read_text() == deployment("nginx:1.27")
    assert checkout.run("scan", "fifo.yaml", "/dev/null", code=2).errors
    assert checkout.run("scan", "fifo.yaml").out


@pytest.mark.parametrize("command", ["scan", "rewrite", "check", "restore", "mirror", "status"])
def test_a_path_that_does_not_exist(checkout: Checkout, command: str) -> None:
    checkout.deploy("nginx:1.27")
    done = checkout.run(command, "0.yaml", "no such\n.yaml", code=2)
    assert done.errors == [r"gitops-clone: 'no such\n.yaml': no such file or directory"]
    assert LOCK not in checkout.tree()


def test_a_disk_that_is_full(checkout: Checkout) -> None:
    """The file size limit of the process stands for it: the system refuses to write on."""
    checkout.deploy("nginx:1.27")
    checkout.write("big.yaml", deployment("nginx:1.27") + "# filler\n" * 3000)
    before = checkout.tree()
    command = ["sh", "-c", 'ulimit -f 16; trap "" XFSZ; exec "$@"', "sh"]
    done = subprocess.run(
        [*command, *checkout.command("rewrite")],
        cwd=checkout.path,
        env=checkout.variables(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("gitops-clone: ")]
    assert errors == ["gitops-clone: big.yaml: cannot be written, left as it was: File too large"]
    assert checkout.tree()["big.yaml"] == before["big.yaml"]
    assert checkout.image() == checkout.at_backup(NGINX)
    assert set(checkout.tree()) == {*before, LOCK}, "no temporary file is left"
    checkout.run("rewrite")
    assert checkout.at_backup(NGINX) in checkout.read("big.yaml")


def test_a_directory_that_cannot_be_listed(checkout: Checkout) -> None:
    checkout.path = checkout.path.parent / "plain"
    checkout.write("good.yaml", deployment("nginx:1.27"))
    checkout.write("closed/a.yaml", deployment("nginx:1.27"))
    (checkout.path / "closed").chmod(0)
    # To root, every directory is open, unless it gives up its privilege.
    plain_user = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    prefix = plain_user if os.geteuid() == 0 else []
    try:
        done = subprocess.run(
            [*prefix, *checkout.command("scan")],
            cwd=checkout.path,
            env=checkout.variables(),
            capture_output=True,
            text=True,
        )
    finally:
        (checkout.path / "closed").chmod(0o755)
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if "closed" in line] == [
        "gitops-clone: closed: cannot be listed: Permission denied"
    ]
    assert "good.yaml:10:18" in done.stdout
