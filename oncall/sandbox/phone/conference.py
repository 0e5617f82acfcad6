"""A conference: several lines in one room, who hears whom in it, and what is told of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from oncall.sandbox.phone.call import Call, new_sid, now, rfc2822
from oncall.sandbox.phone.line import Line, Sounding
from oncall.sandbox.phone.order import Callback
from oncall.sandbox.sound import FRAME, SILENCE, loudness

_BEEP: Final = (bytes([0xFF, 0xA0, 0x98, 0xA0, 0xFF, 0x20, 0x18, 0x20]) * (FRAME // 8),) * 12
_MUSIC: Final = bytes([0xFF, 0xC0, 0xBA, 0xB7, 0xB6, 0xB7, 0xBA, 0xC0, 0xFF, 0x40, 0x3A, 0x37, 0x36, 0x37, 0x3A, 0x40])
_HOLD: Final = Sounding(_MUSIC * (FRAME // len(_MUSIC)), tone=True)
_QUIET: Final = Sounding(SILENCE, tone=False)
_SPEECH: Final = 30
_SPEAKING, _SPOKEN = 10, 50
"""Frames after which somebody is taken to speak, and to have stopped."""

Tell = Callable[[str, str, dict[str, str]], None]
"""Sends params to a URL by a method."""


@dataclass(eq=False, slots=True)
class Participant:
    """One call in a conference."""

    call: Call
    line: Line
    label: str = ""
    muted: bool = False
    hold: bool = False
    starts: bool = True
    """startConferenceOnEnter"""
    ends: bool = False
    """endConferenceOnExit"""
    beeps_on_enter: bool = True
    beeps_on_exit: bool = True
    music: bool = True
    """Whether they hear a tone while they wait; False is silence."""
    joined: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the conference lets go of them."""
    tones: deque[bytes] = field(default_factory=deque)
    _loud: int = 0
    _quiet: int = 0
    speaking: bool = False

    def listen(self, said: bytes) -> bool:
        """One more frame of theirs; True when they have begun or stopped to speak."""
        loud = loudness(said) > _SPEECH
        self._loud, self._quiet = (self._loud + 1, 0) if loud else (self._loud, self._quiet + 1)
        if not loud and self._quiet >= _SPOKEN:
            self._loud = 0
        was, self.speaking = self.speaking, self._loud >= _SPEAKING
        return was is not self.speaking

    def as_json(self, conference: Conference) -> dict[str, object]:
        """The resource."""
        return {
            "account_sid": self.call.account_sid,
            "call_sid": self.call.sid,
            "label": self.label or None,
            "call_sid_to_coach": None,
            "coaching": False,
            "conference_sid": conference.sid,
            "date_created": rfc2822(self.joined),
            "date_updated": rfc2822(self.updated),
            "end_conference_on_exit": self.ends,
            "muted": self.muted,
            "hold": self.hold,
            "start_conference_on_enter": self.starts,
            "status": "connected",
            "queue_time": None,
            "uri": f"{conference.path}/Participants/{self.call.sid}.json",
        }

    def as_params(self) -> dict[str, str]:
        """What webhooks say of them."""
        params = {
            "CallSid": self.call.sid,
            "Muted": _yes(self.muted),
            "Hold": _yes(self.hold),
            "Coaching": "false",
            "EndConferenceOnExit": _yes(self.ends),
            "StartConferenceOnEnter": _yes(self.starts),
        }
        return params | ({"ParticipantLabel": self.label} if self.label else {})


