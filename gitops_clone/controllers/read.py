"""What the objects of a file apply: Flux and Argo CD read in one place. Pure."""

from __future__ import annotations

from gitops_clone.controllers import argo, flux
from gitops_clone.controllers.model import Applied
from gitops_clone.controllers.objects import objects
from gitops_clone.finders.view import TooManyAliases

MARKS = (b"toolkit.fluxcd.io/", b"argoproj.io/")


def find(file: str, data: bytes) -> list[Applied]:
    """What the objects of one file apply, in the order of the text.

    A file whose bytes name neither API is not parsed; what does not parse has nothing, and the scan reports it.
    """
    found: list[Applied] = []
    for each in objects(file, data, MARKS):
        try:
            found += flux.read(each)
            found += argo.read(each)
        except (TooManyAliases, RecursionError):
            continue
    return found
