"""What a keypad check says: the fixed lines and questions of one answer to the carrier, at this resident's pace."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from twilio.twiml.voice_response import Gather, VoiceResponse

from oncall.call import about_me, script
from oncall.call.keypad import Kind, Step
from oncall.call.line import Line
from oncall.gateways import phone
from oncall.models import Language
from oncall.models.fact import Fact
from oncall.settings import settings

SECONDS = {Kind.OTHER: 20, Kind.HOLD: 8}  # waited for a key; else
WAIT_SECONDS = 7
_HINTS = {Language.KO: "1번,2번,9번,0번,네,아니요,살려주세요", Language.EN: "one,two,nine,zero,yes,no,help"}
_SPEECH = {Language.KO: "ko-KR", Language.EN: "en-US"}


@dataclass
class KeyedVoice:
    """The voice of one attempt's check; `name` is what they are called, `listens` when words are taken beside the keys."""

    line: Line
    name: str
    facts: Sequence[Fact]
    listens: bool
    spoken: list[str] = field(default_factory=list)

    def say(self, verb: VoiceResponse | Gather, key: str, turn: int = 0) -> None:
        """One fixed line."""
        names = self._names(key)
        script.speak(verb, key, self.line.language, turn=turn, speed=self.line.speed, louder=self.line.louder, **names)
        self.spoken.append(script.line(key, self.line.language, turn=turn, **names))

    def _names(self, key: str) -> dict[str, str]:
        """What a line names that is not the same for everybody."""
        match key:
            case "keypad_right_person":
                return {"name": self.name}
            case "known_notes":
                return {"notes": about_me.told(self.line.known)}
        return {}

    def ask(self, verb: VoiceResponse | Gather, step: Step) -> None:
        """The question of a step."""
        match step.kind:
            case Kind.WHO | Kind.OTHER:
                self.say(verb, "keypad_right_person")
            case Kind.URGENT:
                self.say(verb, "keypad_is_it_urgent")
            case Kind.THERE:
                self.say(verb, "keypad_still_there")
            case Kind.ARRIVED:
                self.say(verb, "keypad_arrived")
            case Kind.FACT:
                fact = self.facts[step.number]
                wording = fact.keypad.get(self.line.language)
                words = wording or fact.ask[self.line.language]
                script.speak_words(verb, words, self.line.language, speed=self.line.speed, louder=self.line.louder)
                self.spoken.append(words)
                if not wording:
                    self.say(verb, "keypad_well_or_not")

    def gather(self, step: Step) -> Gather:
        """The verb that takes the answer to a step: a key, and words where they may be heard."""
        here = f"{settings().public_url}/voice/{self.line.token}"
        both = {
            "partial_result_callback": f"{here}/words/{step.path}", "partial_result_callback_method": "POST",
            "input": "dtmf speech", "language": _SPEECH[self.line.language], "hints": _HINTS[self.line.language],
            "speech_timeout": "auto",
        }  # fmt: skip
        return Gather(
            action=f"{here}/keys/{step.path}#{phone.ASKED_AGAIN}", method="POST", num_digits=1, finish_on_key="",
            timeout=SECONDS.get(step.kind, WAIT_SECONDS), action_on_empty_result=True,
            **(both if self.listens else {"input": "dtmf"}),
        )  # fmt: skip
