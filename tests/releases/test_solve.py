"""Which ways hold: groups of images that share scalars, and a judge who says what comes out wrong."""

from __future__ import annotations

from gitops_clone.releases.compose import Part
from gitops_clone.releases.model import At
from gitops_clone.releases.propose import Way
from gitops_clone.releases.solve import Aim, Attempt, Judge, Verdict, solve


def at(place: str) -> At:
    return At("values.yaml", f"0/{place}")


def aim(image: str, *ways: dict[str, str], reason: str = "", releases: tuple[int, ...] = (0,)) -> Aim:
    registry, _, name = image.partition("/")
    parts = (Part(registry, at("registry")), Part("/", None), Part(name, at(name)))
    made = tuple(Way(f"new {image}", {at(key): text for key, text in each.items()}) for each in ways)
    return Aim(image, parts, frozenset(releases), made, reason)


def right(attempt: Attempt) -> Verdict:
    return Verdict()


def against(*places: str, elsewhere: bool = True) -> Judge:
    """A judge to whom a change of some places is one too many."""

    def judge(attempt: Attempt) -> Verdict:
        if not any(at(place) in attempt.set for place in places):
            return Verdict()
        if elsewhere:
            return Verdict(elsewhere={0: "a label changes"})
        return Verdict(
            {index: "wrong" for index, way in attempt.ways.items() if not way.set.keys().isdisjoint(map(at, places))}
        )

    return judge


def test_images_that_share_a_registry_move_together() -> None:
    found = solve([aim("a/x", {"registry": "b"}), aim("a/y", {"registry": "b"})], right)
    assert found.attempt.set == {at("registry"): "b"}
    assert found.left == {}


def test_an_image_that_stays_keeps_those_that_share_its_values() -> None:
    found = solve([aim("a/x", {"registry": "b"}), aim("a/y", reason="not backed up")], right)
    assert found.attempt.set == {}
    assert found.left == {0: "shares values with a/y, which stays: not backed up", 1: "not backed up"}


def test_another_way_is_taken_where_the_best_contradicts() -> None:
    images = [aim("a/x", {"registry": "b"}, {"x": "b/x"}), aim("a/y", reason="ignored")]
    found = solve([images[0], images[1]], right)
    assert found.attempt.set == {at("x"): "b/x"}
    assert found.left == {1: "ignored"}


def test_what_changes_something_else_is_found_among_many() -> None:
    images = [
        Aim(name, (Part(name, at(name)),), frozenset({0}), (Way(f"new {name}", {at(name): f"b/{name}"}),))
        for name in ("x", "y", "z")
    ]
    found = solve(images, against("y"))
    assert set(found.attempt.ways) == {0, 2}
    assert found.left == {1: "a label changes"}


def test_a_way_that_comes_out_wrong_makes_room_for_the_next() -> None:
    images = [aim("a/x", {"registry": "b"}, {"x": "b/x"})]
    assert solve(images, against("registry", elsewhere=False)).attempt.set == {at("x"): "b/x"}
    assert solve(images, against("registry", "x", elsewhere=False)).left == {0: "wrong"}


def test_what_is_wrong_only_together_is_left() -> None:
    images = [
        Aim(name, (Part(name, at(name)),), frozenset({0}), (Way(f"new {name}", {at(name): f"b/{name}"}),))
        for name in ("x", "y")
    ]

    def judge(attempt: Attempt) -> Verdict:
        return Verdict(elsewhere={0: "both"}) if len(attempt.ways) == 2 else Verdict()

    found = solve(images, judge)
    assert found.attempt.ways == {}
    assert set(found.left.values()) == {"both"}
