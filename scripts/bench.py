"""What gitops-clone costs, beside what others need for the same: seconds, ratios, and the targets.

Files: those of the corpus (GITOPS_CLONE_CORPUS, else ../shared/corpus, else left out) and 10,000 generated ones.
Images: 200 tiny ones of two platforms, between two registries on loopback.
"""

from __future__ import annotations

import compileall
import io
import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.parts import containers, images, registry
from tests.parts.registry import Registry

CHECKOUT = Path(__file__).resolve().parent.parent
PROGRAM = (str(Path(sys.executable).with_name("gitops-clone")),)
SCAN = (*PROGRAM, "scan", "--format", "json")
SAMPLE_BYTES = 2_000_000  # of the files for the round trip, which would need minutes for all
COPIED, PRESENT = 40, 200
BEFORE_HIDDEN = "d9f470e"  # the last commit that found images in none but image fields
# Seconds of CPU of one scan, imports left out; arguments: the folder, and what to look at: the kustomizations, too
# (`graph`), or each file by itself (`alone`).
READ = """
import sys, time
from pathlib import Path
from gitops_clone.lockfile import Lock
from gitops_clone.naming import Scheme
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from gitops_clone.scan import scan, scan_file
from gitops_clone.states import Rules
root = Root(Path(sys.argv[1]), git=False)
names, _ = list_files(root, [root.path], [])
rules = Rules(Scheme("localhost:5001"), Lock("localhost:5001", {}))
graph = [list_kustomizations(root)] if "graph" in sys.argv else []
charts = {"with_releases": False} if "with_releases" in (scan.__kwdefaults__ or {}) else {}
began = time.process_time()
if "alone" in sys.argv:
    for name in names:
        scan_file(name, (root.path / name).read_bytes(), rules)
else:
    scan(root.path, names, rules, *graph, **charts)
print(time.process_time() - began)
"""


@dataclass(frozen=True)
class Row:
    """One line of the table. `target` bounds the ratio from above, or from below if `higher`; None: no target."""

    what: str
    ours: str
    against: str
    theirs: str
    ratio: float
    target: float | None = None
    higher: bool = False

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        reached = self.ratio >= self.target if self.higher else self.ratio <= self.target
        return "reached" if reached else "MISSED"


def main() -> None:
    # As after `pip install`, whatever PYTHONDONTWRITEBYTECODE says: the bench does not measure Python's compiler.
    compileall.compile_dir(CHECKOUT / "gitops_clone", quiet=1)
    with tempfile.TemporaryDirectory(prefix="gitops-clone-bench-") as name:
        folder = Path(name)
        rows = [*bench_files(folder), *bench_images(folder)]
    show(rows)


def bench_files(folder: Path) -> Iterator[Row]:
    corpus = Path(os.environ.get("GITOPS_CLONE_CORPUS") or CHECKOUT.parent / "shared/corpus")
    many = make_files(folder / "many", 10_000)
    few = make_files(folder / "few", 1_000)
    if corpus.is_dir():
        yield bench_scan("scan the corpus", corpus, target=50)
        yield from bench_reading(corpus, folder)
    yield bench_scan("scan 10,000 generated files", many)
    note("peak memory")
    large, small = peak_memory(SCAN, many), peak_memory(SCAN, few)
    yield Row("peak memory, 10,000 files", _mb(large), "1,000 files", _mb(small), large / small, 1.5)
    note("one changed file")
    changed = str(sorted(many.rglob("deployment.yaml"))[0].relative_to(many))
    # A file that is not backed up concerns the kustomizations above it, here 2,500; one that is backed up does not.
    yield bench_check("check one file, not backed up", (*PROGRAM, "check", changed), many, 1, target=3)
    run((*PROGRAM, "rewrite", "--no-mirror", changed), many)
    yield bench_check("check one file, backed up", (*PROGRAM, "check", changed), many, 0, target=3)


def bench_check(what: str, command: Sequence[str], folder: Path, code: int, target: float) -> Row:
    ours, click = in_turn(
        15,
        lambda: run(command, folder, codes=(code,)),
        lambda: run((sys.executable, "-c", "import click"), folder),
    )
    return Row(what, _s(ours), 'python -c "import click"', _s(click), ours / click, target)


