"""The stand-in city alone: a carrier and a model that speak the real protocols, for trying OnCall without accounts."""

from pathlib import Path
from typing import Annotated

import typer

from oncall.cli import app


@app.command()
def sandbox(
    phone_port: Annotated[int, typer.Option(help="port of the stand-in Twilio; 0 takes a free one")] = 0,
    model_port: Annotated[int, typer.Option(help="port of the stand-in OpenAI; 0 takes a free one")] = 0,
    speed: Annotated[float, typer.Option(help="how many times faster than life people ring and talk")] = 1.0,
    cps: Annotated[float, typer.Option(help="calls the carrier starts per second")] = 1.0,
    lines: Annotated[int, typer.Option(help="most calls the carrier takes at once; 0 is no limit")] = 0,
    ledger: Annotated[Path | None, typer.Option(help="file that every call is written to, synced to disk")] = None,
    tapes: Annotated[Path | None, typer.Option(help="folder for the whole sound of every call, for listening")] = None,
    seed: Annotated[int, typer.Option(help="of everything left to chance")] = 1,
) -> None:
    """Run the stand-in Twilio and OpenAI; prints the settings that point OnCall at them."""
    from oncall.sandbox import server

    def announce(addresses: server.Addresses) -> None:
        for name, value in addresses.environment.items():
            print(f"{name}={value}")
        print("ONCALL_CALLER_ID=+82325550100", flush=True)

    server.run(phone_port, model_port, speed, cps=cps, lines=lines or None, ledger=ledger, tapes=tapes, seed=seed,
               announce=announce)  # fmt: skip
