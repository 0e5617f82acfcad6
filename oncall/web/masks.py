"""The one masking rule, so that two screens never hide different halves of the same number (ISMS-P 3.2.3)."""

import phonenumbers


def masked_phone(number: str | None) -> str:
    """`010-****-5678` of an E.164 number; the last four digits stay, they tell callers apart. Empty for none."""
    if not number:
        return ""
    parts = full_phone(number).replace(" ", "-").split("-")
    if len(parts) < 2:
        return "*" * max(len(number) - 4, 0) + number[-4:]
    return "-".join([parts[0], *("*" * max(len(part), 3) for part in parts[1:-1]), parts[-1]])


def full_phone(number: str | None) -> str:
    """`010-1234-5678` of an E.164 number; the number itself where it cannot be read."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, "KR")
    except phonenumbers.NumberParseException:
        return number
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, kind.NATIONAL if parsed.country_code == 82 else kind.INTERNATIONAL)


def masked_name(name: str) -> str:
    """`김*용`, `김*`, `남**수`; of a name with spaces the first letter of each word."""
    if " " in name:
        return " ".join(word[0] + "*" * (len(word) - 1) for word in name.split())
    if len(name) < 3:
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]
