"""Runs that are killed or stopped: every file is old or new, and the next run completes the work."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_clone import lockfile
from tests.e2e.checkout import LOCK, Checkout, deployment
from tests.parts import containers
from tests.parts.images import Image
from tests.parts.proxy import Proxy, Rule
from tests.parts.registry import Registry

NewProxy = Callable[..., Proxy]
SPELLINGS = ("nginx:1.27", "docker.io/library/nginx:1.27", "redis:7.4", "ghcr.io/acme/shop:1.0", "busybox")
FILES, KILLS = 60, 56


@pytest.fixture(autouse=True)
def _in_the_foreground() -> Iterator[None]:
    """Runs heed signals also where pytest itself is a background job: an ignored signal is inherited."""
    numbers = (signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def many(checkout: Checkout) -> Checkout:
    """A repository of many small manifests, whose images the backup registry has, without a lock file."""
    for number in range(FILES):
        checkout.write(f"apps/{number % 4}/{number}.yaml", deployment(SPELLINGS[number % len(SPELLINGS)]))
    checkout.run("mirror")
    (checkout.path / LOCK).unlink()
    checkout.commit()
    return checkout


def test_a_killed_run_leaves_old_or_new_files_and_the_next_completes(many: Checkout, tmp_path: Path) -> None:
    before = many.tree()
    undisturbed = copy_of(many, tmp_path / "undisturbed")
    started = time.monotonic()
    undisturbed.run("rewrite")
    duration = time.monotonic() - started
    after = undisturbed.tree()
    expected_status = undisturbed.git("status", "--porcelain")

    def kill(number: int, moment: float) -> bool:
        """Whether the run was killed when some files were written and some were not."""
        folder = tmp_path / f"killed{number}"
        killed = copy_of(many, folder)
        # A third of the runs die at any moment, the others while files are being written.
        kill_at(killed, moment * duration * 1.2 if number % 3 == 0 else None, moment * duration / 3)
        left = killed.tree()
        manifests = {name: left[name] for name in before}
        assert all(content in (before[name], after[name]) for name, content in manifests.items())
        if LOCK in left:
            lock = lockfile.read(killed.path / LOCK)
            assert lock is not None
            assert left[LOCK] == after[LOCK], "it holds all that the manifests are about to need"
        else:
            assert manifests == before
        killed.run("rewrite")
        assert killed.tree() == after
        assert killed.git("status", "--porcelain") == expected_status
        shutil.rmtree(folder)
        return before != manifests != {name: after[name] for name in before}

    chance = random.Random(2)
    moments = [(number + chance.random()) / KILLS for number in range(KILLS)]
    with ThreadPoolExecutor(4) as pool:
        halfway = sum(pool.map(kill, range(KILLS), moments))
    assert halfway >= 5, "the kills came at the moments that this test is about"


def copy_of(original: Checkout, path: Path) -> Checkout:
    shutil.copytree(original.path, path, symlinks=True)
    return replace(original, path=path)


def kill_at(checkout: Checkout, moment: float | None, later: float) -> None:
    """SIGKILL a run at a moment (seconds from its start), or some time after the first file was written."""
    with checkout.start("rewrite") as process:
        deadline = time.monotonic() + 30
        if moment is not None:
            time.sleep(moment)
        else:
            while not (checkout.path / LOCK).exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(later)
        process.kill()


@pytest.fixture
def hanging(
    checkout: Checkout, upstream: Registry, user: Path, stock: Mapping[str, Image], new_proxy: NewProxy
) -> Proxy:
    """An upstream registry that never ends serving redis."""
    proxy = new_proxy(upstream, Rule("GET .*/library/redis/blobs/", hang=True))
    containers.redirect(user, {"docker.io": proxy.address})
    return proxy


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_while_copying_stops_the_copies(
    checkout: Checkout, hanging: Proxy, skopeo_calls: Callable[[], list[str]], number: signal.Signals, code: int
) -> None:
    checkout.deploy("nginx:1.27", "redis:7.4")
    before = checkout.tree()
    with checkout.start("rewrite") as process:
        wait_until(lambda: hanging.count("/library/redis/blobs/") > 0, process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("gitops-clone: stopped")
    assert checkout.tree() == before
    # What the record has of the skopeos is their command lines; none of these may still run.
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    calls = skopeo_calls()
    assert calls
    assert not [call for call in calls if call in running]
    hanging.rules.clear()
    checkout.run("rewrite")
    assert checkout.image("1.yaml") == checkout.at_backup("index_docker_io/library/redis:7.4")


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_signal_while_another_run_is_waited_for(checkout: Checkout, hanging: Proxy) -> None:
    checkout.deploy("redis:7.4")
    with checkout.start("rewrite") as first:
        wait_until(lambda: hanging.count("/library/redis/blobs/") > 0, first)
        with checkout.start("rewrite") as second:
            assert second.stderr
            assert "another run is at work here" in second.stderr.readline()
            second.send_signal(signal.SIGINT)
            _, errors = second.communicate(timeout=20)
            assert second.returncode == 130
            assert errors.strip() == "gitops-clone: stopped"
        os.kill(first.pid, signal.SIGTERM)
        assert first.wait(timeout=20) == 143
