"""Who may open a call's media socket: signed, with that call's own token, once, soon after pick-up (TH-03)."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
import uvicorn
from fastapi import FastAPI
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from oncall import clock, db
from oncall.call import media, media_token
from oncall.call.ears import Ears
from oncall.call.handover import HandoverProtocol
from oncall.call.scribe import scribe
from oncall.call.warm import warm
from oncall.listen.back_channel import back_channel, interrupts
from oncall.listen.ear import Ear
from oncall.listen.identity import identity
from oncall.models import Attempt, AttemptState, CheckInState
from oncall.sandbox.server import sandbox_in_thread
from oncall.settings import settings
from tests.makers import make_attempt, make_check_in, make_resident


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    """A web process with nothing but the media socket, and a stand-in model; its address."""

    @asynccontextmanager
    async def life(app: FastAPI):  # type: ignore[no-untyped-def]  # FastAPI's own shape
        warm.run_on(asyncio.get_running_loop())
        scribe.start()
        yield
        warm.run_on(None)

    app = FastAPI(lifespan=life)
    app.state.ears = Ears(Ear, identity, back_channel, interrupts)
    app.include_router(media.router)
    server = uvicorn.Server(uvicorn.Config(app, port=0, ws=HandoverProtocol, log_level="error",
                                           ws_per_message_deflate=False, timeout_graceful_shutdown=1))  # fmt: skip
    thread = threading.Thread(target=server.run, daemon=True)
    with sandbox_in_thread() as addresses, pytest.MonkeyPatch.context() as patch:
        thread.start()
        while not server.started:
            threading.Event().wait(0.01)
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        for name, value in {**addresses.environment, "ONCALL_PUBLIC_URL": url}.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield url.replace("http", "ws")
        server.should_exit = True
        thread.join(5)
    settings.cache_clear()


@pytest.fixture
def attempt(door: str, committed: None) -> UUID:
    """A call that was just answered."""
    with db.transaction() as session:
        check_in = make_check_in(session, make_resident(session), state=CheckInState.SPEAKING)
        return make_attempt(
            session,
            check_in,
            state=AttemptState.ANSWERED,
            call_sid="CA1",
            answered_at=clock.now(),
            media_token_since=clock.now(),
        ).id


def address(door: str, attempt: UUID) -> str:
    with db.transaction() as session:
        return f"{door}/media/{media_token.for_attempt(session.get_one(Attempt, attempt))}"


def signature(url: str, key: str | None = None) -> dict[str, str]:
    key = key or settings().twilio_auth_token.get_secret_value()
    return {"X-Twilio-Signature": RequestValidator(key).compute_signature(url, {})}


async def start(socket: ClientConnection, call: str = "CA1") -> None:
    await socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    await socket.send(
        json.dumps({"event": "start", "streamSid": "MZ1", "start": {"streamSid": "MZ1", "callSid": call}})
    )


async def first_word(socket: ClientConnection) -> str:
    """The kind of the first message that comes; "closed" when the socket is closed instead."""
    try:
        async with asyncio.timeout(15):
            return str(json.loads(await socket.recv())["event"])
    except ConnectionClosed:
        return "closed"


def spent(attempt: UUID) -> bool:
    with db.transaction() as session:
        return session.get_one(Attempt, attempt).media_token_used_at is not None


async def test_the_carrier_with_this_calls_token_is_let_in_and_hears_us(door: str, attempt: UUID) -> None:
    url = address(door, attempt)
    async with connect(url, additional_headers=signature(url), compression=None) as socket:
        await start(socket)
        assert await first_word(socket) == "media"
    assert spent(attempt)


@pytest.mark.parametrize("forgery", ["unsigned", "wrong_key", "https_signed", "made_up_token", "other_calls_token"])
async def test_anybody_else_is_refused_before_the_socket_opens(door: str, attempt: UUID, forgery: str) -> None:
    url = address(door, attempt)
    headers = signature(url)
    match forgery:
        case "unsigned":
            headers = {}
        case "wrong_key":
            headers = signature(url, "another")
        case "https_signed":
            headers = signature(url.replace("ws://", "http://"))
        case "made_up_token":
            url = f"{door}/media/0123456789"
            headers = signature(url)
        case "other_calls_token":
            url = url[:-1] + ("0" if url[-1] != "0" else "1")
            headers = signature(url)
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, additional_headers=headers, compression=None)
    assert refused.value.response.status_code == 403
    assert not spent(attempt)


async def test_a_token_is_good_once(door: str, attempt: UUID) -> None:
    url = address(door, attempt)
    async with connect(url, additional_headers=signature(url), compression=None) as first:
        await start(first)
        assert await first_word(first) == "media"
        async with connect(url, additional_headers=signature(url), compression=None) as second:
            await start(second)
            assert await first_word(second) == "closed"


@pytest.mark.parametrize("misfit", ["another_call", "long_after", "over"])
async def test_a_token_fits_its_own_call_and_its_own_minute(door: str, attempt: UUID, misfit: str) -> None:
    with db.transaction() as session:
        row = session.get_one(Attempt, attempt)
        if misfit == "long_after":
            row.media_token_since = clock.now() - timedelta(minutes=5)
        if misfit == "over":
            row.ended_at = clock.now()
    url = address(door, attempt)
    async with connect(url, additional_headers=signature(url), compression=None) as socket:
        await start(socket, call="CA2" if misfit == "another_call" else "CA1")
        assert await first_word(socket) == "closed"
    assert not spent(attempt)


async def ends_as(attempt: UUID) -> str:
    """The reason written down, within some seconds: what an earlier test's database did not take may come before it."""
    reason = ""
    async with asyncio.timeout(15):
        while not reason:
            await asyncio.sleep(0.1)
            with db.transaction() as session:
                reason = session.get_one(Attempt, attempt).end_reason
    return reason


async def test_rubbish_ends_its_own_call_with_a_reason_and_no_other(door: str, attempt: UUID) -> None:
    with db.transaction() as session:
        check_in = make_check_in(session, make_resident(session), state=CheckInState.SPEAKING)
        other = make_attempt(session, check_in, state=AttemptState.ANSWERED, call_sid="CA9", answered_at=clock.now(),
                             media_token_since=clock.now()).id  # fmt: skip
    bad, good = address(door, attempt), address(door, other)
    async with (
        connect(bad, additional_headers=signature(bad), compression=None) as broken,
        connect(good, additional_headers=signature(good), compression=None) as well,
    ):
        await start(broken)
        await start(well, call="CA9")
        for _ in range(10):
            await broken.send('{"event":"media","media":{"payload":"not base64!"}}')
        async with asyncio.timeout(15):
            await broken.wait_closed()
        assert await first_word(well) == "media"
    assert await ends_as(attempt) == "malformed"
    with db.transaction() as session:
        assert session.get_one(Attempt, other).end_reason != "malformed"
