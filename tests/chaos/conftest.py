"""The scripts' own modules, as they find each other."""

import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
for folder in ("chaos.d", "cluster.d"):
    sys.path.append(str(SCRIPTS / folder))
