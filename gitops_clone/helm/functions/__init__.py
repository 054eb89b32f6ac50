"""The functions of Helm's templates: Go's own, sprig's, Helm's, by field. `load` registers them all."""

from __future__ import annotations


def load() -> None:
    """Fill `registry.FUNCTIONS`; later calls do nothing. Imported late: most runs render no chart."""
    from gitops_clone.helm.functions import (  # noqa: F401
        builtin,
        convert,
        crypto,
        dates,
        defaults,
        dicts,
        encoding,
        helm,
        lists,
        maths,
        network,
        paths,
        regex,
        strings,
        versions,
        words,
    )
