"""The refusals people meet: each is a plain sentence with an HTTP status, turned into a page by `app.py`."""


class OnCallError(Exception):
    """A refusal whose text may be shown to the person who asked; it never holds personal words."""

    status = 400


class NotFound(OnCallError):
    """There is no such thing, or it lies outside the areas this person may see (TH-10: 404, never 403)."""

    status = 404


class NotAllowed(OnCallError):
    """This role may not do that."""

    status = 403


class AlreadyTaken(OnCallError):
    """Another caseworker has taken this case."""

    status = 409


class StaleMove(OnCallError):
    """The row has moved on since: the change asked for no longer fits its state."""

    status = 409


class BadInput(OnCallError):
    """What was handed in cannot be used; the sentence says what and where."""

    status = 422


class SettingError(OnCallError):
    """A setting is missing or wrong; the sentence names the setting."""

    status = 500
