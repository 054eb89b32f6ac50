from __future__ import annotations

import signal
import threading

import pytest

from gitops_clone import pool


def test_tasks_of_one_key_start_in_order_and_within_their_limits() -> None:
    started: list[str] = []
    at_once: list[int] = []
    running: list[str] = []

    def task(key: str, name: str) -> pool.Task:
        def work(post: pool.Post) -> None:
            running.append(name)
            at_once.append(len(running))
            post(lambda: started.append(name))
            running.remove(name)

        return pool.Task(key, work)

    pool.run([task(key, f"{key}{n}") for n in range(20) for key in "ab"], at_once=2, per_key=1, kill=pytest.fail)
    assert [name for name in started if name[0] == "a"] == [f"a{n}" for n in range(20)]
    assert len(started) == 40
    assert max(at_once) <= 2


def test_an_error_in_a_task_is_raised_after_the_others_are_killed() -> None:
    killed = threading.Event()

    def wait(post: pool.Post) -> None:
        assert killed.wait(10)

    def fail(post: pool.Post) -> None:
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours"):
        pool.run([pool.Task("a", wait), pool.Task("b", fail)], at_once=2, per_key=1, kill=killed.set)
    assert killed.is_set()


def test_in_another_thread_than_the_main_one_handlers_of_signals_stay() -> None:
    before, seen, posted_in = signal.getsignal(signal.SIGTERM), list[object](), list[int]()

    def work(post: pool.Post) -> None:
        seen.append(signal.getsignal(signal.SIGTERM))
        post(lambda: posted_in.append(threading.get_ident()))

    caller = threading.Thread(target=lambda: pool.run([pool.Task("a", work)], at_once=1, per_key=1, kill=lambda: None))
    caller.start()
    caller.join()
    assert seen == [before]
    assert posted_in == [caller.ident]
