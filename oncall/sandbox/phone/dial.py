"""<Dial>: the callee hears ringback, and is joined with whoever picks up the other telephone."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from oncall.sandbox.people.person import Person
from oncall.sandbox.phone.call import Call, Status
from oncall.sandbox.phone.life import end, pick_up, ring
from oncall.sandbox.phone.line import Line
from oncall.sandbox.phone.order import Callback
from oncall.sandbox.phone.race import unless
from oncall.sandbox.phone.script import GoTo, Script, verb


@verb("Dial")
async def dial(script: Script, element: Element) -> None:
    """Ring each number in turn until one answers; then `action`, or the next verb."""
    numbers = [noun for noun in element if noun.tag == "Number"]
    if not numbers and (element.text or "").strip():
        numbers = [element]
    if not numbers:
        script.exchange.warn(13224, script.call, "Dial without a number")
    result, leg, bridged = Status.FAILED, None, False
    for noun in numbers:
        leg = _leg(script, element, noun)
        result = await _try(script, element, noun, leg)
        if result is Status.COMPLETED:
            bridged = True
            break
    if element.get("action"):
        params = {"DialCallStatus": str(result), "DialBridged": "true" if bridged else "false"}
        if leg is not None:
            params |= {"DialCallSid": leg.sid, "DialCallDuration": str(leg.duration or 0)}
        raise GoTo(script.elsewhere(element.get("action") or "", element.get("method")), params)


def _leg(script: Script, element: Element, noun: Element) -> Call:
    callback = None
    if noun.get("statusCallback"):
        target = script.elsewhere(noun.get("statusCallback") or "", noun.get("statusCallbackMethod"))
        wanted = frozenset((noun.get("statusCallbackEvent") or "completed").split())
        callback = Callback(target.url or "", target.method, wanted)
    leg = Call(
        script.call.account_sid,
        "".join((noun.text or "").split()),
        element.get("callerId") or script.call.to,
        parent_sid=script.call.sid,
        status_callback=callback,
    )
    script.exchange.calls[leg.sid] = leg
    return leg


async def _try(script: Script, element: Element, noun: Element, leg: Call) -> Status:
    exchange = script.exchange
    pickup = exchange.directory.dial_desk(leg.to)
    person = Person(pickup.story, pickup.language)
    script.line.ringback = True
    status = Status.CANCELED
    try:
        status = await ring(exchange, leg, pickup, person, float(element.get("timeout") or 30))
        if status is Status.IN_PROGRESS:
            line = pick_up(exchange, leg, person)
            if noun.get("url"):
                whisper = Script(exchange, leg)
                instruction = script.elsewhere(noun.get("url") or "", noun.get("method"))
                await unless(whisper.run(instruction), line.hung_up.wait())
            status = Status.COMPLETED
            await _join(script.line, line, leg, float(element.get("timeLimit") or 14400))
        return status
    finally:
        script.line.ringback = False
        await end(exchange, leg, Status.COMPLETED if leg.line is not None else status)


async def _join(callee: Line, desk: Line, leg: Call, time_limit: float) -> None:
    """Let the two speak until the desk hangs up; the callee's hanging up ends the whole call."""
    callee.ringback = False
    callee.other, desk.other = desk, callee
    try:
        await unless(desk.wait(time_limit), desk.hung_up.wait(), leg.finish.wait())
    finally:
        callee.other = desk.other = None
