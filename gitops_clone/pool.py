"""Runs many small tasks at once, fairly: a registry that is at its limit holds up only its own tasks."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from gitops_clone.errors import Interrupted

_PATIENCE = 2.0
_BLINK = 0.25
# Runs the given function in the thread that called `run`.
Post = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do in a thread of its own. Of tasks with the same `key`, only so many run at once."""

    key: str
    work: Callable[[Post], None]


def run(tasks: Sequence[Task], *, at_once: int, per_key: int, kill: Callable[[], None]) -> None:
    """Run all tasks, in order where the limits allow it. What they post runs here, in the calling thread.

    On SIGINT or SIGTERM (if this is the main thread), or when a task raises: calls `kill`, which makes the running
    tasks end, and raises `Interrupted`, or the task's error.
    """
    posts: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    waiting: dict[str, deque[Task]] = {}
    for task in tasks:
        waiting.setdefault(task.key, deque()).append(task)
    running, threads = Counter[str](), list[threading.Thread]()
    with _signals_posted(posts):
        try:
            while any(waiting.values()) or running.total():
                while (ready := _next(waiting, running, at_once, per_key)) is not None:
                    running[ready.key] += 1
                    threads.append(_start(ready, posts, lambda task: running.subtract([task.key])))
                _take(posts)()
        except BaseException:
            kill()
            deadline = time.monotonic() + _PATIENCE
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            raise


def _take(posts: queue.SimpleQueue[Callable[[], None]]) -> Callable[[], None]:
    # Not blocked for good: a signal that another thread received, or that came a moment before the wait, is handled
    # only when this thread runs again.
    while True:
        with contextlib.suppress(queue.Empty):
            return posts.get(timeout=_BLINK)


def _next(waiting: dict[str, deque[Task]], running: Counter[str], at_once: int, per_key: int) -> Task | None:
    """Take a task that may start now."""
    if running.total() < at_once:
        for key, tasks in waiting.items():
            if tasks and running[key] < per_key:
                return tasks.popleft()
    return None


def _start(task: Task, posts: queue.SimpleQueue[Callable[[], None]], ended: Callable[[Task], None]) -> threading.Thread:
    def work() -> None:
        try:
            task.work(posts.put)
        except BaseException as error:  # noqa: BLE001 - not handled here: raised in the calling thread
            posts.put(_raiser(error))
        posts.put(lambda: ended(task))

    # A daemon: a thread that hangs in a name look-up must not keep an interrupted program alive.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@contextlib.contextmanager
def _signals_posted(posts: queue.SimpleQueue[Callable[[], None]]) -> Iterator[None]:
    """While inside, the signals that end a program post an `Interrupted`. Only the main thread may change handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        posts.put(_raiser(Interrupted(number)))  # SimpleQueue.put is made to be called from signal handlers

    heeded = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` does
        heeded.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raiser(error: BaseException) -> Callable[[], None]:
    def throw() -> None:
        raise error

    return throw
