"""A call that comes in: somebody rings one of the account's numbers, and its VoiceUrl says what they hear."""

from __future__ import annotations

import logging
from xml.etree.ElementTree import Element

from oncall.sandbox.people.person import Person
from oncall.sandbox.phone.call import Call, Status, now
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.life import end, follow, pick_up
from oncall.sandbox.phone.order import Instruction
from oncall.sandbox.phone.own_number import OwnNumber
from oncall.sandbox.phone.race import unless
from oncall.sandbox.phone.script import HangUp, Script

log = logging.getLogger(__name__)


async def arrive(exchange: Exchange, caller: str, own: OwnNumber, voice: Instruction) -> Call:
    """Let somebody ring; the call is in the ledger when this returns, and lives from then on."""
    call = Call(
        exchange.config.account_sid,
        own.number,
        caller,
        status_callback=own.status_callback,
        fallback=own.fallback,
        inbound=True,
    )
    exchange.calls[call.sid] = call
    call.dialled = now()
    call.move(Status.RINGING)
    await exchange.ledger.write("arrived", call)
    exchange.carry(_live(exchange, call, voice))
    return call


async def _live(exchange: Exchange, call: Call, voice: Instruction) -> None:
    try:
        told = exchange.directory.caller(call.from_)
        person = Person(told.story, told.language, calling=True)
        unanswered = Status.CANCELED

        def answer(document: Element | None) -> None:
            """The first verb picks up, unless it refuses to."""
            nonlocal unanswered
            first = next(iter(document), None) if document is not None else None
            if first is not None and first.tag == "Reject":
                unanswered = Status.BUSY if first.get("reason") == "busy" else Status.NO_ANSWER
                raise HangUp
            pick_up(exchange, call, person)

        script = Script(exchange, call, answer)
        await unless(_lead(exchange, call, script, voice), call.finish.wait(), _gone(exchange, call))
        await end(exchange, call, unanswered if call.line is None else Status.COMPLETED)
    except Exception:
        log.exception("event=call_broken call=%s", call.sid)
        await end(exchange, call, Status.FAILED)


async def _lead(exchange: Exchange, call: Call, script: Script, voice: Instruction) -> None:
    await unless(script.run(voice), call.redirected.wait())
    await follow(exchange, call)


async def _gone(exchange: Exchange, call: Call) -> None:
    """Until the caller puts the receiver down, or the call has lasted too long."""
    while call.line is None:
        await exchange.clock.sleep(0.02)
    await unless(call.line.hung_up.wait(), call.line.wait(call.time_limit))
