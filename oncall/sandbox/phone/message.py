"""A text message: taken, sent, delivered or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oncall.sandbox.phone.call import new_sid, now, rfc2822
from oncall.sandbox.phone.order import Callback


class MessageStatus(StrEnum):
    """How far a message has come."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


@dataclass(eq=False, slots=True)
class Message:
    """One message to one number."""

    account_sid: str
    to: str
    from_: str
    body: str
    callback: Callback | None
    service_sid: str | None = None
    sid: str = field(default_factory=lambda: new_sid("SM"))
    status: MessageStatus = MessageStatus.QUEUED
    error_code: int | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    sent: datetime | None = None

    def move(self, status: MessageStatus, error_code: int | None = None) -> None:
        """To another state, now."""
        self.status, self.error_code, self.updated = status, error_code, now()
        if status is MessageStatus.SENT:
            self.sent = self.updated

    @property
    def segments(self) -> int:
        """How many messages the network makes of it: 160 Latin or 70 other characters fit in one, fewer in several."""
        one, several = (160, 153) if self.body.isascii() else (70, 67)
        return 1 if len(self.body) <= one else -(-len(self.body) // several)

    def as_json(self) -> dict[str, object]:
        """The resource."""
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "to": self.to,
            "from": self.from_ or None,
            "messaging_service_sid": self.service_sid,
            "body": self.body,
            "status": str(self.status),
            "direction": "outbound-api",
            "num_segments": str(self.segments),
            "num_media": "0",
            "error_code": self.error_code,
            "error_message": None,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "date_sent": rfc2822(self.sent),
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"{path}.json",
            "subresource_uris": {"media": f"{path}/Media.json"},
        }

    def as_params(self) -> dict[str, str]:
        """The fields of a status callback."""
        params = {
            "MessageSid": self.sid,
            "SmsSid": self.sid,
            "AccountSid": self.account_sid,
            "MessageStatus": str(self.status),
            "SmsStatus": str(self.status),
            "To": self.to,
            "From": self.from_,
            "ApiVersion": "2010-04-01",
        }
        if self.service_sid:
            params["MessagingServiceSid"] = self.service_sid
        if self.error_code:
            params["ErrorCode"] = str(self.error_code)
        return params
