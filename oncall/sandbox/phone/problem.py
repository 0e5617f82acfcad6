"""What the carrier refuses, with its own numbers for it."""

from __future__ import annotations

from typing import Final


class Refused(Exception):
    """A REST request that is answered with an error body; `status` is HTTP's, `code` the carrier's."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def body(self) -> dict[str, object]:
        """As the carrier writes it."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


_SAID: Final = {
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21210: (400, "From phone number not verified"),
    21215: (
        400,
        "Account not authorized to call the number. Perhaps you need to enable some international permissions",
    ),
    21216: (400, "Account not allowed to call the number."),
    21219: (400, "The number is unverified. Trial accounts may only make calls to verified numbers."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
}


def refusal(code: int) -> Refused:
    """The refusal with this number, as the carrier words it."""
    status, message = _SAID.get(code, (400, "The request was refused"))
    return Refused(status, code, message)


def not_found(path: str) -> Refused:
    """20404, for whatever there is not."""
    return Refused(404, 20404, f"The requested resource {path} was not found")


def wrong_state() -> Refused:
    """21220, for a call that cannot be changed so any more or yet."""
    return Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
