"""What the carrier is told to do in an emergency: the summary for whoever is on duty, the room, and company until they come."""

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from oncall.call import script
from oncall.models import Language
from oncall.settings import settings

KEY_WITHIN_SECONDS = 6
COMPANY_EVERY_SECONDS = 12
NOBODY_EVERY_TURNS = 5  # about once a minute
_SPEECH = {Language.KO: "ko-KR", Language.EN: "en-US"}


def summary(token: str, language: Language, *, area: str, kind: str) -> str:
    """To somebody on duty: in which area, what kind of danger, and which key to press; said twice. No name, no words."""
    return _asked_twice(token, language, "duty_summary", area=area, kind=kind)


def drill(token: str, language: Language) -> str:
    """To somebody on duty in a drill: that it is one, that nobody is in danger, and which key to press; said twice."""
    return _asked_twice(token, language, "drill_summary")


def joining(token: str, language: Language, room: str) -> str:
    """To somebody on duty who pressed 1: into the room. When they go, the resident stays."""
    answer = VoiceResponse()
    _say(answer, "duty_joining", language)
    dial = Dial(action=_duty(token, "over"), method="POST")
    dial.conference(room, beep=False, start_conference_on_enter=True, end_conference_on_exit=False)
    answer.append(dial)
    return str(answer)


def told(key: str, language: Language) -> str:
    """To somebody on duty: one line, and the end."""
    answer = VoiceResponse()
    _say(answer, key, language)
    answer.hangup()
    return str(answer)


def met(token: str, language: Language, room: str) -> str:
    """To the resident: a person is there. When the room ends under them they are kept company again, never hung up on."""
    answer = VoiceResponse()
    _say(answer, "joined", language)
    dial = Dial(action=_resident(token, "company"), method="POST")
    dial.conference(room, beep=False, start_conference_on_enter=True, end_conference_on_exit=True)
    answer.append(dial)
    answer.redirect(_resident(token, "company"), method="POST")
    return str(answer)


def company(token: str, language: Language, turn: int) -> str:
    """To the resident while nobody is there: we stay, and say plainly once a minute that they can dial for help too."""
    answer = VoiceResponse()
    key = "nobody_yet" if turn % NOBODY_EVERY_TURNS == NOBODY_EVERY_TURNS - 1 else "stay"
    _say(answer, key, language, turn=turn)
    answer.pause(length=COMPANY_EVERY_SECONDS)
    answer.redirect(_resident(token, f"company?turn={turn + 1}"), method="POST")
    return str(answer)


def _asked_twice(token: str, language: Language, key: str, *, area: str = "", kind: str = "") -> str:
    answer = VoiceResponse()
    for _ in range(2):
        gather = Gather(num_digits=1, timeout=KEY_WITHIN_SECONDS, action=_duty(token, "key"), method="POST")
        _say(gather, key, language, area=area, kind=kind)
        answer.append(gather)
    answer.hangup()
    return str(answer)


def _say(verb: VoiceResponse | Gather, key: str, language: Language, *, turn: int = 0, **names: str) -> None:
    verb.say(script.line(key, language, turn=turn, **names), language=_SPEECH[language])


def _duty(token: str, what: str) -> str:
    return f"{settings().public_url}/voice/duty/{token}/{what}"


def _resident(token: str, what: str) -> str:
    return f"{settings().public_url}/voice/{token}/{what}"
