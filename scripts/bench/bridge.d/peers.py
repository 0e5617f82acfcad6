"""The bridges that are compared, each a command that serves /media/<token> on PORT and calls MODEL_URL."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PIPECAT = "pipecat-ai[openai,websocket]==1.14.0"


@dataclass(frozen=True)
class Peer:
    """One bridge under test."""

    name: str
    command: list[str]
    first: int
    """Calls in the first run; well below what it can carry."""
    environment: dict[str, str] = field(default_factory=dict)
    resamples: bool = False
    """Asks the model for 24 kHz PCM and paces what it plays: read as a staircase, judged beside its own idle."""


def known_peers(build: Path, pipecat_venv: Path, oncall: str | None) -> list[Peer]:
    """Every peer that can run here, the floor first; `oncall` is another command for OnCall's own bridge."""
    relay = [sys.executable, str(HERE / "peers" / "relay.py")]
    peers = [
        Peer("splice", [str(build / "splice")], 400),
        Peer("relay", relay, 60, {"LOOP": "asyncio"}),
        Peer("relay-uvloop", relay, 80, {"LOOP": "uvloop"}),
    ]
    python = pipecat_venv / "bin" / "python"
    if python.exists():
        peers.append(Peer("pipecat", [str(python), str(HERE / "peers" / "pipecat_call.py")], 8, resamples=True))
    own = ["sh", "-c", f"exec {oncall}"] if oncall else [sys.executable, str(HERE / "peers" / "oncall_city.py")]
    return [*peers, Peer("oncall", own, 150)]
