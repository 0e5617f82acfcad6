"""What the carrier is told to do: which lines to say, when to record, where to lead the call."""

from twilio.twiml.voice_response import Connect, Gather, VoiceResponse

from oncall.call import voice
from oncall.call.lines import line
from oncall.models import Language
from oncall.models.manner import SPEED
from oncall.settings import settings

LOUDER = "-louder"  # behind the name of a sound that is to be played louder
__all__ = ["apology", "farewell", "line", "opening", "speak", "speak_words"]

_SPEECH = {Language.KO: "ko-KR", Language.EN: "en-US"}


def speak(verb: VoiceResponse | Gather, key: str, language: Language, *, turn: int = 0, speed: float = SPEED,
          louder: bool = False, **names: str) -> None:  # fmt: skip
    """Have a fixed line said: as it was spoken and kept, else, and always with a name in it, by the carrier's voice."""
    speak_words(verb, line(key, language, turn=turn, **names), language, speed=speed, louder=louder,
                personal=bool(names))  # fmt: skip


def speak_words(verb: VoiceResponse | Gather, words: str, language: Language, *, speed: float = SPEED,
                louder: bool = False, personal: bool = False) -> None:  # fmt: skip
    """The same for words that stand elsewhere than among the lines (how a fact is asked)."""
    if not personal and voice.sound(words, language, speed) is not None:
        name = voice.fingerprint(words, language, speed) + (LOUDER if louder else "")
        verb.play(f"{settings().public_url}/voice/line/{name}.wav")
    else:
        _carrier_says(verb, words, language, speed, louder)


def _carrier_says(verb: VoiceResponse | Gather, words: str, language: Language, speed: float, louder: bool) -> None:
    """The carrier's voice at a resident's own pace; what it is by itself is taken for the ordinary one."""
    manner = {"rate": f"{round(100 * speed / SPEED)}%"} if speed != SPEED else {}
    manner |= {"volume": "loud"} if louder else {}
    if manner:
        verb.say(language=_SPEECH[language]).prosody(words, **manner)
    else:
        verb.say(words, language=_SPEECH[language])


def opening(token: str, media_path: str, language: Language, *, name: str, again: bool = False,
            speed: float = SPEED, louder: bool = False) -> str:  # fmt: skip
    """TwiML for a call just answered: who we are and that we are an AI, the right person by name; then the stream.

    Nothing said here tells of welfare or risk (C-02). The name is spoken by the carrier, which has their number
    anyway, and by nobody else (P-30). Whatever follows is said inside the stream, where we listen. `again` says it
    once more, slowly and loudly (C-05).
    """
    config = settings()
    answer = VoiceResponse()
    if again:
        slowly = answer.say(language=_SPEECH[language])
        slowly.prosody(line("right_person_again", language, name=name), rate="slow", volume="loud")
    else:
        speak(answer, "opening", language, speed=speed, louder=louder)
        speak(answer, "right_person", language, speed=speed, louder=louder, name=name)
    connect = Connect()
    stream = connect.stream(
        url=config.media_url + media_path, status_callback=f"{config.public_url}/voice/{token}/stream"
    )
    stream.parameter(name="opening", value="again" if again else "first")
    answer.append(connect)
    answer.redirect(f"{config.public_url}/voice/{token}/after", method="POST")
    return str(answer)


def farewell(key: str | None, language: Language) -> str:
    """TwiML that says one fixed line (or nothing) and ends the call."""
    answer = VoiceResponse()
    if key:
        speak(answer, key, language)
    answer.hangup()
    return str(answer)


def apology() -> str:
    """TwiML for a failure in which not even the resident's language could be read: the apology in both."""
    answer = VoiceResponse()
    for language in Language:
        answer.say(line("sorry", language), language=_SPEECH[language])
    answer.hangup()
    return str(answer)
