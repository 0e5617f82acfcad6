"""An office for the stand-in carrier to call back: its webhooks, its TwiML and its end of the media stream."""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import json
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from oncall.sandbox import voice
from oncall.sandbox.phone.app import create_app
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.server import Running, running
from oncall.sandbox.sound import FRAME, Listener, from_pcm16

ACCOUNT = PhoneConfig()
_utterances = itertools.count(1)


@dataclass(frozen=True)
class Received:
    """One webhook as it arrived."""

    what: str
    params: dict[str, str]
    signed: bool
    token: str
    method: str


class Stream:
    """The office's end of one media stream."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.sid = ""
        self.events: list[dict[str, Any]] = []
        self.heard = Listener()
        self.sound = bytearray()
        self.closed = False

    async def read(self, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        """Take messages until one is wanted; None when the socket closes first."""
        while True:
            try:
                event = json.loads(await self.socket.receive_text())
            except (WebSocketDisconnect, RuntimeError):
                self.closed = True
                return None
            self.events.append(event)
            if event["event"] == "start":
                self.sid = event["streamSid"]
            if event["event"] == "media":
                frame = base64.b64decode(event["media"]["payload"])
                self.sound += frame
                self.heard.hear(frame)
            if until(event):
                return event

    async def event(self, kind: str) -> dict[str, Any] | None:
        """The next message of a kind."""
        return await self.read(lambda event: event["event"] == kind)

    async def words(self) -> str:
        """Listen until the callee has said something and been quiet for half a second."""
        quiet = 0

        def enough(event: dict[str, Any]) -> bool:
            nonlocal quiet
            if event["event"] != "media":
                return event["event"] == "stop"
            silent = base64.b64decode(event["media"]["payload"]).strip(b"\xff") == b""
            quiet = quiet + 1 if silent and self.heard.text else 0
            return quiet >= 25

        await self.read(enough)
        return self.heard.take()

    async def send(self, **message: Any) -> None:
        await self.socket.send_text(json.dumps({"streamSid": self.sid} | message))

    async def play(self, ulaw: bytes, chunk: int = 20 * FRAME) -> None:
        for at in range(0, len(ulaw), chunk):
            await self.send(event="media", media={"payload": base64.b64encode(ulaw[at : at + chunk]).decode()})

    async def mark(self, name: str) -> None:
        await self.send(event="mark", mark={"name": name})

    async def say(self, text: str, language: str = "ko") -> None:
        """Speak, and wait until it has been heard."""
        await self.play(voice.say(text, language, voice.AGENT, next(_utterances)))
        await self.mark(text)
        await self.read(lambda event: event["event"] == "mark" and event["mark"]["name"] == text)


Converse = Callable[[Stream], Awaitable[None]]


@dataclass
class Office:
    """What answers the carrier; `answers` maps the last part of a URL to TwiML, a status, or seconds to sleep."""

    answers: dict[str, str | int | float] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """Content and type of what is neither."""
    received: list[Received] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    stream_signed: list[bool] = field(default_factory=list)
    converse: Converse | None = None
    refuse_stream: bool = False
    url: str = ""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/voice/{what}", self._voice, methods=["GET", "POST"]),
                WebSocketRoute("/media/{token}", self._media),
            ]
        )

    async def _voice(self, request: Request) -> Response:
        what = request.path_params["what"]
        form = {key: str(value) for key, value in (await request.form()).items()}
        valid = RequestValidator(ACCOUNT.auth_token).validate(
            str(request.url), form if request.method == "POST" else {}, request.headers.get("x-twilio-signature", "")
        )
        token = request.headers.get("i-twilio-idempotency-token", "")
        params = form or dict(request.query_params)
        async with self.arrived:
            self.received.append(Received(what, params, valid, token, request.method))
            self.arrived.notify_all()
        if what in self.files:
            content, kind = self.files[what]
            return Response(content, media_type=kind)
        answer = self.answers.get(what, 204)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = 204
        if isinstance(answer, int):
            return Response(status_code=answer)
        return Response(answer, media_type="text/xml")

    async def _media(self, socket: WebSocket) -> None:
        url = self.url.replace("http", "ws") + socket.url.path
        signature = socket.headers.get("x-twilio-signature", "")
        self.stream_signed.append(RequestValidator(ACCOUNT.auth_token).validate(url, {}, signature))
        if self.refuse_stream:
            await socket.close()
            return
        await socket.accept()
        stream = Stream(socket)
        self.streams.append(stream)
        await stream.event("start")
        if self.converse is not None:
            await self.converse(stream)
        if not stream.closed:
            await socket.close()

    def hook(self, what: str) -> str:
        return f"{self.url}/voice/{what}"

    @property
    def stream_url(self) -> str:
        return f"{self.url.replace('http', 'ws')}/media/secret"

    def of(self, what: str) -> list[Received]:
        return [one for one in self.received if one.what == what]

    def statuses(self) -> list[str]:
        return [one.params["CallStatus"] for one in self.of("status")]

    async def wait_for(self, what: str, count: int = 1, seconds: float = 20, **params: str) -> Received:
        """The count-th webhook to a URL with these parameters."""

        def there() -> list[Received]:
            return [one for one in self.of(what) if params.items() <= one.params.items()]

        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(there()) >= count)
        return there()[count - 1]


@dataclass
class City:
    """A carrier, an office, and the official client between them."""

    phone: Running
    office: Office
    client: Client

    @property
    def exchange(self) -> Exchange:
        exchange: Exchange = self.phone.app.state.exchange
        return exchange

    async def call(self, ending: str = "00", **options: Any) -> Any:
        """Create a call to a number with this ending through the official client; all callbacks are asked for."""
        settings = {
            "to": f"+8225550{ending:0>4}",
            "from_": "+8221234567",
            "url": self.office.hook("twiml"),
            "status_callback": self.office.hook("status"),
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        } | options
        settings = {key: value for key, value in settings.items() if value is not None}
        return await asyncio.to_thread(self.client.calls.create, **settings)

    async def ended(self, what: str = "status") -> Received:
        """The last status callback of the only call."""
        async with asyncio.timeout(30), self.office.arrived:
            await self.office.arrived.wait_for(
                lambda: any("SipResponseCode" in one.params for one in self.office.of(what))
            )
        return next(one for one in self.office.of(what) if "SipResponseCode" in one.params)

    async def get(self, path: str, **options: Any) -> Any:
        return await asyncio.to_thread(requests.get, self.phone.url + path, timeout=10, **options)

    async def post(self, path: str, body: object) -> Any:
        return await asyncio.to_thread(requests.post, self.phone.url + path, json=body, timeout=10)

    async def faults(self, **faults: object) -> None:
        assert (await self.post("/sandbox/faults", faults)).status_code == 200


def channels_of(wav: bytes) -> list[bytes]:
    """Each channel's mu-law."""
    with wave.open(io.BytesIO(wav)) as sound:
        assert (sound.getframerate(), sound.getsampwidth()) == (8000, 2)
        count = sound.getnchannels()
        pcm = sound.readframes(sound.getnframes())
    return [
        from_pcm16(b"".join(pcm[at : at + 2] for at in range(2 * one, len(pcm), 2 * count))) for one in range(count)
    ]


@asynccontextmanager
async def a_city(**config: Any) -> AsyncIterator[City]:
    office = Office()
    settings = replace(ACCOUNT, **({"speed": 15.0, "cps": 20.0} | config))
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(running(create_app(settings), 0))
        served = await stack.enter_async_context(running(office.app(), 0))
        office.url = served.url
        client = Client(ACCOUNT.account_sid, ACCOUNT.auth_token)
        client.api.base_url = phone.url
        yield City(phone, office, client)
        # Both at once: each takes a few tenths of a second to notice.
        phone.server.should_exit = served.server.should_exit = True
