"""People of whom something is known before they are called: notes, a name they like, what they are spared, a promise."""

from datetime import UTC, datetime

from sqlmodel import Session

from oncall.models import HelpRequest, Manner, Memory, MemoryKind, RequestState, Resident
from tests.journeys.city import City
from tests.journeys.people import STAYS, YES, YES_EN, says

PROMISED = "금요일에 선풍기를 고쳐 드립니다"
GARDEN, GARDEN_EN = "텃밭에 상추를 심으심", "grows tomatoes on the balcony"
TELLS = "네, 밥은 잘 먹어요. 요즘은 노래 교실에 다니는 게 낙이에요."
TELLS_EN = "I eat well. I go to my knitting group every week."
ASKS = "나에 대해 뭘 알고 있어요?"
KNOWN = {
    "promised": says(YES, "네, 밥은 잘 먹어요.", "아니요, 아직 안 왔어요."),
    "remembered": says(YES, TELLS),
    "remembered_en": says(YES_EN, TELLS_EN, language="en"),
    "not_known": says(YES, ASKS, hangs_up_after=STAYS),
    "spared": says(YES),
}
# Of those who ask what we know, the newest three are told, and none of health.
HEALTH = ("혈압약을 드심", "takes pills for her heart")
NOTES = {
    "forget": (GARDEN,),
    "promised": (GARDEN,),
    "remembered": (GARDEN,),
    "remembered_en": (GARDEN_EN,),
    "about_me": ("바둑을 두심", HEALTH[0], GARDEN, "트로트를 좋아하심", "손주가 주말에 놀러 옴"),
    "about_me_en": (HEALTH[1], GARDEN_EN),
}
NAMES = {"remembered": "영순이", "remembered_en": "Peggy"}


def remember_earlier_calls(city: City) -> None:
    """What earlier calls and caseworkers left of them."""
    now = datetime.now(UTC)
    with city.session() as session, session.begin():
        for name, notes in NOTES.items():
            for words in notes:
                _note(session, _resident(session, city, name), words)
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


def _note(session: Session, resident: Resident, words: str) -> None:
    note = Memory(resident_id=resident.id, kind=MemoryKind.INTEREST, words_sealed=b"", made_at=datetime.now(UTC))
    note.write(resident.seal, words)
    session.add(note)
