"""The model's session for one call: mu-law both ways, tools, and turns that we, not it, answer."""

from typing import Any

from oncall.call.conversation import TOOLS, Conversation
from oncall.call.far_end import PADDING_MS
from oncall.call.instructions import instructions
from oncall.call.line import Line
from oncall.settings import settings


def session_update(line: Line) -> dict[str, Any]:
    """The `session.update` of a call, in this resident's pace."""
    config = settings()
    checklist = Conversation(line, lambda *_: None).checklist
    return {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "model": config.realtime_model,
            "instructions": instructions(line, checklist),
            "output_modalities": ["audio"],
            "max_output_tokens": 4096,
            "tool_choice": "auto",
            "tools": TOOLS,
            "audio": {
                "input": {
                    "format": {"type": "audio/pcmu"},
                    "noise_reduction": {"type": "far_field"},
                    "transcription": {"model": config.live_transcribe_model, "language": str(line.language)},
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": 0.6,
                        "prefix_padding_ms": PADDING_MS,
                        "silence_duration_ms": line.patience_ms,
                        "create_response": False,
                        "interrupt_response": False,
                    },
                },
                "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": line.speed},
            },
        },
    }
