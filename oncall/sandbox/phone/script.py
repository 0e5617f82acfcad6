"""TwiML being followed: fetched from where the call was told to, read, and done verb by verb."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from oncall.sandbox import voice
from oncall.sandbox.phone.call import Call
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.line import Line
from oncall.sandbox.phone.order import Instruction
from oncall.sandbox.phone.webhook import Unfetched

_APOLOGY: Final = "We are sorry. An application error has occurred. Goodbye."
_MOST_DOCUMENTS: Final = 200


class HangUp(Exception):
    """The TwiML says that the call is over."""


class GoTo(Exception):
    """The TwiML, or the end of a verb, says that other TwiML follows."""

    def __init__(self, instruction: Instruction, params: dict[str, str] | None = None) -> None:
        super().__init__(instruction.url)
        self.instruction = instruction
        self.params = params or {}


Verb = Callable[["Script", Element], Awaitable[None]]
VERBS: Final[dict[str, Verb]] = {}
"""Every verb that is done here, by the name of its element."""


def verb(name: str) -> Callable[[Verb], Verb]:
    """Declare a function to be what an element of this name means."""

    def declare(function: Verb) -> Verb:
        VERBS[name] = function
        return function

    return declare


class Script:
    """One call being led; `call.line` is open."""

    def __init__(self, exchange: Exchange, call: Call, first: Callable[[Element | None], None] | None = None) -> None:
        """`first` is told the first document, or None that there was none, before anything is done with it."""
        self.exchange = exchange
        self.call = call
        self._first = first
        self._document_url: str | None = None
        self._method = "POST"

    @property
    def line(self) -> Line:
        """The callee's line."""
        if self.call.line is None:
            raise RuntimeError(f"{self.call.sid} has no line")
        return self.call.line

    async def run(self, instruction: Instruction) -> None:
        """Follow TwiML until there is none left, a hang-up, or cancellation."""
        follow = GoTo(instruction)
        try:
            for _ in range(_MOST_DOCUMENTS):
                response = await self._response(follow.instruction, follow.params)
                if self._first is not None:
                    first, self._first = self._first, None
                    first(response)
                if response is None:
                    await self.say(_APOLOGY, "en")
                    return
                try:
                    await self.do(response)
                    return
                except GoTo as other:
                    follow = other
        except HangUp:
            return

    async def do(self, verbs: Element) -> None:
        """Each verb in turn; raises HangUp or GoTo."""
        for element in verbs:
            done = VERBS.get(element.tag)
            if done is None:
                self.exchange.warn(12200, self.call, f"{element.tag} is not done here")
            else:
                await done(self, element)

    async def say(self, text: str, language: str, rate: float = 1.0) -> None:
        """Speak on the line, to the end."""
        await self.line.play(voice.say(text, language, voice.AGENT, next(_utterances), rate))

    def elsewhere(self, url: str, method: str | None = None) -> Instruction:
        """A URL from the document, which may be relative to it; empty is the document itself."""
        whole = urljoin(self._document_url or "", url) if url else self._document_url
        return Instruction(whole, "GET" if (method or "").upper() == "GET" else "POST")

    def tell(self, element: Element, prefix: str, params: dict[str, str]) -> None:
        """Send a callback an element asks for with its attributes `prefix` and `prefixMethod`."""
        url = element.get(prefix)
        if url:
            target = self.elsewhere(url, element.get(f"{prefix}Method"))
            if target.url:
                self.exchange.webhooks.tell(target.url, target.method, params)

    def still_ask(self, instruction: Instruction, params: dict[str, str]) -> None:
        """Make the request that leads on although nobody is left to be led: it tells what was pressed before."""
        self.exchange.webhooks.start(self._response(instruction, params))

    async def _response(self, instruction: Instruction, params: dict[str, str]) -> Element | None:
        """The document, or the fallback's; None when there is neither."""
        try:
            return await self._fetch(instruction, params)
        except Unfetched as problem:
            self.exchange.warn(problem.code, self.call, str(problem))
            fallback = self.call.fallback
            if fallback is None:
                return None
            told = params | {"ErrorCode": str(problem.code), "ErrorUrl": instruction.url or ""}
        try:
            return await self._fetch(fallback, told)
        except Unfetched as problem:
            self.exchange.warn(problem.code, self.call, str(problem))
            return None

    async def _fetch(self, instruction: Instruction, params: dict[str, str]) -> Element:
        document: bytes | str
        if instruction.twiml is not None:
            document = instruction.twiml
        else:
            self._document_url = instruction.url
            known = self.call.as_params()
            if self.call.answered_by and self.call.order and not self.call.order.async_amd:
                known |= {
                    "AnsweredBy": self.call.answered_by,
                    "MachineDetectionDuration": str(self.call.machine_ms),
                }
            document = await self.exchange.webhooks.ask(instruction.url or "", instruction.method, known | params)
        try:
            response = ElementTree.fromstring(document)
        except ElementTree.ParseError:
            raise Unfetched(12100, "Document parse failure") from None
        if response.tag != "Response":
            raise Unfetched(12200, "The document is no Response")
        return response


_utterances = iter(range(0x4000, 1 << 62))


@verb("Pause")
async def _pause(script: Script, element: Element) -> None:
    await script.line.wait(float(element.get("length") or 1))


@verb("Hangup")
@verb("Reject")
async def _hangup(_script: Script, _element: Element) -> None:
    raise HangUp


@verb("Redirect")
async def _redirect(script: Script, element: Element) -> None:
    raise GoTo(script.elsewhere((element.text or "").strip(), element.get("method")))
