"""The card of an evaluation: which rules and which prompt were tried, on what, and what came of it."""

import tomllib
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from oncall.listen import prompt
from oncall.models import Evaluation
from oncall.settings import settings

_RULES = ("net.ko.toml", "net.en.toml", "across.ko.toml", "across.en.toml")


def net_version() -> str:
    """The phrase net's own version and a fingerprint of its rule files, "1 4f2a91c0"; a changed rule changes it."""
    files = [(settings().prompts / name).read_bytes() for name in _RULES]
    own = tomllib.loads(files[0].decode()).get("version", "")
    return f"{own} {sha256(b''.join(files)).hexdigest()[:8]}".strip()


def keep(
    session: Session, figures: dict[str, Any], *, split: str, net_only: bool, synthetic: bool,
    instructions: str | None, now: datetime,
) -> Evaluation:  # fmt: skip
    """Write the card; the quality page shows the newest of each kind."""
    told = instructions or prompt.instructions()
    made = Evaluation(
        made_at=now, synthetic=synthetic, split=split, net_version=net_version(), figures=figures,
        prompt_sha256="" if net_only else sha256(told.encode()).hexdigest(),
        model="" if net_only else settings().assess_model,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made
