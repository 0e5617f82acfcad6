"""A number of the account: what happens when somebody rings it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from oncall.sandbox.phone.call import new_sid, now, rfc2822
from oncall.sandbox.phone.order import Callback, Instruction


@dataclass(eq=False, slots=True)
class OwnNumber:
    """One incoming number, and the settings a REST client gives it."""

    account_sid: str
    number: str
    friendly_name: str = ""
    sid: str = field(default_factory=lambda: new_sid("PN"))
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    settings: dict[str, str] = field(default_factory=dict)
    """By the names of the resource: voice_url, voice_method, status_callback, ..."""

    @property
    def voice(self) -> Instruction | None:
        """Where the TwiML for a caller comes from; None when nobody has said."""
        return self._instruction("voice")

    @property
    def fallback(self) -> Instruction | None:
        """Where it comes from when that fails."""
        return self._instruction("voice_fallback")

    @property
    def status_callback(self) -> Callback | None:
        """Who is told when a call that came in has ended."""
        url = self.settings.get("status_callback")
        if not url:
            return None
        return Callback(url, self.settings.get("status_callback_method") or "POST", frozenset({"completed"}))

    def _instruction(self, kind: str) -> Instruction | None:
        url = self.settings.get(f"{kind}_url")
        return Instruction(url, self.settings.get(f"{kind}_method") or "POST") if url else None

    def as_json(self) -> dict[str, object]:
        """The resource."""
        path = f"/2010-04-01/Accounts/{self.account_sid}/IncomingPhoneNumbers/{self.sid}"
        shown: dict[str, object] = {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "phone_number": self.number,
            "friendly_name": self.friendly_name or self.number,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "api_version": "2010-04-01",
            "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
            "beta": False,
            "origin": "twilio",
            "status": "in-use",
            "type": "local",
            "voice_receive_mode": "voice",
            "voice_caller_id_lookup": False,
            "address_requirements": "none",
            "address_sid": None,
            "identity_sid": None,
            "bundle_sid": None,
            "trunk_sid": None,
            "emergency_status": "Inactive",
            "emergency_address_sid": None,
            "emergency_address_status": "unregistered",
            "uri": f"{path}.json",
            "subresource_uris": {},
        }
        return shown | {name: self.settings.get(name, default) for name, default in SETTINGS.items()}


SETTINGS = {
    "voice_url": "",
    "voice_method": "POST",
    "voice_fallback_url": "",
    "voice_fallback_method": "POST",
    "voice_application_sid": "",
    "status_callback": "",
    "status_callback_method": "POST",
    "sms_url": "",
    "sms_method": "POST",
    "sms_fallback_url": "",
    "sms_fallback_method": "POST",
    "sms_application_sid": "",
}
"""What can be set, as the resource names it, and what it is otherwise."""
