"""People on duty in a journey's city, and how they answer their telephones."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import httpx2

from oncall.models import Duty, Role
from oncall.web.login import hashed
from tests.journeys.city import City
from tests.journeys.screen import PASSWORD
from tests.makers import make_city, make_staff

DUTY_SAYS = "복지과 담당입니다. 지금 바로 가겠습니다."
AT_A_DESK: dict[str, object] = {
    "like": "desk", "ring_seconds": 2, "greeting": "", "keys": [{"when": "1번", "press": ["1", ""]}],
    "fallbacks": [DUTY_SAYS], "hangs_up_after": None, "patience": 3,
}  # fmt: skip
# Picks up, and presses nothing: asleep, or the telephone is in a coat.
HEARS_NOTHING: dict[str, object] = AT_A_DESK | {"keys": [], "fallbacks": [""], "silent": True, "patience": 600}
HAN, KIM, LEE, PARK = "+821055590000", "+821055590100", "+821055590200", "+821055590300"
CHOI, JUNG, SEO, LAST_RESORT = "+821055590400", "+821055590500", "+821055590600", "+821055590700"
REFUSED = "21216"  # the carrier's code for a number it will not call


def put_on_duty(city: City, shifts: Sequence[tuple[str, str, str]], answering: Mapping[str, dict[str, object]],
                refused: Sequence[str] = ()) -> None:  # fmt: skip
    """Have these people (login, dong, telephone) on duty, in the order they are asked in each dong; the carrier will not
    call those `refused`."""
    now, secret = datetime.now(UTC), hashed(PASSWORD)
    with city.session() as session, session.begin():
        areas = make_city(session)
        places = dict.fromkeys((dong for _, dong, _ in shifts), 0)
        for login, dong, phone in shifts:
            role = Role.SUPERVISOR if phone == SEO else Role.CASEWORKER
            person = make_staff(session, role, area=dong, login=login, password_hash=secret, name=login)
            person.reachable_at(phone)
            if role is Role.SUPERVISOR:
                continue  # asked after those on duty, without a shift
            places[dong] += 1
            session.add(Duty(area_id=areas[dong].id, staff_id=person.id, place=places[dong], acknowledged_at=now,
                             starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=8)))  # fmt: skip
    city.give_numbers(dict(answering))
    if refused:
        faults = {"calls_refused_to": list(refused), "calls_refused_code": int(REFUSED)}
        httpx2.post(f"{city.sandbox['ONCALL_TWILIO_URL']}/sandbox/faults", json=faults).raise_for_status()
