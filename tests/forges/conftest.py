from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.parts import forges, prism
from tests.parts.forges import Forge
from tests.parts.prism import Prism


@pytest.fixture(params=forges.ALL, ids=lambda made: made.__name__)
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    """Each kind of forge, keeping pull requests in memory."""
    made: Forge = request.param()
    yield made
    made.web.stop()


@pytest.fixture(scope="session")
def github_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with prism.serve(prism.github_description(), tmp_path_factory.mktemp("prism")) as port:
        yield port


@pytest.fixture
def described_github(github_port: int) -> Iterator[Prism]:
    """GitHub by its own description."""
    made = Prism(github_port, "/api/v3")
    yield made
    made.web.stop()


def gitea_descriptions() -> list[Path]:
    """The descriptions of Gitea and Forgejo, where they are at hand: in the folder that FORGE_DESCRIPTIONS names, or
    beside the checkout. They are not ours to ship."""
    named = os.environ.get("FORGE_DESCRIPTIONS")
    beside = Path(__file__).parents[3] / "shared" / "data" / "api"
    return sorted((Path(named) if named else beside).glob("*.swagger.json"))


@pytest.fixture(scope="session")
def serve_description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Prism]]:
    """Call it with a description for a forge that is served from it."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def serve(description: Path) -> Prism:
            port = stack.enter_context(prism.serve(description, tmp_path_factory.mktemp("prism")))
            made = Prism(port, "/api/v1")
            stack.callback(made.web.stop)
            return made

        yield serve
