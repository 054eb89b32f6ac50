from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from gitops_clone.action.run import main

for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, TextIOWrapper):  # isolated, Python does not look at PYTHONIOENCODING
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
sys.exit(main(os.environ))
