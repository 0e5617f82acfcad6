"""`oncall ...` and `python -m oncall ...`: every command, gathered from `oncall/cli`."""

import importlib
import pkgutil

from oncall import cli


def main() -> None:
    """Run one command."""
    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"oncall.cli.{module.name}")
    cli.app()


if __name__ == "__main__":
    main()
