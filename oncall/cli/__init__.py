"""The command line: one file a family of commands, gathered by `python -m oncall`."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="OnCall: welfare check calls for a city.")
