"""Assessment: what a call says about the resident, by the phrase net and the model together (D1, D2, D8).

The net can only raise. Where anything is at stake the model reads the call a second time (`passes`): never more than
four questions to it a call, each with its time limit. A model that cannot be reached, refuses, or answers what cannot
be read leaves a failed assessment, which is never calm.
"""

from dataclasses import replace
from hashlib import sha256

import structlog
from pydantic import ValidationError

from oncall.gateways import model
from oncall.gateways.model import Answer, ModelUnavailable
from oncall.listen import addressed, answer, evidence, passes, prompt, remember
from oncall.listen.answer import FactStatus, ModelAnswer, SaidSignal
from oncall.listen.evidence import Span
from oncall.listen.judgement import Gathering, Judgement, Pass, merged
from oncall.listen.net import assess_by_net
from oncall.listen.transcript import Line, Transcript
from oncall.models.assessment import NOT_ASSESSED
from oncall.models.risk import Detector, Level, SignalCode, highest

log = structlog.get_logger()

INVALID_ANSWER = "invalid_answer"
_ASKED_TWICE = 2  # an answer that does not fit its schema is asked for once more
_MOST_REQUESTS = 10


def assess(transcript: Transcript, *, safety_identifier: str = "") -> Judgement:
    """Judge one call; asks the model once the net has heard it. Raises nothing of the model's: see `Judgement.failed`.

    A call in which nobody spoke is not sent anywhere.
    """
    return sides(transcript, safety_identifier=safety_identifier)[2]


def sides(
    transcript: Transcript, *, safety_identifier: str = "", instructions: str | None = None
) -> tuple[Judgement, Judgement | None, Judgement]:
    """(by the net, by the model or None, by both together); `instructions` is another prompt than the one in use."""
    heard = addressed.marked(assess_by_net(transcript), transcript)
    heard = replace(heard, passes=(Pass(Detector.NET, heard.level, _codes(heard)),))
    if transcript.nothing_said:
        return heard, None, heard
    try:
        judged = assess_by_model(transcript, safety_identifier=safety_identifier, instructions=instructions)
    except ModelUnavailable as error:
        log.warning("assessment_failed", reason=error.reason, permanent=error.permanent)
        return heard, None, _failed(heard, error)
    if passes.needs_second(heard, judged):
        judged = _read_again(transcript, judged, safety_identifier, instructions)
    return heard, judged, merged(heard, judged)


def _read_again(
    transcript: Transcript, first: Judgement, safety_identifier: str, instructions: str | None
) -> Judgement:  # fmt: skip
    try:
        second = assess_by_model(transcript, safety_identifier=safety_identifier, instructions=instructions, again=True)
    except ModelUnavailable as error:
        log.warning("second_pass_failed", reason=error.reason, permanent=error.permanent)
        return passes.alone(first, error.reason)
    return passes.upward(first, second)


def assess_by_model(
    transcript: Transcript, *, safety_identifier: str = "", instructions: str | None = None, again: bool = False
) -> Judgement:
    """What the model alone makes of a call in one reading, every quote checked. Raises ModelUnavailable.

    `again` is the second pass: the same policy, told and asked in another order.
    """
    told = prompt.second(instructions) if again else instructions or prompt.instructions()
    given, answered = _answer(transcript, told, safety_identifier, again=again)
    lines = transcript.turns
    gathered = Gathering(Detector.MODEL)
    doubtful = False
    ours: list[SaidSignal] = []
    for said in answered.signals:
        spans, in_doubt, only_ours = _grounded(said, lines)
        doubtful |= in_doubt
        if only_ours:
            ours.append(said)
        else:
            gathered.add(said.code, said.level, said.subject, said.tense, said.confidence, tuple(spans))
    signals = gathered.signals()
    level = highest([_level_without(ours, answered), *(found.level for found in signals)])
    used = sha256(told.encode()).hexdigest()
    return Judgement(
        level=level,
        answered_by=answered.answered_by,
        signals=signals,
        unknown=tuple(_unanswered(answered, transcript.facts)),
        wants_human=answered.wants_human,
        opt_out=answered.opt_out,
        later=answered.later,
        for_review=doubtful,
        requests=tuple(text.strip() for text in answered.requests if text.strip())[:_MOST_REQUESTS],
        summary=answered.summary.strip(),
        remember=remember.worth(answered.remember, lines, transcript.lang) if transcript.remembers else (),
        arrived={said.index: said.arrived for said in answered.promises},
        model=given.model,
        prompt_sha256=used,
        passes=(Pass(Detector.MODEL, level, tuple(found.code for found in signals), used),),
    )


def identifier(resident_id: object) -> str:
    """A name for the provider's abuse checks that names nobody."""
    return sha256(f"oncall:{resident_id}".encode()).hexdigest()[:32]


def _failed(heard: Judgement, error: ModelUnavailable) -> Judgement:
    unknown = tuple(dict.fromkeys([*heard.unknown, NOT_ASSESSED]))
    return replace(heard, failed=error.reason, may_pass=not error.permanent, unknown=unknown)


def _codes(judged: Judgement) -> tuple[SignalCode, ...]:
    return tuple(found.code for found in judged.signals)


def _answer(transcript: Transcript, told: str, safety_identifier: str, *, again: bool) -> tuple[Answer, ModelAnswer]:
    for attempt in range(_ASKED_TWICE):
        given = model.answer(
            instructions=told,
            material=prompt.material(transcript, again=again),
            schema_name=answer.SCHEMA_NAME,
            schema=answer.schema(transcript.facts, remembers=transcript.remembers, promises=len(transcript.promises)),
            safety_identifier=safety_identifier,
        )
        try:
            return given, ModelAnswer.model_validate_json(given.text)
        except ValidationError:
            log.warning("answer_did_not_fit", attempt=attempt + 1, model=given.model)
    raise ModelUnavailable(INVALID_ANSWER, permanent=True)


def _grounded(said: SaidSignal, lines: list[Line]) -> tuple[list[Span], bool, bool]:
    """The spans of a signal, whether anything about them is in doubt, and whether it rests on our own words only."""
    spans: list[Span] = []
    ours = 0
    for quote in said.evidence:
        span = evidence.ground(quote.turn, quote.text, lines)
        if span is not None:
            spans.append(span)
        elif evidence.was_ours(quote.turn, quote.text, lines):
            ours += 1
        elif 0 <= quote.turn < len(lines) and not lines[quote.turn].is_far_end and evidence.said_yes(quote.turn, lines):
            reply = lines[quote.turn + 1].text
            spans.append(Span(quote.turn + 1, 0, len(reply), reply))
    return spans, len(spans) < max(len(said.evidence), 1), bool(said.evidence) and ours == len(said.evidence)


def _level_without(ours: list[SaidSignal], answered: ModelAnswer) -> Level:
    """The model's level, unless it was reached by signals that rest on the agent's own words only."""
    if any(said.level.rank >= answered.level.rank for said in ours):
        return Level.NONE
    return answered.level


def _unanswered(answered: ModelAnswer, facts: list[str]) -> list[str]:
    """Every fact of the campaign that was not answered, or about which the model says nothing."""
    status = {fact.code: fact.status for fact in answered.facts}
    return [code for code in facts if code in answered.unknown or status.get(code) is not FactStatus.ANSWERED]
