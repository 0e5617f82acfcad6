"""The models the stand-in knows, with the shutdown dates OpenAI had announced by November 2026."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from oncall.sandbox.model.refusal import Refusal


class Job(StrEnum):
    """What a model is for."""

    REALTIME = "realtime"
    TRANSCRIPTION = "transcription"
    LIVE_TRANSCRIPTION = "live_transcription"
    RESPONSES = "responses"
    SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    job: Job
    shutdown_date: str | None = None
    created: int = 1780000000

    def shown(self) -> dict[str, Any]:
        """The object of `GET /v1/models`."""
        return {
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": "system",
            "shutdown_date": self.shutdown_date,
        }


_BY_JOB: dict[Job, dict[str, str | None]] = {
    Job.REALTIME: {
        "gpt-realtime-2.1": None,
        "gpt-realtime-2.1-mini": None,
        "gpt-realtime-2": None,
        "gpt-realtime-1.5": None,
        "gpt-realtime": "2027-01-20",
        "gpt-realtime-2025-08-28": "2027-01-20",
        "gpt-realtime-mini": "2027-01-20",
        "gpt-realtime-mini-2025-12-15": "2027-01-20",
    },
    Job.TRANSCRIPTION: {
        "gpt-transcribe": None,
        "gpt-4o-transcribe": "2027-02-26",
        "gpt-4o-mini-transcribe": "2027-02-26",
        "gpt-4o-mini-transcribe-2025-12-15": "2027-02-26",
        "gpt-4o-transcribe-diarize": "2027-02-26",
        "whisper-1": "2027-02-26",
    },
    Job.LIVE_TRANSCRIPTION: {"gpt-live-transcribe": None, "gpt-realtime-whisper": None},
    Job.RESPONSES: {
        "gpt-6-luna": None,
        "gpt-6.1-terra": None,
        "gpt-6.1-sol": None,
        "gpt-6.2-sol": None,
        "gpt-6-astra": None,
        "gpt-6.2-astra": None,
        "gpt-5.6-luna": None,
        "gpt-5.6-terra": None,
        "gpt-5.6-sol": None,
        "gpt-5.5": None,
        "gpt-5.4": None,
        "gpt-5.4-mini": None,
        "gpt-5.4-nano": "2027-04-01",
        "gpt-5.1": "2027-04-01",
        "gpt-4.1": "2027-01-14",
        "gpt-4o": "2027-01-14",
        "gpt-4o-mini": "2027-01-14",
    },
    Job.SPEECH: {
        "tts-1": "2027-01-06",
        "tts-1-hd": "2027-01-06",
        "gpt-4o-mini-tts": "2027-01-06",
        "gpt-4o-mini-tts-2025-12-15": "2027-01-06",
    },
}
MODELS: dict[str, Model] = {
    name: Model(name, job, shutdown) for job, names in _BY_JOB.items() for name, shutdown in names.items()
}


def known_model(name: str, *jobs: Job) -> Model:
    """The model of that name that can do one of these jobs (any job when none is named); 404 otherwise."""
    model = MODELS.get(name)
    if model is None or (jobs and model.job not in jobs):
        raise Refusal(
            f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found", status=404
        )
    return model


def reasons(model: str) -> bool:
    """True for realtime models that take `reasoning`: gpt-realtime-2 and later."""
    return re.fullmatch(r"gpt-realtime-2(\.\d+)?(-mini)?", model) is not None
