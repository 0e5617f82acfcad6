"""Fixed lines are spoken once, kept, and played; what names a person is never sent anywhere."""

import math
import struct
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

from oncall.call import lines, mulaw, playing, script, voice
from oncall.gateways import model, store
from oncall.gateways.model import ModelUnavailable
from oncall.models import Language
from oncall.settings import settings
from tests.makers import NOON

CARRIER_TOKEN = "12345"


def tone(hertz: float, seconds: float = 0.5) -> bytes:
    count = int(24000 * seconds)
    return struct.pack(f"<{count}h", *(round(16000 * math.sin(2 * math.pi * hertz * n / 24000)) for n in range(count)))


def decibels(mulaw_sound: bytes, hertz: float) -> float:
    """How loud one frequency is against the tone that went in."""
    samples = mulaw.decoded(mulaw_sound)[400:-400]
    turns = [2 * math.pi * hertz * n / 8000 for n in range(len(samples))]
    in_phase = sum(sample * math.sin(turn) for sample, turn in zip(samples, turns, strict=True))
    across = sum(sample * math.cos(turn) for sample, turn in zip(samples, turns, strict=True))
    return 20 * math.log10(max(2 * math.hypot(in_phase, across) / len(samples), 1e-6) / 16000)


@pytest.mark.parametrize("hertz", [150, 300, 1000, 2000, 3000])
def test_the_voice_passes_as_it_is(hertz: int) -> None:
    assert abs(decibels(mulaw.from_wide(tone(hertz)), hertz)) < 1


@pytest.mark.parametrize(("hertz", "folds_to"), [(4600, 3400), (5000, 3000), (6000, 2000), (7000, 1000), (7800, 200)])
def test_what_lies_above_the_telephone_does_not_fold_into_the_voice(hertz: int, folds_to: int) -> None:
    assert decibels(mulaw.from_wide(tone(hertz)), folds_to) < -40


def test_mulaw_comes_back_as_it_went_and_louder_is_six_decibels_or_the_loudest_there_is() -> None:
    every = bytes(range(256))
    # 0x7f and 0xff are both nothing.
    assert mulaw.encoded(mulaw.decoded(every)) == every.replace(b"\x7f", b"\xff")
    quiet = mulaw.encoded([-9000, -100, 0, 100, 5000])
    assert [round(loud / soft) for loud, soft in zip(mulaw.decoded(mulaw.louder(quiet)), mulaw.decoded(quiet), strict=True)
            if soft] == [2, 2, 2, 2]  # fmt: skip
    assert mulaw.decoded(mulaw.louder(mulaw.encoded([32000, -32000]))) == [32124, -32124]


def test_silence_before_the_voice_is_cut_to_sixty_milliseconds_and_the_voice_is_not() -> None:
    spoken = mulaw.encoded([8000, -8000] * 400)
    cut = mulaw.trimmed(b"\xff" * 4000 + spoken + b"\xff" * 4000, before_ms=60, after_ms=120)
    assert cut == b"\xff" * 480 + spoken + b"\xff" * 960
    assert mulaw.trimmed(spoken, before_ms=60, after_ms=120) == spoken
    assert mulaw.trimmed(b"\xff" * 80, before_ms=60, after_ms=120) == b"\xff" * 80


@pytest.mark.parametrize("language", list(Language))
def test_no_line_that_names_somebody_is_among_those_to_be_spoken(language: Language) -> None:
    """P-30: a name, a place or a kind of danger never goes to the speech endpoint."""
    texts = voice.fixed_texts(language)
    assert not [text for text in texts if "{" in text]
    named = {lines.line(key, language, name="김순자", area="중동", kind="낙상")
             for key in ("right_person", "keypad_right_person", "right_person_again", "duty_summary")}  # fmt: skip
    assert not named & set(texts)
    assert {lines.line("stay", language, turn=turn) for turn in range(4)} <= set(texts)
    assert lines.line("opening", language) == texts[0]
    assert any("2번" in text or "press 2" in text for text in texts)


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[None]:
    """A shelf of its own and nothing in memory."""
    monkeypatch.setenv("ONCALL_RECORDINGS_URL", f"file://{tmp_path}")
    monkeypatch.setenv("ONCALL_PUBLIC_URL", "https://oncall.example.org")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", CARRIER_TOKEN)
    settings.cache_clear()
    monkeypatch.setattr(voice, "_cache", voice._Cache())
    yield
    monkeypatch.undo()
    settings.cache_clear()