def bench_scan(what: str, folder: Path, target: float | None = None) -> Row:
    note(what)
    ours = statistics.median(run(SCAN, folder, codes=(0, 2)) for _ in range(3))
    seconds, share = round_trip(folder)
    against = f"ruamel.yaml round trip (from {share:.0%})" if share < 1 else "ruamel.yaml round trip"
    return Row(what, _s(ours), against, _s(seconds), seconds / ours, target, higher=True)


def bench_reading(corpus: Path, scratch: Path) -> Iterator[Row]:
    """What the kustomizations cost, and the search for hidden images, each beside reading the same files without it.

    Both without charts. The second needs the history of this repository.
    """
    note("reading the corpus")
    ours, theirs = in_turn(5, partial(read, CHECKOUT, corpus, "graph"), partial(read, CHECKOUT, corpus))
    yield Row("scan with the kustomize graph", _s(ours), "the same files without it", _s(theirs), ours / theirs, 2)
    old = scratch / BEFORE_HIDDEN
    old.mkdir()
    archive = subprocess.run(("git", "archive", BEFORE_HIDDEN, "gitops_clone"), cwd=CHECKOUT, capture_output=True)
    if archive.returncode == 0:
        subprocess.run(("tar", "-x"), cwd=old, input=archive.stdout, check=True)
        compileall.compile_dir(old / "gitops_clone", quiet=1)
        ours, theirs = in_turn(5, partial(read, CHECKOUT, corpus, "alone"), partial(read, old, corpus, "alone"))
        yield Row("scan with hidden images", _s(ours), f"before ({BEFORE_HIDDEN})", _s(theirs), ours / theirs, 1.5)


def read(program: Path, folder: Path, *what: str) -> float:
    """Seconds of CPU that a version of gitops-clone needs to find the places of a folder's files."""
    environment = {**os.environ, "PYTHONPATH": str(program)}
    command = (sys.executable, "-c", READ, str(folder), *what)
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def round_trip(folder: Path) -> tuple[float, float]:
    """Seconds that ruamel.yaml needs to load and dump the YAML files of a folder, scaled up from a sample of them.

    Returns the seconds and the share that was sampled, by bytes. What the parser refuses counts until it does.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())
    total = sum(path.stat().st_size for path in files)
    random.Random(1).shuffle(files)
    done, spent = 0, 0.0
    for file in files:
        if done > SAMPLE_BYTES:
            break
        text = file.read_bytes()
        began = time.perf_counter()
        try:
            yaml = YAML()
            yaml.dump_all(list(yaml.load_all(text)), io.BytesIO())
        except (YAMLError, ValueError):
            pass
        spent += time.perf_counter() - began
        done += len(text)
    return spent * total / done, done / total


def bench_images(folder: Path) -> Iterator[Row]:
    names = [f"bench/app-{number}" for number in range(PRESENT)]
    with serving(folder / "upstream") as upstream:
        note(f"making {PRESENT} images")
        for name in names:
            images.push(images.make(name, size=10_000), upstream, f"{name}:1")
        containers.redirect(folder / "home", {"docker.io": upstream.address})
        environment = containers.environment(os.environ, folder / "home")
        yield bench_copy(folder / "copy", names[:COPIED], environment)
        yield bench_present(folder / "present", names, environment)


def bench_copy(folder: Path, names: Sequence[str], environment: Mapping[str, str]) -> Row:
    note(f"copying {len(names)} images")
    attempt = itertools.count()

    def once(make: Callable[[Path, Sequence[str], Registry], tuple[Sequence[str], Path]]) -> float:
        with serving(folder / str(next(attempt))) as backup:
            return run(*make(backup.folder / "work", names, backup), environment=environment)

    ours, theirs = in_turn(3, lambda: once(rewrite_command), lambda: once(sync_command))
    return Row(f"copy and rewrite {len(names)} images", _s(ours), "skopeo sync", _s(theirs), ours / theirs, 1)


def bench_present(folder: Path, names: Sequence[str], environment: Mapping[str, str]) -> Row:
    note(f"{len(names)} images that are all there")
    with serving(folder / "ours") as one, serving(folder / "theirs") as other:
        rewrite = partial(run, *rewrite_command(folder / "work", names, one), environment=environment)
        sync = partial(run, *sync_command(folder / "sync", names, other), environment=environment)
        rewrite(), sync()
        ours, theirs = in_turn(3, rewrite, sync)
    return Row(f"{len(names)} images, nothing to do", _s(ours), "skopeo sync", _s(theirs), theirs / ours, 20, True)


def rewrite_command(folder: Path, names: Sequence[str], backup: Registry) -> tuple[Sequence[str], Path]:
    """A git repository that references the images; the command to run in it."""
    folder.mkdir(parents=True)
    for name in names:
        file = folder / name / "deployment.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(DEPLOYMENT.format(name=name.replace("/", "-"), image=f"{name}:1"))
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return (*PROGRAM, "rewrite", "--backup-registry", backup.address), folder


def sync_command(folder: Path, names: Sequence[str], backup: Registry) -> tuple[Sequence[str], Path]:
    """A source file for `skopeo sync` that lists the images; the command to run beside it."""
    folder.mkdir(parents=True)
    listed = "".join(f'    {name}: ["1"]\n' for name in names)
    (folder / "sync.yaml").write_text(f"docker.io:\n  tls-verify: false\n  images:\n{listed}")
    options = ("--all", "--dest-tls-verify=false", "--src", "yaml", "--dest", "docker")
    return ("skopeo", "sync", *options, "sync.yaml", f"{backup.address}/sync"), folder


@contextmanager
def serving(folder: Path) -> Iterator[Registry]:
    started = registry.start(folder)
    try:
        yield started
    finally:
        started.stop()
        shutil.rmtree(folder / "data", ignore_errors=True)


def run(
    command: Sequence[str], folder: Path, *, codes: Sequence[int] = (0,), environment: Mapping[str, str] | None = None
) -> float:
    """Seconds of a command; an exit code that is not in `codes` ends the bench with what the command said."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds = time.perf_counter() - began
    if done.returncode not in codes:
        sys.exit(f"bench: {' '.join(command)}: exit code {done.returncode}\n{done.stderr.decode()}")
    return seconds


