"""The media socket's route: checks who comes, joins the telephone to the model, and ends both together."""

import asyncio
import json
from dataclasses import replace

import structlog
from fastapi import APIRouter, WebSocket
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from oncall import clock
from oncall.call import media_token
from oncall.call.bridge import Bridge
from oncall.call.ears import Ears
from oncall.call.entry import Ended
from oncall.call.handover import hand_over
from oncall.call.line import Line
from oncall.call.load import load
from oncall.call.scribe import scribe
from oncall.call.talk import Talk
from oncall.call.warm import warm
from oncall.db import transaction
from oncall.gateways import phone
from oncall.models import Attempt

log = structlog.get_logger()
router = APIRouter()

START_WITHIN_SECONDS = 10.0
HANG_UP_WITHIN_SECONDS = 5.0
UNREADABLE_ALLOWED = 5  # messages before the one that begins the stream
MOST_EARLY = 500  # ten seconds of sound; a model slower than that has failed
LARGEST_EARLY = 8_192  # bytes of one message kept while the model is fetched: twenty times a frame of sound
_TEXT, _CLOSE = WSMsgType.TEXT, WSMsgType.CLOSE


class PhoneEnd(WSListener):
    """The carrier's end: waits for `start`, then feeds the bridge."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.started: asyncio.Future[dict[str, str]] = loop.create_future()
        self.bridge: Bridge | None = None
        self._early: list[bytes] = []
        self._unreadable = 0

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One message of the carrier; anything but text and close is ignored."""
        kind = frame.msg_type
        if kind == _TEXT:
            raw = frame.get_payload_as_bytes()
            if self.bridge is not None:
                self.bridge.from_phone(raw)
            else:
                self._before_the_bridge(transport, raw)
        elif kind == _CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The carrier is gone, with or without a word."""
        if not self.started.done():
            self.started.set_exception(OSError("the stream closed before it started"))
        if self.bridge is not None:
            self.bridge.talk.phone_hung_up()

    def join(self, bridge: Bridge) -> None:
        """Feed the bridge from now on, with what came while the model was being fetched."""
        self.bridge = bridge
        for raw in self._early:
            bridge.from_phone(raw)
        self._early.clear()

    def _before_the_bridge(self, transport: WSTransport, raw: bytes) -> None:
        if self.started.done():
            if len(raw) <= LARGEST_EARLY:
                self._early.append(raw)
                del self._early[:-MOST_EARLY]
            return
        if self._unreadable > UNREADABLE_ALLOWED:
            return  # what still lay in the buffer
        try:
            message = json.loads(raw)
            if message["event"] == "start":
                start = message["start"]
                given = start.get("customParameters") or {}
                self.started.set_result({"stream": str(start["streamSid"]), "call": str(start["callSid"]),
                                         "opening": str(given.get("opening") or "first")})  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._unreadable += 1
            if self._unreadable > UNREADABLE_ALLOWED:
                log.warning("stream_start_unreadable")
                self.started.set_exception(OSError("nothing readable came"))
                transport.disconnect()


@router.websocket("/media/{token}")
async def media(socket: WebSocket, token: str) -> None:
    """One call's sound. Refused with 403 unless signed and tokened; the token is used up by the first `start`."""
    attempt_id = media_token.attempt_id(token)
    path = (socket.scope.get("raw_path") or socket.url.path.encode()).decode()
    signature = socket.headers.get("x-twilio-signature")
    if attempt_id is None or not phone.signed_by_carrier(path, {}, signature, media=True):
        log.warning("media_refused")
        await socket.close(1008)
        return
    end = PhoneEnd()
    transport = hand_over(socket, end)
    try:
        async with asyncio.timeout(START_WITHIN_SECONDS):
            start = await end.started

        def admit() -> Line | None:
            with transaction() as session:
                attempt = session.get(Attempt, attempt_id)
                if attempt is None or attempt.call_sid not in {None, start["call"]}:
                    return None
                if not media_token.spend(session, attempt_id, clock.now()):
                    return None
                return replace(Line.of(session, attempt), call_sid=start["call"])

        line = await asyncio.to_thread(admit)
        if line is None:
            log.warning("media_refused", attempt=str(attempt_id))
            return
        load.begins()
        try:
            await _converse(line, start, end, transport, socket.app.state.ears)
        finally:
            load.ends()
    except (OSError, TimeoutError):
        log.warning("media_broken", attempt=str(attempt_id))
    finally:
        transport.send_close()
        transport.disconnect()


async def _converse(line: Line, start: dict[str, str], end: PhoneEnd, transport: WSTransport, ears: Ears) -> None:
    """Join the two ends until either is done; the reason is on the attempt before the line is let go."""
    over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def finish(reason: str) -> None:
        if not over.done():
            over.set_result(reason)

    try:
        model = await warm.take(line)
    except (OSError, TimeoutError):
        log.error("model_unreachable", attempt=str(line.attempt_id))
        await _write_end(line, "model_down")
        return
    bridge = Bridge(lambda raw: transport.send(_TEXT, raw), model.send)
    bridge.begin(start["stream"])

    def lead(where: str) -> None:
        leading.append(asyncio.ensure_future(asyncio.to_thread(_lead, start["call"], f"/voice/{line.token}/{where}")))

    leading: list[asyncio.Future[None]] = []
    again = start["opening"] == "again"
    talk = bridge.talk = Talk(line, bridge, ears, scribe.put, finish, lead, again=again)
    model.on_event, model.on_gone = bridge.from_model, talk.model_gone
    if model.gone:
        finish("model_down")
    talk.begin()
    end.join(bridge)
    try:
        reason = await over
        if reason == "led":
            await asyncio.gather(*leading)
        else:
            await _write_end(line, reason)
        if reason not in {"model_down", "broken", "malformed", "hung_up", "led"}:
            await asyncio.to_thread(_hang_up, start["call"])
            async with asyncio.timeout(HANG_UP_WITHIN_SECONDS):
                await transport.wait_disconnected()
    except TimeoutError:
        log.warning("carrier_kept_stream", attempt=str(line.attempt_id))
    finally:
        talk.fail("broken")
        model.on_gone = lambda: None
        model.close()


async def _write_end(line: Line, reason: str) -> None:
    await asyncio.to_thread(scribe.written, Ended(line, reason, clock.now()))


def _lead(call_sid: str, path: str) -> None:
    try:
        phone.lead(call_sid, path)
    except Exception:
        # The stream is closed from our side next, and the TwiML behind it goes on.
        log.exception("lead_failed", call=call_sid)


def _hang_up(call_sid: str) -> None:
    try:
        phone.hang_up(call_sid)
    except Exception:
        # The carrier's own limit ends the call; `sweep` finds it if no news comes.
        log.exception("hang_up_failed", call=call_sid)
