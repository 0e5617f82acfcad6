"""`oncall ...` and `python -m oncall ...`: every command, gathered from `oncall/cli`."""

import importlib
import pkgutil
import sys

from oncall import cli
from oncall.errors import OnCallError


def main() -> None:
    """Run one command; a refusal of ours is a sentence and exit code 1, not a traceback."""
    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"oncall.cli.{module.name}")
    try:
        cli.app()
    except OnCallError as refusal:
        sys.exit(f"oncall: {refusal}")


if __name__ == "__main__":
    main()
