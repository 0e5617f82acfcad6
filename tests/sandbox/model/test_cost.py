"""Twenty callers at fifty frames a second must leave the machine to the service under test."""

import asyncio
import base64
import json
import random
import time

from oncall.sandbox import voice
from oncall.sandbox.model.config import ModelConfig
from oncall.sandbox.model.faults import Faults
from oncall.sandbox.model.session import Session


async def test_an_appended_frame_costs_well_under_sixty_microseconds() -> None:
    sent: list[str] = []
    session = Session(
        ModelConfig(), "gpt-realtime-2.1", Faults(), random.Random(1), send=sent.append, close=lambda *_: None
    )
    session.receive(
        json.dumps(
            {
                "type": "session.update",
                "session": {
                    "type": "realtime",
                    "audio": {
                        "input": {
                            "format": {"type": "audio/pcmu"},
                            "turn_detection": {"type": "server_vad", "create_response": False},
                        }
                    },
                },
            }
        )
    )
    speech = voice.say("네, 밥은 잘 먹고 잠도 잘 자고 있습니다.", "ko", voice.WOMAN, 1)
    frames = [
        json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(speech[at : at + 160]).decode()})
        for at in range(0, len(speech), 160)
    ]
    best = min(_spent(session, frames) for _ in range(5))
    await session.stop()
    assert any("speech_started" in event for event in sent)
    assert best / len(frames) < 60e-6
    await asyncio.sleep(0)


def _spent(session: Session, frames: list[str]) -> float:
    began = time.process_time()
    for frame in frames:
        session.receive(frame)
    return time.process_time() - began
