"""Reading what people typed: one pydantic model a form, errors per field in the reader's language, input kept."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request

from oncall.web.i18n import N_, sentence
from oncall.web.render import language_of

Model = TypeVar("Model", bound=BaseModel)


async def _posted(request: Request) -> FormData:
    return await request.form(max_files=4, max_fields=2000)


Posted = Annotated[FormData, Depends(_posted)]


@dataclass(frozen=True)
class Read(Generic[Model]):
    """A form as it came: `value` when all of it is usable, else None and a sentence for each field that is not.

    `given` is what was typed, to be shown again; the key "" of `errors` belongs to the form as a whole.
    """

    value: Model | None
    errors: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)


def read(kind: type[Model], form: Mapping[str, Any], request: Request) -> Read[Model]:
    """`form` (posted or from the address) as a `kind`; text is NFC and stripped, empty text counts as not given.

    A field declared as a list collects every value of its name; uploaded files pass through untouched.
    """
    given: dict[str, Any] = {}
    for name, about in kind.model_fields.items():
        key = about.alias or name
        if key not in form:
            continue
        if getattr(about.annotation, "__origin__", None) is list and hasattr(form, "getlist"):
            given[key] = [tidy(value) for value in form.getlist(key)]
        else:
            given[key] = tidy(form[key])
    try:
        return Read(kind.model_validate({key: value for key, value in given.items() if value != ""}), given=given)
    except ValidationError as error:
        language = language_of(request)
        errors = {
            str(problem["loc"][0]) if problem["loc"] else "": _spoken(language, problem) for problem in error.errors()
        }
        return Read(None, errors, given)


def refused(read: Read[Model], name: str, problem: str, request: Request) -> Read[Model]:
    """The same form, turned back by a rule of the stage: `problem` is the rule's English sentence, for field `name`."""
    return Read(None, {name: sentence(language_of(request), problem)}, read.given)


def tidy(value: Any) -> Any:
    """Text as we keep it: NFC (files from macOS come decomposed), without spaces around it."""
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


# Kinds of pydantic problems and our sentence for each; a model's own ValueError speaks for itself.
_SENTENCES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("Please write a little more."),
    "string_too_long": N_("This is too long."),
    "enum": N_("Please choose one of the choices."),
    "literal_error": N_("Please choose one of the choices."),
    "int_parsing": N_("Please write a whole number."),
    "date_from_datetime_parsing": N_("Please write a date such as 2026-12-01."),
    "date_parsing": N_("Please write a date such as 2026-12-01."),
    "time_parsing": N_("Please write a time such as 10:30."),
    "greater_than_equal": N_("This number is too small."),
    "less_than_equal": N_("This number is too large."),
}


def _spoken(language: str, problem: Any) -> str:
    if problem["type"] == "value_error":
        return sentence(language, str(problem["ctx"]["error"]))
    return sentence(language, _SENTENCES.get(problem["type"], N_("This cannot be used.")))
