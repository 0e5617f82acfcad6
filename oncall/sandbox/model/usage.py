"""What a response is said to have cost, in tokens."""

from __future__ import annotations

from typing import Any

TOKENS_PER_AUDIO_SECOND = 28
"""180 tokens are about 6.5 s of speech."""


def usage_of(heard: tuple[int, int], text_tokens: int, audio_ms: int) -> dict[str, Any]:
    """The `usage` of response.done; `heard` is the text and audio tokens of the context."""
    audio_out = audio_ms * TOKENS_PER_AUDIO_SECOND // 1000
    text_out = text_tokens + audio_out // 4
    return {
        "total_tokens": sum(heard) + audio_out + text_out,
        "input_tokens": sum(heard),
        "output_tokens": audio_out + text_out,
        "input_token_details": {
            "text_tokens": heard[0],
            "audio_tokens": heard[1],
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
    }
