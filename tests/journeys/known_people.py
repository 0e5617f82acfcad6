"""People of whom something is known before they are called: notes, a name they like, what they are spared, a promise."""

from datetime import UTC, datetime

from sqlmodel import Session

from oncall.models import HelpRequest, Manner, RequestState, Resident
from tests.journeys.city import City
from tests.journeys.people import GARDEN, GARDEN_EN, STAYS, YES, YES_EN, noted, says

PROMISED = "금요일에 선풍기를 고쳐 드립니다"
TELLS = "네, 밥은 잘 먹어요. 요즘은 노래 교실에 다니는 게 낙이에요."
TELLS_EN = "I eat well. I go to my knitting group every week."
ASKS = "나에 대해 뭘 알고 있어요?"
KNOWN = {
    "promised": noted(says(YES, "네, 밥은 잘 먹어요.", "아니요, 아직 안 왔어요."), GARDEN),
    "remembered": noted(says(YES, TELLS), GARDEN),
    "remembered_en": noted(says(YES_EN, TELLS_EN, language="en"), GARDEN_EN),
    "not_known": says(YES, ASKS, hangs_up_after=STAYS),
    "spared": says(YES),
}
NAMES = {"remembered": "영순이", "remembered_en": "Peggy"}


def remember_earlier_calls(city: City) -> None:
    """What earlier calls and caseworkers left of them."""
    now = datetime.now(UTC)
    with city.session() as session, session.begin():
        for name, called in NAMES.items():
            _resident(session, city, name).preferred_name = called
        session.add(Manner(resident_id=_resident(session, city, "spared").id, circumstances=["takes_no_medicine"],
                           changed_at=now))  # fmt: skip
        resident = _resident(session, city, "promised")
        request = HelpRequest(resident_id=resident.id, area_id=resident.area_id, state=RequestState.ARRANGED,
                              words_sealed=b"", asked_at=now, changed_at=now)  # fmt: skip
        request.write(resident.seal, "선풍기가 고장 났어요")
        request.answer(resident.seal, PROMISED)
        session.add(request)


def _resident(session: Session, city: City, name: str) -> Resident:
    return session.get_one(Resident, city.residents[name])
