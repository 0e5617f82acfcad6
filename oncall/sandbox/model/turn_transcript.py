"""The transcript of a realtime turn, told some time after the turn and usually after the response has begun."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from oncall.sandbox.model.hearing import Turn
from oncall.sandbox.model.items import Item

if TYPE_CHECKING:
    from oncall.sandbox.model.session import Session

_IN_TOKENS = ("gpt-4o-transcribe", "gpt-4o-mini-transcribe")


async def tell_transcript(session: Session, item: Item, turn: Turn, wanted: dict[str, Any]) -> None:
    """Deltas and then completed (or failed, by fault); an empty turn has an empty transcript and no delta."""
    usual = session.config.transcription_seconds / session.config.speed
    await asyncio.sleep(usual + session.faults.transcription_delay_seconds)
    if session.faults.transcription_failed:
        session.emit(
            "conversation.item.input_audio_transcription.failed",
            item_id=item.id,
            content_index=0,
            error={
                "type": "transcription_error",
                "code": "audio_unintelligible",
                "message": "The audio could not be transcribed.",
                "param": None,
            },
        )
        return
    words = turn.words.split(" ") if turn.words else []
    for at in range(0, len(words), 4):
        piece = " ".join(words[at : at + 4])
        session.emit(
            "conversation.item.input_audio_transcription.delta",
            item_id=item.id,
            content_index=0,
            delta=piece if at == 0 else f" {piece}",
        )
        await asyncio.sleep(0)
    if item.shown["content"]:
        item.shown["content"][0]["transcript"] = turn.words
    model = str(wanted.get("model") or "gpt-transcribe")
    extra: dict[str, Any] = {}
    if model == "gpt-transcribe":
        extra["languages"] = [{"code": wanted["language"]}] if wanted.get("language") else []
    session.emit(
        "conversation.item.input_audio_transcription.completed",
        item_id=item.id,
        content_index=0,
        transcript=turn.words,
        usage=_usage(model, turn),
        **extra,
    )


def _usage(model: str, turn: Turn) -> dict[str, Any]:
    seconds = (turn.end_ms - turn.start_ms) / 1000
    if not model.startswith(_IN_TOKENS):
        return {"type": "duration", "seconds": float(round(seconds) or 1)}
    heard, written = int(seconds * 10), len(turn.words) // 2
    return {
        "type": "tokens",
        "total_tokens": heard + written,
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": written,
    }
