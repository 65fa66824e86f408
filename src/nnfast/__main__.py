from __future__ import annotations

import sys

from nnfast.cli import main

sys.exit(main())
