"""Who tells of being hurt hears fixed lines alone: whether they can talk, and nothing that asks, promises or blames (C-25)."""

import pytest

from oncall.call import lines
from oncall.call.alarm_entry import Raised
from oncall.listen import learned
from oncall.listen.ear import Ear
from oncall.models import Language, Level, SignalCode
from tests.call.test_forty_emergencies import talking
from tests.call.test_opening import course, says
from tests.call.test_talk import Call

KO, EN = Language.KO, Language.EN
TOLD = [(KO, "아들이 때려요."), (KO, "며느리가 밥을 안 줘요."), (KO, "어제 아들한테 맞았어요."), (EN, "My son hits me."),
        (EN, "She won't give me meals."), (EN, "My daughter locks me in.")]  # fmt: skip


def said(call: Call) -> list[str]:
    """What we say from now on until we wait for them: fixed lines word for word, "" for the model's own."""
    heard = []
    for number in range(4):
        before = len(call.asks("response.create"))
        last = call.asks("response.create")[-1].get("response") or {}
        heard.append(str(last.get("instructions", "")).removeprefix('Say exactly: "').removesuffix('"'))
        call.model("response.created", response={"id": f"s{number}"})
        call.model("response.done", response={"id": f"s{number}", "status": "completed", "output": []})
        if len(call.asks("response.create")) == before:
            break
    return heard


@pytest.mark.parametrize(("language", "words"), TOLD)
async def test_it_is_raised_and_answered_by_the_hold_and_whether_they_can_talk(language: Language, words: str) -> None:
    call = talking(language)
    call.resident_says("u1", words)
    (raised,) = call.of(Raised)
    assert (raised.code, raised.level, raised.quote) == (SignalCode.ABUSE_NEGLECT, Level.URGENT, words)
    call.model("response.created", response={"id": "before"})
    assert {"type": "response.cancel", "response_id": "before"} in call.to_model, "the model had been asked to go on"
    call.model("response.done", response={"id": "before", "status": "cancelled", "output": []})
    assert said(call) == [lines.line("hold_abuse", language), lines.line("ask_alone_to_talk", language)]


@pytest.mark.parametrize(("language", "no"), [(KO, "아니요."), (EN, "No.")])
async def test_who_cannot_talk_is_asked_nothing_that_gives_them_away(language: Language, no: str) -> None:
    call = talking(language)
    call.resident_says("u1", next(words for spoken, words in TOLD if spoken is language))
    call.model("response.done", response={"id": "before", "status": "cancelled", "output": []})
    said(call)
    call.resident_says("u2", no)
    assert said(call) == [lines.line("fact_where", language)]


def test_it_is_not_lost_beside_another_matter_that_can_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hunger as grave as it is waits for the call's end; what is done to them does not."""
    monkeypatch.setattr(learned, "hear", lambda *_, **__: learned.Opinion())  # it takes the two together for more
    words = "어제부터 굶었어요. 아들이 때려요."
    assert [hit.level for hit in Ear("ko").hear(words).hits] == [Level.URGENT] * 4
    asked = course()
    says(asked, "네, 맞아요.")
    assert says(asked, words).cues[0].key == "hold_abuse"


@pytest.mark.parametrize("words", ["옛날에 남편이 때렸어요.", "아들은 손자를 때리지 않아요.", "걔 오는 날은 겁나요."])
def test_what_is_long_past_denied_or_no_more_than_fear_leaves_the_call_to_its_questions(words: str) -> None:
    asked = course()
    says(asked, "네, 맞아요.")
    assert says(asked, words).cues == ()


def test_told_in_another_emergency_it_is_held_as_well_and_so_are_words_of_death_in_this_one() -> None:
    asked = course()
    says(asked, "네, 맞아요.")
    says(asked, "넘어져서 못 일어나겠어요.")
    assert [cue.key for cue in says(asked, "아들이 때려요.").cues] == ["hold_abuse", "ask_alone_to_talk"]
    assert [cue.key for cue in says(asked, "죽고 싶어요.").cues] == ["ask_dying"]
