from __future__ import annotations

import os
import sys

from gitops_clone.action.run import main

sys.exit(main(os.environ))
