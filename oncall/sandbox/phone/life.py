"""The life of one call: dialled, ringing, answered or not, led through its TwiML, ended."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from oncall.sandbox.people.directory import Pickup
from oncall.sandbox.people.person import Person
from oncall.sandbox.people.story import Outcome
from oncall.sandbox.phone.amd import Detector
from oncall.sandbox.phone.call import Call, Status, now
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.line import Line
from oncall.sandbox.phone.order import Order
from oncall.sandbox.phone.race import unless
from oncall.sandbox.phone.recording import Recording
from oncall.sandbox.phone.script import Script
from oncall.sandbox.phone.tape import Tape

log = logging.getLogger(__name__)

_SET_UP: Final = 0.5
"""Seconds between dialling and the first ring."""
_SIP: Final = {Status.BUSY: 486, Status.FAILED: 404, Status.NO_ANSWER: 487, Status.CANCELED: 487, Status.COMPLETED: 200}


async def live(exchange: Exchange, call: Call) -> None:
    """Carry an ordered call from its dialling to its end."""
    order = call.order
    assert order is not None
    try:
        pickup = exchange.directory.dial(call.to)
        person = Person(pickup.story, pickup.language)
        status = await ring(exchange, call, pickup, person, order.ring_seconds)
        if status is Status.IN_PROGRESS:
            await _talk(exchange, call, order, person)
            status = Status.COMPLETED
        await end(exchange, call, status)
    except Exception:
        log.exception("event=call_broken call=%s", call.sid)
        call.duration = call.duration or 0
        await end(exchange, call, Status.FAILED)


async def ring(exchange: Exchange, call: Call, pickup: Pickup, person: Person, ring_seconds: float) -> Status:
    """Dial and ring; in-progress when the call was answered, else how it ended."""
    call.dialled = now()
    call.move(Status.INITIATED)
    exchange.tell_status(call, "initiated")
    answer = await unless(_ring_out(exchange, call, pickup, person, ring_seconds), call.finish.wait())
    return Status.CANCELED if answer is None else answer


async def _ring_out(exchange: Exchange, call: Call, pickup: Pickup, person: Person, ring_seconds: float) -> Status:
    thinking = asyncio.create_task(asyncio.to_thread(person.prepare))
    await exchange.clock.sleep(_SET_UP)
    if pickup.outcome is Outcome.FAILED:
        return Status.FAILED
    if pickup.outcome is Outcome.BUSY:
        return Status.BUSY
    call.move(Status.RINGING)
    exchange.webhooks.start(exchange.ledger.write("rang", call))
    exchange.tell_status(call, "ringing")
    await exchange.clock.sleep(min(pickup.ring_seconds, ring_seconds))
    if pickup.ring_seconds > ring_seconds:
        return Status.NO_ANSWER
    await thinking
    return Status.IN_PROGRESS


def pick_up(exchange: Exchange, call: Call, person: Person) -> Line:
    """The receiver is lifted: open the line and tell so."""
    call.line = line = Line(person)
    if exchange.config.tapes is not None:
        call.tape = Tape()
        line.taps.append(call.tape.tap)
    call.move(Status.IN_PROGRESS)
    exchange.clock.add(line)
    exchange.webhooks.start(exchange.ledger.write("answered", call))
    exchange.tell_status(call, "answered")
    return line


async def end(exchange: Exchange, call: Call, status: Status) -> None:
    """The last state of a call, told to whoever wants to know and kept in the ledger."""
    if call.line is not None:
        exchange.clock.remove(call.line)
        for stream in call.streams:
            stream.stop()
        call.streams.clear()
        call.duration = max(1, round(call.line.seconds))
        if call.tape is not None and exchange.config.tapes is not None:
            await asyncio.to_thread(call.tape.store, exchange.config.tapes / f"{call.sid}.wav")
            call.tape = None
        call.conversation = call.line.person.conversation
        call.line = None
    call.sip_code = _SIP[status]
    call.move(status)
    for recording in call.recordings:
        exchange.end_recording(recording, call)
    seconds = call.duration or 0
    extra = {
        "CallDuration": str(seconds),
        "Duration": str(-(-seconds // 60)),
        "SipResponseCode": str(call.sip_code),
    }
    if call.recording is not None:
        extra |= {
            "RecordingUrl": call.recording.as_params(exchange.base)["RecordingUrl"],
            "RecordingSid": call.recording.sid,
            "RecordingDuration": str(call.recording.duration),
        }
    exchange.tell_status(call, "completed", extra)
    await exchange.ledger.write("ended", call)


async def _talk(exchange: Exchange, call: Call, order: Order, person: Person) -> None:
    line = pick_up(exchange, call, person)
    if order.record:
        call.recording = exchange.start_recording(
            call,
            Recording(
                call.account_sid,
                call.sid,
                "OutboundAPI",
                channels=order.recording_channels,
                track=order.recording_track,
                trim=order.recording_trim,
            ),
            order.recording_callback,
        )
    detector = Detector(order.machine_detection, order.machine_options, person) if order.machine_detection else None
    if detector is not None:
        line.taps.append(detector.tap)
        if order.async_amd:
            exchange.webhooks.start(_tell_who_answered(exchange, call, order, detector))
    await unless(
        _lead(exchange, call, order, detector), line.hung_up.wait(), call.finish.wait(), line.wait(call.time_limit)
    )
    if detector is not None:
        detector.give_up()


async def _lead(exchange: Exchange, call: Call, order: Order, detector: Detector | None) -> None:
    """Run the call's TwiML, once it is known who answered if the order has it so."""
    if detector is not None and not order.async_amd:
        call.answered_by, call.machine_ms = await detector.result
    call.instruction = order.instruction
    await follow(exchange, call)


async def follow(exchange: Exchange, call: Call) -> None:
    """Run the TwiML a call is to do next, and whatever REST redirects it to meanwhile."""
    while call.instruction is not None:
        instruction, call.instruction = call.instruction, None
        call.redirected.clear()
        await unless(Script(exchange, call).run(instruction), call.redirected.wait())


async def _tell_who_answered(exchange: Exchange, call: Call, order: Order, detector: Detector) -> None:
    call.answered_by, call.machine_ms = await detector.result
    if order.amd_callback is not None:
        params = {
            "CallSid": call.sid,
            "AccountSid": call.account_sid,
            "AnsweredBy": call.answered_by,
            "MachineDetectionDuration": str(call.machine_ms),
        }
        exchange.webhooks.tell(order.amd_callback.url, order.amd_callback.method, params)
