"""Reviewed calls as labelled ones: what people said of real calls, for trying rules and prompts before they go live."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from oncall.listen import opened
from oncall.listen.labelled import Labelled
from oncall.listen.transcript import Line
from oncall.models import Assessment, Campaign, CheckIn, ConsentScope, Resident, Review
from oncall.models.consent import standing_consent


def labelled(session: Session, *, for_model: bool) -> Iterator[Labelled]:
    """Every reviewed call, by the review's id; the wishes are as they were assessed, since nobody is asked about them.

    For a model outside the country only those whose resident agrees to it now (P-08).
    """
    rows = session.exec(
        select(Review, Assessment, Resident, Campaign)
        .join(Assessment, col(Assessment.id) == Review.assessment_id)
        .join(Resident, col(Resident.id) == Review.resident_id)
        .join(CheckIn, col(CheckIn.id) == Assessment.check_in_id)
        .join(Campaign, col(Campaign.id) == CheckIn.campaign_id)
        .order_by(col(Review.judged_at), col(Review.id))
    )
    for review, assessment, resident, campaign in rows:
        if for_model and not standing_consent(session, resident.id, ConsentScope.OVERSEAS):
            continue
        words = opened.words_of(session, resident, assessment)
        yield Labelled.model_validate({
            "id": str(review.id), "lang": "en" if resident.language.value == "en" else "ko",
            "turns": [Line(speaker=one.speaker, text=one.words, start=one.second) for one in words.turns],
            "facts": list(campaign.facts), "level": review.level, "signals": [{"code": code} for code in review.agreed],
            "wants_human": assessment.wants_human, "opt_out": assessment.opt_out, "answered_by": assessment.answered_by,
            "tags": ["drawn"] if assessment.drawn else [], "seed": str(resident.id), "real": True,
        })  # fmt: skip
