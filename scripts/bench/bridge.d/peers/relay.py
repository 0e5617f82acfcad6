"""The relay a newcomer writes: FastAPI, the websockets client, json both ways; PORT, MODEL_URL and LOOP say how."""

import asyncio
import json
import os

import uvicorn
import websockets
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/media/{token}")
async def media(phone: WebSocket, token: str) -> None:
    """One call: two tasks that read, parse, build and send until either side ends."""
    await phone.accept()
    async with websockets.connect(os.environ["MODEL_URL"], max_size=None) as model:
        await model.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        stream: dict[str, str] = {}

        async def hear() -> None:
            while True:
                message = json.loads(await phone.receive_text())
                if message["event"] == "start":
                    stream["sid"] = message["start"]["streamSid"]
                elif message["event"] == "media":
                    append = {"type": "input_audio_buffer.append", "audio": message["media"]["payload"]}
                    await model.send(json.dumps(append))

        async def speak() -> None:
            async for raw in model:
                event = json.loads(raw)
                if event["type"] == "response.output_audio.delta":
                    media = {"event": "media", "streamSid": stream["sid"], "media": {"payload": event["delta"]}}
                    await phone.send_text(json.dumps(media))
                    mark = {"event": "mark", "streamSid": stream["sid"], "mark": {"name": event["item_id"]}}
                    await phone.send_text(json.dumps(mark))

        ways = [asyncio.create_task(hear()), asyncio.create_task(speak())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except WebSocketDisconnect:
            pass
        finally:
            for way in ways:
                way.cancel()


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop=os.environ.get("LOOP", "asyncio"),
        access_log=False,
        log_level="warning",
    )
