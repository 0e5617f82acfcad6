"""What the carrier is told to do, and the fixed lines a resident hears word for word, with or without a model."""

import tomllib
from functools import lru_cache

from twilio.twiml.voice_response import Connect, Start, VoiceResponse

from oncall.models import Language
from oncall.models.contact import contacts_in
from oncall.settings import settings

_SPEECH = {Language.KO: "ko-KR", Language.EN: "en-US"}


def line(key: str, language: Language, *, turn: int = 0, **names: str) -> str:
    """One fixed line in the resident's language, with the city's name and numbers filled in.

    Of a line written in several ways, `turn` counts which one is due (C-41).
    """
    config = settings()
    city = config.city if language is Language.KO else config.city_en
    numbers = contacts_in(config.prompts).by_code
    said = {"emergency": numbers["emergency"].said[language], "crisis": numbers["crisis"].said[language]}
    written = _lines(language)[key]
    text = written if isinstance(written, str) else written[turn % len(written)]
    return text.format(city=city, phone=config.city_phone, **said, **names)


def opening(token: str, media_path: str, language: Language, *, name: str, recorded: bool) -> str:
    """TwiML for a call just answered: who we are and that we are an AI, recording, purpose, right person; then talk.

    The recording begins after the line that announces it has been heard, and not at all without consent (C-03).
    Nothing said before the person has answered tells of welfare or risk (C-02).
    """
    config = settings()
    answer = VoiceResponse()
    for key in ("opening", "recorded" if recorded else "not_recorded", "purpose"):
        answer.say(line(key, language), language=_SPEECH[language])
    answer.say(line("right_person", language, name=name), language=_SPEECH[language])
    if recorded:
        start = Start()
        start.recording(
            channels="dual",
            track="both",
            trim="do-not-trim",
            recording_status_callback=f"{config.public_url}/voice/{token}/recording",
            recording_status_callback_event="completed absent",
        )
        answer.append(start)
    connect = Connect()
    connect.stream(url=config.media_url + media_path, status_callback=f"{config.public_url}/voice/{token}/stream")
    answer.append(connect)
    answer.redirect(f"{config.public_url}/voice/{token}/after", method="POST")
    return str(answer)


def farewell(key: str | None, language: Language) -> str:
    """TwiML that says one fixed line (or nothing) and ends the call."""
    answer = VoiceResponse()
    if key:
        answer.say(line(key, language), language=_SPEECH[language])
    answer.hangup()
    return str(answer)


def apology() -> str:
    """TwiML for a failure in which not even the resident's language could be read: the apology in both."""
    answer = VoiceResponse()
    for language in Language:
        answer.say(line("sorry", language), language=_SPEECH[language])
    answer.hangup()
    return str(answer)


@lru_cache
def _lines(language: Language) -> dict[str, str | list[str]]:
    with (settings().prompts / f"lines.{language}.toml").open("rb") as file:
        return tomllib.load(file)
