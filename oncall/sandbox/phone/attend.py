"""<Dial><Conference>: a call takes part in a conference until it leaves, is led elsewhere, or all is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final
from xml.etree.ElementTree import Element

from oncall.sandbox.phone.conference import Conference, Participant
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.order import Callback, Instruction
from oncall.sandbox.phone.race import unless
from oncall.sandbox.phone.script import Script

_EVENTS: Final = frozenset(["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"])


async def attend(script: Script, dial: Element, noun: Element) -> str:
    """Take part; gives back the DialCallStatus."""
    if not frozenset((noun.get("statusCallbackEvent") or "").split()) <= _EVENTS:
        script.exchange.warn(16002, script.call, "statusCallbackEvent names an event there is not")
        return "failed"
    conference = _room(script, noun)
    if len(conference.participants) >= conference.most:
        script.exchange.warn(16020, script.call, "the conference is full")
        return "failed"
    label = noun.get("participantLabel")
    if label and any(one.label == label for one in conference.participants):
        script.exchange.warn(16025, script.call, "the label is somebody else's")
        return "failed"
    line, call = script.line, script.call
    me = _participant(script, noun)
    star = asyncio.Event()

    def press(digit: str) -> None:
        if digit == "*":
            star.set()

    def tap(said: bytes, _heard: bytes) -> None:
        conference.listen(me, said)

    conference.join(me)
    line.taps.append(tap)
    if dial.get("hangupOnStar") == "true":
        line.on_digit.append(press)
    try:
        async with _music(script, conference, me, noun):
            await unless(me.left.wait(), star.wait(), line.wait(float(dial.get("timeLimit") or 14400)))
    finally:
        line.taps.remove(tap)
        if press in line.on_digit:
            line.on_digit.remove(press)
        over = line.hung_up.is_set() or call.finish.is_set()
        updated = call.redirected.is_set() and not over
        conference.leave(me, "participant_updated_via_api" if updated else "participant_hung_up", hung_up=over)
    return "answered"


async def announce(exchange: Exchange, conference: Conference, to: list[Participant], instruction: Instruction) -> None:
    """Let some of a conference hear TwiML to its end, each on their own line, over whatever else is said there."""
    scripts = [unless(Script(exchange, one.call).run(instruction), one.left.wait()) for one in to]
    await asyncio.gather(*scripts)
    only = to[0].as_params() if to != conference.participants and len(to) == 1 else {}
    conference.tell("announcement", "announcement-end", {"AnnounceUrl": instruction.url or ""} | only)


def open_room(exchange: Exchange, name: str) -> Conference:
    """The conference of this name that is not over, or a new one."""
    for conference in exchange.conferences.values():
        if conference.name == name and conference.status != "completed":
            return conference
    conference = Conference(exchange.config.account_sid, name, exchange.webhooks.tell)
    exchange.conferences[conference.sid] = conference
    return conference


def _room(script: Script, noun: Element) -> Conference:
    conference = open_room(script.exchange, "".join(noun.itertext()).strip())
    if not conference.joined_by:
        most = noun.get("maxParticipants") or ""
        conference.most = min(250, int(most)) if most.isdigit() and int(most) else 250
        if noun.get("statusCallback"):
            target = script.elsewhere(noun.get("statusCallback") or "", noun.get("statusCallbackMethod"))
            wanted = frozenset((noun.get("statusCallbackEvent") or "start end").split())
            conference.callback = Callback(target.url or "", target.method, wanted)
    return conference


def _participant(script: Script, noun: Element) -> Participant:
    beep = noun.get("beep") or "true"
    return Participant(
        script.call,
        script.line,
        label=noun.get("participantLabel") or "",
        muted=noun.get("muted") == "true",
        starts=noun.get("startConferenceOnEnter") != "false",
        ends=noun.get("endConferenceOnExit") == "true",
        beeps_on_enter=beep in ("true", "onEnter"),
        beeps_on_exit=beep in ("true", "onExit"),
        music=noun.get("waitUrl") is None,
    )


@contextlib.asynccontextmanager
async def _music(script: Script, conference: Conference, me: Participant, noun: Element) -> AsyncIterator[None]:
    """TwiML of `waitUrl` is followed once, until the conference starts."""
    if not noun.get("waitUrl") or conference.status != "init":
        yield
        return
    where = script.elsewhere(noun.get("waitUrl") or "", noun.get("waitMethod"))

    async def started() -> None:
        while conference.status == "init":
            await me.line.wait(0.02)

    playing = asyncio.create_task(unless(Script(script.exchange, script.call).run(where), started()))
    try:
        yield
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
