"""The carrier's requests to the outside: signed, timed out, retried and, when ordered, mistreated."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import uuid
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode

import aiohttp
from yarl import URL

from oncall.sandbox.phone.clock import PhoneClock
from oncall.sandbox.phone.config import PhoneConfig
from oncall.sandbox.phone.faults import Chance

log = logging.getLogger(__name__)


class Unfetched(Exception):
    """A URL that gave no usable answer; `code` is the carrier's warning."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with a 2xx."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request may take and when it is made again, from the fragment of its URL."""

    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    total_seconds: float = 15.0

    @classmethod
    def of(cls, fragment: str) -> Patience:
        """Reads `rc=3&rp=ct,rt,4xx,5xx&ct=2000&rt=5000&tt=14000`; what cannot be read keeps its default."""
        given = {name: value for name, value in parse_qsl(fragment) if value}

        def seconds(name: str, default: float) -> float:
            return min(15.0, int(given[name]) / 1000) if given.get(name, "").isdigit() else default

        policy = frozenset(given["rp"].split(",")) if "rp" in given else frozenset({"ct"})
        return cls(
            retries=min(5, int(given["rc"])) if given.get("rc", "").isdigit() else 1,
            retry_on=frozenset({"ct", "rt", "4xx", "5xx"}) if "all" in policy else policy,
            connect_seconds=seconds("ct", 5.0),
            read_seconds=seconds("rt", 15.0),
            total_seconds=seconds("tt", 15.0),
        )


def signature(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature of a request: HMAC-SHA1 over the URL and the sorted form fields."""
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Webhooks:
    """Everything the carrier asks or tells by HTTP."""

    def __init__(self, config: PhoneConfig, clock: PhoneClock, chance: Chance) -> None:
        self._token = config.auth_token
        self._clock = clock
        self._chance = chance
        self._session: aiohttp.ClientSession | None = None
        self._underway: set[asyncio.Task[Any]] = set()
        self._unanswered: Counter[str] = Counter()

    async def ask(self, url: str, method: str, params: Mapping[str, str]) -> bytes:
        """Fetch TwiML. Unfetched (11200 or 11205) unless the answer is 2xx within fifteen seconds.

        A request that was made is not taken back when the call ends meanwhile: a key pressed just before is still told.
        """
        asking = asyncio.create_task(self._request(url, method, params, uuid.uuid4().hex))
        self._underway.add(asking)
        asking.add_done_callback(self._told_in_vain)
        return (await asyncio.shield(asking)).content

    async def fetch(self, url: str) -> Answer:
        """Fetch a file, with a signature over its URL alone. Unfetched as in `ask`."""
        return await self._request(url, "GET", {}, uuid.uuid4().hex)

    def tell(self, url: str, method: str, params: Mapping[str, str]) -> None:
        """Send a callback in the background; what goes wrong with it is logged."""
        faults = self._chance.faults
        if self._chance.strikes("webhook_drop_rate"):
            return
        token = uuid.uuid4().hex
        copies = faults.webhook_duplicate
        if copies and not self._chance.strikes("webhook_duplicate_rate"):
            copies = 0
        for _ in range(1 + copies):
            self.start(self._tell(url, method, params, token))

    def unanswered(self, call_sid: str) -> bool:
        """Whether callbacks of a call are under way."""
        return self._unanswered[call_sid] > 0

    def start(self, work: Coroutine[Any, Any, object]) -> None:
        """Let something run that must not be forgotten half-way."""
        task = asyncio.create_task(work)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    def _told_in_vain(self, asking: asyncio.Task[Any]) -> None:
        """Whoever asked may be gone by now: what went wrong then is nobody's any more."""
        self._underway.discard(asking)
        if not asking.cancelled():
            asking.exception()

    async def close(self) -> None:
        """Give up what is under way."""
        for task in tuple(self._underway):
            task.cancel()
        await asyncio.gather(*self._underway, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _tell(self, url: str, method: str, params: Mapping[str, str], token: str) -> None:
        faults = self._chance.faults
        # A conference tells of its own start and end without a call.
        call_sid = params.get("CallSid", "")
        self._unanswered[call_sid] += 1
        if faults.webhook_delay_seconds and self._chance.strikes("webhook_delay_rate"):
            await asyncio.sleep(faults.webhook_delay_seconds)
        if faults.webhook_shuffle:
            await self._clock.sleep(self._chance.up_to(faults.webhook_shuffle_seconds, "webhook_shuffle"))
        try:
            await self._request(url, method, params, token)
        except Unfetched as problem:
            log.warning("event=callback_failed code=%s call=%s", problem.code, call_sid)
        finally:
            self._unanswered -= Counter([call_sid])

    async def _request(self, url: str, method: str, params: Mapping[str, str], token: str) -> Answer:
        address, fragment = urldefrag(url)
        patience = Patience.of(fragment)
        if method == "GET" and params:
            address += ("&" if "?" in address else "?") + urlencode(params)
        headers = {
            "X-Twilio-Signature": signature(self._token, address, {} if method == "GET" else params),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        body = None
        if method != "GET":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
            body = urlencode(params).encode()
        try:
            async with asyncio.timeout(patience.total_seconds):
                return await self._try(address, method, headers, body, patience)
        except TimeoutError:
            raise Unfetched(11205, "no answer in time") from None

    async def _try(
        self, address: str, method: str, headers: dict[str, str], body: bytes | None, patience: Patience
    ) -> Answer:
        # A connection kept open may have been closed by the other side, which would look like its refusal.
        self._session = self._session or aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True), auto_decompress=True
        )
        limits = aiohttp.ClientTimeout(
            total=None, sock_connect=patience.connect_seconds, sock_read=patience.read_seconds
        )
        retries_left = patience.retries
        while True:
            kind = "ct"
            try:
                async with self._session.request(
                    method, URL(address, encoded=True), data=body, headers=headers, timeout=limits
                ) as answer:
                    content = await answer.read()
                    if 200 <= answer.status < 300:
                        return Answer(content, answer.content_type)
                    kind, reason = f"{answer.status // 100}xx", f"HTTP {answer.status}"
            except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError):
                reason = "no connection"
            except aiohttp.ServerTimeoutError:
                kind, reason = "rt", "no answer in time"
            except (aiohttp.ClientError, ValueError):
                kind, reason = "", "no valid answer"
            if retries_left == 0 or kind not in patience.retry_on:
                raise Unfetched(11200, reason)
            retries_left -= 1
