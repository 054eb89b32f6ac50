"""Many jobs at once, and their interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.image import parse
from gitops_clone.mirror.model import Absent, AlreadyThere, Copied, CopyJob, Failed, MirrorSettings, Present, Unknown
from gitops_clone.mirror.scheduler import look_up_all, mirror
from tests.parts import containers, images
from tests.parts.mirroring import Recorder, job
from tests.parts.proxy import Answer, Proxy, Rule
from tests.parts.registry import Registry, free_port

NewProxy = Callable[..., Proxy]


def test_outcomes_come_in_the_order_of_the_jobs(public: Registry, backup: Registry) -> None:
    there = images.push(images.make("there"), public, "acme/there:1")
    images.push(images.make("there"), backup, "ghcr_io/acme/there:1")
    images.push(images.make("new"), public, "acme/new:1")
    names = ("ghcr.io/acme/new:1", "quay.io/acme/no-such:1", "ghcr.io/acme/there:1")
    jobs, progress = [job(name, backup.address) for name in names], Recorder()
    new, missing, known = mirror(jobs, MirrorSettings(backup.address), progress)
    assert isinstance(new, Copied)
    assert missing == Failed(jobs[1], "not found upstream")
    assert known == AlreadyThere(jobs[2], there)
    assert progress.total == 3
    assert set(progress.begun) == set(jobs)
    assert sorted(map(str, progress.outcomes)) == sorted(map(str, (new, missing, known)))
    assert progress.closed
    assert progress.threads == {threading.get_ident()}


def test_nothing_to_do_needs_no_skopeo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = MirrorSettings("localhost:5001")
    assert mirror([], settings, Recorder()) == []
    assert look_up_all([], settings, upstream=True) == []
    with pytest.raises(UsageError, match="install"):
        mirror([job("nginx", "localhost:5001")], settings, Recorder())


def test_two_spellings_of_one_digest_are_copied_once(public: Registry, backup: Registry, new_proxy: NewProxy) -> None:
    digest = images.push(images.make("spellings"), public, "acme/spellings:1")
    front = new_proxy(backup)
    jobs = [job(f"ghcr.io/acme/spellings{tag}@{digest}", front.address) for tag in ("", ":1")]
    progress = Recorder()
    first, second = mirror(jobs, MirrorSettings(front.address), progress)
    assert isinstance(first, Copied)
    assert isinstance(second, Copied)
    assert (first.job, second.job) == (jobs[0], jobs[1])
    assert first.digest == second.digest == digest
    assert len(progress.outcomes) == 2
    assert front.count(f"PUT .*/manifests/{digest.replace(':', '_')}$") == 1


@pytest.mark.parametrize("limit", [1, 2])
def test_one_registry_is_not_asked_by_more_than_its_limit_and_holds_up_no_other(
    public: Registry, home: Path, backup: Registry, new_proxy: NewProxy, limit: int
) -> None:
    first_request = "GET .*/manifests/1$"  # each skopeo sends it once
    slow, quick = new_proxy(public, Rule(first_request, delay=0.3)), new_proxy(public)
    containers.redirect(home, {"ghcr.io": slow.address, "quay.io": quick.address})
    images.push(images.make("limit", ("linux/amd64",)), public, "acme/limit-quick:1")
    for number in range(4):
        images.push(images.make("limit", ("linux/amd64",)), public, f"acme/limit{number}:1")
    names = [*(f"ghcr.io/acme/limit{number}:1" for number in range(4)), "quay.io/acme/limit-quick:1"]
    progress = Recorder()
    settings = MirrorSettings(backup.address, jobs=8, jobs_per_registry=limit)
    outcomes = mirror([job(name, backup.address) for name in names], settings, progress)
    assert all(isinstance(outcome, Copied) for outcome in outcomes)
    assert slow.most_at_once(first_request) == limit
    assert progress.outcomes[0].job.upstream.registry == "quay.io"


def test_all_jobs_of_a_backup_registry_that_is_down_fail_with_the_same_reason() -> None:
    address = f"127.0.0.1:{free_port()}"
    jobs, progress = [job(f"ghcr.io/acme/down{number}:1", address) for number in range(200)], Recorder()
    reason = f"backup registry {address} cannot be reached: connection refused"
    assert mirror(jobs, MirrorSettings(address), progress) == [Failed(job, reason) for job in jobs]
    assert progress.retries == []


def test_look_ups_tell_what_is_there(public: Registry, home: Path, backup: Registry, new_proxy: NewProxy) -> None:
    image = images.make("look up")
    images.push(image, public, "acme/look-up:1")
    images.push(image, backup, "ghcr_io/acme/look-up:1")
    ill = new_proxy(public, Rule("GET .*/manifests/", answer=Answer(503)))
    containers.redirect(home, {"ghcr.io": public.address, "quay.io": ill.address})
    settings = MirrorSettings(backup.address)
    names = (
        "ghcr.io/acme/look-up:1",
        f"ghcr.io/acme/look-up@{image.digest}",
        "ghcr.io/acme/gone:1",
        "quay.io/acme/a:1",
    )
    assert look_up_all([parse(name) for name in names], settings, upstream=True) == [
        Present(image.digest),
        Present(image.digest),
        Absent("not found upstream"),
        Unknown("quay.io has a fault: 503 Service Unavailable"),
    ]
    backups = [parse(f"{backup.address}/ghcr_io/acme/{name}:1") for name in ("look-up", "gone")]
    assert look_up_all(backups, settings, upstream=False) == [
        Present(image.digest),
        Absent(f"not found on backup registry {backup.address}"),
    ]
    arm = MirrorSettings(backup.address, platform="linux/arm64")
    assert look_up_all([parse(names[0])], arm, upstream=True) == [Present(image.platforms["linux/arm64"])]


_SCRIPT = """
import sys
from gitops_clone.errors import Interrupted
from gitops_clone.mirror.model import MirrorSettings
from gitops_clone.mirror.scheduler import mirror
from tests.parts.mirroring import Recorder, job