class Endpoint:
    """What the speech endpoint was asked for; it says a beep, or nothing while it is down."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False

    def speech(self, text: str, *, language: str, speed: float) -> bytes:
        if self.down:
            raise ModelUnavailable("http_503", permanent=False)
        self.asked.append(text)
        return tone(440, 0.02)


@pytest.fixture
def endpoint(empty_cache: None, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """A speech endpoint without the network."""
    made = Endpoint()
    monkeypatch.setattr(model, "speech", made.speech)
    return made


def test_every_line_is_spoken_once_and_another_process_finds_it_on_the_shelf(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = 2 * sum(len(voice.fixed_texts(language)) for language in Language)
    assert voice.render(NOON) == wanted
    assert voice.render(NOON) == 0
    assert len(endpoint.asked) == wanted
    opening = lines.line("opening", Language.KO)
    here = voice.sound(opening, Language.KO, 0.9)
    monkeypatch.setattr(voice, "_cache", voice._Cache())
    assert voice.sound(opening, Language.KO, 0.9) is None, "from memory alone"
    assert voice.load() == 0
    assert voice.sound(opening, Language.KO, 0.9) == here is not None
    assert voice.sound(opening, Language.KO, 0.8) == voice.sound(opening, Language.KO, 0.75)
    assert len(endpoint.asked) == wanted
    monkeypatch.setenv("ONCALL_SPEECH_VOICE", "cedar")
    settings.cache_clear()
    assert voice.sound(opening, Language.KO, 0.9) is None, "another voice is another sound"


def test_an_endpoint_that_is_down_is_left_alone_and_tried_again_later(endpoint: Endpoint) -> None:
    endpoint.down = True
    assert voice.render(NOON) == 0
    endpoint.down = False
    assert voice.render(NOON, seconds=0) == 0
    assert voice.render(NOON) > 100


def test_a_line_is_played_where_its_sound_is_and_said_where_it_is_not_and_a_name_is_always_said(
    endpoint: Endpoint,
) -> None:
    before = VoiceResponse()
    script.speak(before, "opening", Language.KO)
    assert "<Say" in str(before)
    voice.render(NOON)
    after = VoiceResponse()
    script.speak(after, "opening", Language.KO, speed=0.75)
    script.speak(after, "right_person", Language.KO, name="김순자")
    twiml = str(after)
    name = voice.fingerprint(lines.line("opening", Language.KO), Language.KO, 0.75)
    assert f"<Play>https://oncall.example.org/voice/line/{name}.wav</Play>" in twiml
    assert twiml.index("<Play>") < twiml.index("<Say") < twiml.index("김순자")
    assert not any("김순자" in text for text in endpoint.asked)


def test_the_carrier_is_given_the_sound_it_was_told_of_and_nobody_a_sound_by_guessing(endpoint: Endpoint) -> None:
    voice.render(NOON)
    app = FastAPI()
    app.include_router(playing.router)
    carrier = TestClient(app, base_url="http://inside.local")
    name = voice.fingerprint(lines.line("opening", Language.EN), Language.EN, 0.9)
    path = f"/voice/line/{name}.wav"
    signature = RequestValidator(CARRIER_TOKEN).compute_signature("https://oncall.example.org" + path, {})
    heard = carrier.get(path, headers={"X-Twilio-Signature": signature})
    kept = voice.sound(lines.line("opening", Language.EN), Language.EN, 0.9)
    assert kept is not None
    assert (heard.headers["content-type"], heard.content[:4], heard.content[-len(kept) :]) == (
        "audio/wav",
        b"RIFF",
        kept,
    )
    assert heard.content[8:22] == b"WAVEfmt \x12\0\0\0\x07\0", "mu-law"
    assert carrier.get(path.replace(".wav", "-louder.wav")).content[-len(kept) :] == voice.louder(kept)
    assert carrier.get(path, headers={"X-Twilio-Signature": "forged"}).status_code == 403
    assert carrier.get("/voice/line/" + "0" * 40 + ".wav").status_code == 404
    store.keep("voice/something-else", b"not a line")
    assert carrier.get("/voice/line/something-else.wav").status_code == 404
    assert carrier.get("/voice/line/..%2f..%2fsecret.key.wav").status_code == 404