class Conference:
    """One room, from its first participant to its end; another of the same name may follow."""

    def __init__(self, account_sid: str, name: str, tell: Tell) -> None:
        self.account_sid = account_sid
        self.name = name
        self.sid = new_sid("CF")
        self.participants: list[Participant] = []
        self.most = 250
        self.status = "init"
        self.created = self.updated = now()
        self.callback: Callback | None = None
        """As the first participant asked for it."""
        self.ended_because: str | None = None
        self.ended_by: str | None = None
        """CallSid, when somebody's leaving ended it."""
        self.joined_by: set[str] = set()
        """Everyone who was ever in."""
        self._tell = tell
        self._sequence = 0

    @property
    def path(self) -> str:
        """Relative to the base, without its ending."""
        return f"/2010-04-01/Accounts/{self.account_sid}/Conferences/{self.sid}"

    def participant(self, call_sid: str) -> Participant | None:
        """Who is in the room by this call, or by this label."""
        return next((one for one in self.participants if call_sid in (one.call.sid, one.label)), None)

    def join(self, participant: Participant) -> None:
        """Somebody comes in; the conference starts when it now can."""
        if participant.beeps_on_enter and self.status == "in-progress":
            self._beep()
        self.participants.append(participant)
        self.joined_by.add(participant.call.sid)
        participant.line.room = self
        self.tell("join", "participant-join", participant.as_params())
        if self.status == "init" and len(self.participants) > 1 and any(one.starts for one in self.participants):
            self.status = "in-progress"
            self.updated = now()
            self.tell("start", "conference-start")

    def leave(self, participant: Participant, reason: str, *, hung_up: bool = False, kicked: bool = False) -> None:
        """Somebody goes, or is made to; nothing happens when they have gone already."""
        if participant not in self.participants:
            return
        self._let_go(participant, reason, hung_up=hung_up)
        kind = "kicked" if kicked else "left"
        if participant.ends:
            self.end(f"participant-with-end-conference-on-exit-{kind}", "moderator_ended_conference", participant)
        elif not self.participants:
            self.end(f"last-participant-{kind}", "", participant)
        elif participant.beeps_on_exit:
            self._beep()

    def end(self, because: str, reason_for_leaving: str, by: Participant | None = None) -> None:
        """Everybody goes."""
        for participant in tuple(self.participants):
            self._let_go(participant, reason_for_leaving, hung_up=False)
        self.status = "completed"
        self.updated = now()
        self.ended_because = because
        params = {"ReasonConferenceEnded": because, "Reason": because.replace("-", " ")}
        if by is not None:
            self.ended_by = params["CallSidEndingConference"] = by.call.sid
            if by.label:
                params["ParticipantLabelEndingConference"] = by.label
        self.tell("end", "conference-end", params)

    def heard_by(self, line: Line) -> Sounding:
        """What reaches one line in these 20 ms."""
        me = next(one for one in self.participants if one.line is line)
        if me.tones:
            return Sounding(me.tones.popleft(), tone=True)
        if me.hold or self.status == "init":
            return _HOLD if me.music else _QUIET
        said = (one.line.said for one in self.participants if one is not me and not (one.muted or one.hold))
        return Sounding(mixed(said), tone=False)

    def change(self, participant: Participant, *, muted: bool | None = None, hold: bool | None = None) -> None:
        """Mute or hold somebody, or no longer; told when that changes anything."""
        participant.updated = now()
        if muted is not None and muted is not participant.muted:
            participant.muted = muted
            self.tell("mute", "participant-mute" if muted else "participant-unmute", participant.as_params())
        if hold is not None and hold is not participant.hold:
            participant.hold = hold
            self.tell("hold", "participant-hold" if hold else "participant-unhold", participant.as_params())

    def listen(self, participant: Participant, said: bytes) -> None:
        """A frame somebody said, muted or not."""
        if participant.listen(said):
            event = "participant-speech-start" if participant.speaking else "participant-speech-stop"
            self.tell("speaker", event, participant.as_params())

    def tell(self, kind: str, event: str, extra: dict[str, str] | None = None) -> None:
        """Send an event if it was asked for by its kind."""
        if self.callback is None or kind not in self.callback.events:
            return
        self._sequence += 1
        params = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": self.account_sid,
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(now()),
            "StatusCallbackEvent": event,
        }
        self._tell(self.callback.url, self.callback.method, params | (extra or {}))

    def as_json(self) -> dict[str, object]:
        """The resource."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "friendly_name": self.name,
            "status": self.status,
            "region": "us1",
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "api_version": "2010-04-01",
            "reason_conference_ended": self.ended_because,
            "call_sid_ending_conference": self.ended_by,
            "uri": f"{self.path}.json",
            "subresource_uris": {
                "participants": f"{self.path}/Participants.json",
                "recordings": f"{self.path}/Recordings.json",
            },
        }

    def _let_go(self, participant: Participant, reason: str, *, hung_up: bool) -> None:
        self.participants.remove(participant)
        participant.line.room = None
        status = {
            "ParticipantCallStatus": "completed" if hung_up else "in-progress",
            "ReasonParticipantLeft": reason,
        }
        self.tell("leave", "participant-leave", participant.as_params() | status)
        participant.left.set()

    def _beep(self) -> None:
        for one in self.participants:
            one.tones.extend(_BEEP)


def mixed(frames: Iterable[bytes]) -> bytes:
    """One frame of several: where only one sounds it passes untouched, words included; of several the loudest does."""
    sounding = [frame for frame in frames if frame is not SILENCE and frame.strip(b"\xff")]
    if len(sounding) <= 1:
        return sounding[0] if sounding else SILENCE
    return max(sounding, key=loudness)


def _yes(value: bool) -> str:
    return "true" if value else "false"