progress = Recorder()
try:
    mirror([job(name, sys.argv[1]) for name in sys.argv[2:]], MirrorSettings(sys.argv[1]), progress)
except Interrupted as stop:
    print(stop, "progress closed" if progress.closed else "progress open")
    sys.exit(stop.exit_code)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["upstream", "look-up"])
def test_a_signal_ends_a_hanging_copy_and_leaves_no_skopeo(
    public: Registry, home: Path, backup: Registry, new_proxy: NewProxy, number: signal.Signals, where: str
) -> None:
    images.push(images.make("signal"), public, "acme/signal:1")
    if where == "upstream":
        front = new_proxy(public, Rule("GET .*/blobs/", hang=True))
        containers.redirect(home, {"ghcr.io": front.address})
        address, hanging = backup.address, "GET .*/blobs/"
    else:
        front = new_proxy(backup, Rule("HEAD .*/manifests/", hang=True))
        address, hanging = front.address, "HEAD .*/manifests/"
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, address, "ghcr.io/acme/signal:1"], stdout=subprocess.PIPE, text=True
    )
    until(lambda: front.count(hanging) > 0)
    assert bool(skopeos_of(home)) == (where == "upstream")
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert output == "stopped: nothing is half-written; run the same command again to go on progress closed\n"
    until(lambda: not skopeos_of(home))


def test_handlers_of_signals_are_the_callers_again_afterwards(public: Registry, backup: Registry) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    mirror([job("ghcr.io/acme/no-such:1", backup.address)], MirrorSettings(backup.address), Recorder())
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_error_of_the_caller_ends_the_run_and_is_raised(
    public: Registry, home: Path, backup: Registry, new_proxy: NewProxy
) -> None:
    class Broken(Recorder):
        def done(self, outcome: object) -> None:
            raise BrokenPipeError("the terminal is gone")

    front = new_proxy(public, Rule("GET .*/acme/hang/", hang=True))
    containers.redirect(home, {"ghcr.io": front.address})
    jobs: list[CopyJob] = [job(f"ghcr.io/acme/{name}:1", backup.address) for name in ("hang", "no-such")]
    progress = Broken()
    with pytest.raises(BrokenPipeError, match="terminal"):
        mirror(jobs, MirrorSettings(backup.address), progress)
    assert progress.closed
    until(lambda: not skopeos_of(home))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def skopeos_of(home: Path) -> list[int]:
    """The skopeo processes that were started with `home` as HOME."""
    listing = subprocess.run(["ps", "-eo", "pid=,comm="], capture_output=True, text=True, check=True).stdout
    pids = [int(line.split()[0]) for line in listing.splitlines() if line.split()[1] == "skopeo"]
    return [pid for pid in pids if f"HOME={home}" in environment_of(pid)]


def environment_of(pid: int) -> list[str]:
    try:
        return os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes()).split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
