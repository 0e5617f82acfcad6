"""<Dial>: the callee hears ringback and is joined with whoever picks up, or takes part in a conference."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from oncall.sandbox.people.person import Person
from oncall.sandbox.phone.attend import attend
from oncall.sandbox.phone.call import Call, Status
from oncall.sandbox.phone.exchange import Exchange
from oncall.sandbox.phone.life import end, follow, pick_up, ring
from oncall.sandbox.phone.line import Line
from oncall.sandbox.phone.order import Callback
from oncall.sandbox.phone.race import unless
from oncall.sandbox.phone.script import GoTo, Script, verb


@verb("Dial")
async def dial(script: Script, element: Element) -> None:
    """Ring each number in turn until one answers, or join the conference; then `action`, or the next verb."""
    if (room := element.find("Conference")) is not None:
        status = await attend(script, element, room)
        _go_on(script, element, {"DialCallStatus": status})
        return
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
    params = {"DialCallStatus": str(result), "DialBridged": "true" if bridged else "false"}
    if leg is not None:
        params |= {"DialCallSid": leg.sid, "DialCallDuration": str(leg.duration or 0)}
    _go_on(script, element, params)


def _go_on(script: Script, element: Element, params: dict[str, str]) -> None:
    if element.get("action"):
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
        element.get("callerId") or (script.call.from_ if script.call.inbound else script.call.to),
        parent_sid=script.call.sid,
        status_callback=callback,
    )
    script.exchange.calls[leg.sid] = leg
    return leg


async def _try(script: Script, element: Element, noun: Element, leg: Call) -> Status:
    exchange = script.exchange
    await exchange.ledger.write("placed", leg)
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
        if leg.redirected.is_set() and leg.line is not None and not leg.line.hung_up.is_set():
            exchange.webhooks.start(_carry_on(exchange, leg, leg.line))
        else:
            await end(exchange, leg, Status.COMPLETED if leg.line is not None else status)


async def _carry_on(exchange: Exchange, leg: Call, line: Line) -> None:
    """A leg that REST led elsewhere lives on without the call that dialled it."""
    await unless(follow(exchange, leg), line.hung_up.wait(), leg.finish.wait())
    await end(exchange, leg, Status.COMPLETED)


async def _join(callee: Line, desk: Line, leg: Call, time_limit: float) -> None:
    """Let the two speak until the desk hangs up; the callee's hanging up ends the whole call."""
    callee.ringback = False
    callee.other, desk.other = desk, callee
    try:
        await unless(desk.wait(time_limit), desk.hung_up.wait(), leg.finish.wait(), leg.redirected.wait())
    finally:
        callee.other = desk.other = None
