"""Pipecat's own pipeline for a Twilio call with OpenAI Realtime; runs in an environment of its own."""

import json
import os
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

logger.remove()
logger.add(sys.stderr, level="WARNING")
app = FastAPI()


@app.websocket("/media/{token}")
async def media(phone: WebSocket, token: str) -> None:
    """One call: one pipeline, at 8 kHz on both sides so that audio is resampled only where the model needs 24 kHz."""
    await phone.accept()
    await phone.receive_text()
    start = json.loads(await phone.receive_text())["start"]
    serializer = TwilioFrameSerializer(
        stream_sid=start["streamSid"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
    )
    transport = FastAPIWebsocketTransport(
        websocket=phone,
        params=FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer),
    )
    model = OpenAIRealtimeLLMService(api_key="bench", base_url=os.environ["MODEL_URL"].split("?")[0])
    talk = LLMContextAggregatorPair(LLMContext([{"role": "user", "content": "Say hello."}]))
    pipeline = Pipeline([transport.input(), talk.user(), model, transport.output(), talk.assistant()])
    worker = PipelineWorker(
        pipeline, params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000), idle_timeout_secs=None
    )

    @transport.event_handler("on_client_connected")
    async def begin(*_: object) -> None:
        await worker.queue_frames([LLMRunFrame()])

    @transport.event_handler("on_client_disconnected")
    async def end(*_: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning")
