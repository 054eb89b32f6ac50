"""`python -m gitops_clone`."""

from __future__ import annotations

from gitops_clone.cli.main import main

if __name__ == "__main__":
    main()