def in_turn(times: int, ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[float, float]:
    """The medians of both, run alternately, so that a busy moment of the machine meets both."""
    pairs = [(ours(), theirs()) for _ in range(times)]
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)


def peak_memory(command: Sequence[str], folder: Path) -> int:
    """The most resident memory of a command, in bytes.

    Linux charges a new process with the peak of the one that starts it, so a small one has to.
    """
    starter = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        (sys.executable, "-S", "-c", starter, *command), cwd=folder, check=True, stdout=subprocess.PIPE
    )
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: app
          image: {image} # the application
          env:
            - name: LOG_LEVEL
              value: "info"
"""
OTHERS = {
    "service.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  ports:\n    - port: 80\n",
    "config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n"
    + "".join(f'  key-{number}: "value {number}"\n' for number in range(40)),
    "kustomization.yaml": "resources:\n  - deployment.yaml\n  - service.yaml\n  - config.yaml\n",
}


def make_files(folder: Path, count: int) -> Path:
    """A git repository of `count` manifests: applications of four files each, one of which names an image."""
    for number in range(count // 4):
        place = folder / f"team-{number % 50}" / f"app-{number}"
        place.mkdir(parents=True)
        image = f"registry{number % 7}.example.com/team/app-{number % 300}:1.{number % 10}"
        (place / "deployment.yaml").write_text(DEPLOYMENT.format(name=f"app-{number}", image=image))
        for name, text in OTHERS.items():
            (place / name).write_text(text.format(name=f"app-{number}"))
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    return folder


def note(text: str) -> None:
    print(f"bench: {text} …", file=sys.stderr, flush=True)


def show(rows: Sequence[Row]) -> None:
    heads = ("what", "gitops-clone", "against", "", "ratio", "target", "")
    cells = [heads, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    right = (1, 3, 4, 5)
    for line in cells:
        padded = (
            f"{cell:>{w}}" if i in right else f"{cell:<{w}}"
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join(padded).rstrip())


def _cells(row: Row) -> tuple[str, ...]:
    target = "" if row.target is None else f"{'≥' if row.higher else '≤'} {row.target:g}"
    return (row.what, row.ours, row.against, row.theirs, f"{row.ratio:.2f}", target, row.verdict)


def _s(seconds: float) -> str:
    return f"{seconds:.3f} s"


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
