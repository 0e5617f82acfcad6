"""<Play> of files and <Say> with markup in it: what was written or recorded is what is heard."""

import io
import struct
import wave
from array import array
from xml.etree.ElementTree import fromstring

import pytest
from twilio.twiml.voice_response import Say, VoiceResponse

from oncall.sandbox import voice
from oncall.sandbox.phone.say import Stretch, stretches
from oncall.sandbox.phone.soundfile import Unplayable, read_sound
from oncall.sandbox.sound import SILENCE, read_words, to_pcm16
from tests.sandbox.phone.city import City, channels_of

WORDS = "안녕하세요, 시청에서 드리는 안부 전화입니다."
SPOKEN = voice.say(WORDS, "ko", voice.AGENT, 77)


def wav(rate: int = 8000, channels: int = 1) -> bytes:
    """The words as linear samples; at higher rates with the means of their neighbours between them."""
    file = io.BytesIO()
    samples = array("h", to_pcm16(SPOKEN))
    times = rate // 8000
    wide = array("h")
    for one, following in zip(samples, [*samples[1:], 0], strict=True):
        for step in range(times):
            wide.extend([one + (following - one) * step // times] * channels)
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes(wide.tobytes())
    return file.getvalue()


def ulaw_wav() -> bytes:
    form = struct.pack("<HHIIHHH", 7, 1, 8000, 8000, 1, 8, 0)
    fact = b"fact" + struct.pack("<II", 4, len(SPOKEN))
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + fact + b"data" + struct.pack("<I", len(SPOKEN)) + SPOKEN
    return b"RIFF" + struct.pack("<I", len(body)) + body


def au() -> bytes:
    return b".snd" + struct.pack(">IIIII", 24, 0xFFFFFFFF, 1, 8000, 1) + SPOKEN


KINDS = {
    "mu-law": (ulaw_wav(), "audio/wav"),
    "8 kHz": (wav(), "audio/x-wav"),
    "16 kHz": (wav(16000), "audio/wav"),
    "24 kHz": (wav(24000), "audio/wav"),
    "two channels": (wav(8000, 2), "audio/wav"),
    "au": (au(), "audio/basic"),
    "bare": (SPOKEN, "audio/basic"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_of_a_file_are_kept_whatever_its_kind(kind: str) -> None:
    sound = read_sound(*KINDS[kind])
    assert read_words(sound) == WORDS
    assert abs(len(sound) - len(SPOKEN)) <= 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"ID3 mp3", "audio/mpeg"), (b"<html>", "text/html"), (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"), (b"", "")],
)
def test_what_is_no_known_sound_is_unplayable(content: bytes, kind: str) -> None:
    with pytest.raises(Unplayable):
        read_sound(content, kind)


async def heard(city: City, twiml: VoiceResponse | str) -> bytes:
    """Everything a silent callee hears of this TwiML."""
    call = {"record": True, "recording_channels": "dual", "trim": "do-not-trim"}
    hook = city.office.hook("recording")
    await city.call("03", twiml=str(twiml), url=None, recording_status_callback=hook, **call)
    url = (await city.office.wait_for("recording")).params["RecordingUrl"].removeprefix(city.phone.url)
    sound = await city.get(url + ".wav", auth=(city.client.username, city.client.password))
    return channels_of(sound.content)[1]


async def test_a_file_is_fetched_signed_and_played_as_often_as_told(city: City) -> None:
    city.office.files["hello.wav"] = (wav(), "audio/x-wav")
    response = VoiceResponse()
    response.play(city.office.hook("hello.wav"), loop=2)
    assert read_words(await heard(city, response)) == f"{WORDS} {WORDS}"
    (fetched,) = city.office.of("hello.wav")
    assert (fetched.method, fetched.signed, fetched.params) == ("GET", True, {})


@pytest.mark.parametrize(("file", "code"), [("missing.wav", 11200), ("page.html", 12300)])
async def test_a_file_that_cannot_be_played_is_passed_over_with_a_warning(city: City, file: str, code: int) -> None:
    city.office.answers["missing.wav"] = 404
    city.office.files["page.html"] = (b"<html></html>", "text/html")
    response = VoiceResponse()
    response.play(city.office.hook(file))
    response.say("괜찮습니다.", language="ko-KR")
    assert read_words(await heard(city, response)) == "괜찮습니다."
    assert [one["code"] for one in (await city.get("/sandbox/debugger")).json()] == [code]


async def test_a_marked_up_sentence_is_said_in_full_and_its_pause_kept(city: City) -> None:
    say = Say(language="ko-KR")
    say.prosody("천천히 말씀드릴게요.", rate="80%", volume="loud")
    say.break_(time="3s")
    say.s("몸은 어떠세요?")
    response = VoiceResponse()
    response.append(say)
    sound = await heard(city, response)
    assert read_words(sound) == "천천히 말씀드릴게요. 몸은 어떠세요?"
    assert SILENCE * 150 in sound


def said(markup: str) -> list[Stretch]:
    return stretches(fromstring(f"<Say>{markup}</Say>"), "ko")


def test_markup_changes_pace_and_language_and_never_the_words() -> None:
    assert said("하나 <emphasis>둘</emphasis>셋") == [Stretch("하나 둘셋", "ko")]
    assert said("<s>하나.</s><s>둘.</s>") == [Stretch("하나. 둘.", "ko")]
    assert said('가 <prosody rate="slow">나</prosody> 다') == [
        Stretch("가", "ko"),
        Stretch("나", "ko", 0.75),
        Stretch("다", "ko"),
    ]
    assert said('가<break time="500ms"/>나') == [Stretch("가", "ko", 1.0, 0.5), Stretch("나", "ko")]
    assert said('<lang xml:lang="en-US">hello</lang>') == [Stretch("hello", "en")]
    assert said('<sub alias="원콜">OC</sub>') == [Stretch("원콜", "ko")]
    assert said("  ") == []
