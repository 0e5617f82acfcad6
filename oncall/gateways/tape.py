"""The tape door: recordings at the carrier, started and stopped in a live call, fetched by their ids and erased."""

import requests
from twilio.base.exceptions import TwilioRestException

from oncall.gateways import phone
from oncall.settings import settings


class NoSound(Exception):
    """The recording cannot be had: not there yet (`later`), or gone for good."""

    def __init__(self, *, later: bool) -> None:
        super().__init__("the recording is not there yet" if later else "the recording is gone")
        self.later = later


def start_recording(call_sid: str, token: str) -> str:
    """Record a live call from now on, both sides apart, with silence kept. Returns the recording's id."""
    recording = (
        phone._client()
        .calls(call_sid)
        .recordings.create(
            recording_channels="dual",
            recording_track="both",
            trim="do-not-trim",
            recording_status_callback=f"{settings().public_url}/voice/{token}/recording",
            recording_status_callback_event=["completed", "absent"],
        )
    )
    return str(recording.sid)


def stop_recording(call_sid: str, sid: str) -> None:
    """Stop a running recording; one that has stopped is left as it is."""
    try:
        phone._client().calls(call_sid).recordings(sid).update(status="stopped")
    except TwilioRestException as error:
        if error.code not in {21220, 20404}:
            raise


def erase_recording(sid: str) -> None:
    """Have the carrier forget a recording; one it does not know is forgotten already. Raises while it still runs."""
    try:
        phone._client().recordings(sid).delete()
    except TwilioRestException as error:
        if error.code != 20404:
            raise


def recordings_of(call_sid: str) -> list[tuple[str, str]]:
    """The (id, status) of every recording of a call."""
    return [(row.sid, row.status) for row in phone._client().recordings.list(call_sid=call_sid, limit=5)]


def fetch_recording(sid: str) -> bytes:
    """The sound of a recording, a two-channel WAV. The address is built here from the id, never taken from a payload
    (TH-09), and redirects are not followed. Raises NoSound.
    """
    config = settings()
    base = config.twilio_url or "https://api.twilio.com"
    address = f"{base}/2010-04-01/Accounts/{config.twilio_account_sid}/Recordings/{sid}.wav?RequestedChannels=2"
    try:
        answer = requests.get(
            address,
            auth=(config.twilio_account_sid, config.twilio_auth_token.get_secret_value()),
            timeout=(5, 60),
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise NoSound(later=True) from error
    if answer.status_code != 200:
        raise NoSound(later=answer.status_code in {404, 429} or answer.status_code >= 500)
    return answer.content
