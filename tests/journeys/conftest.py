"""The cities the journeys happen in, each started once; the second is called in several rounds, one after another.

The order of its rounds is fixed: an ordinary one comes before that without any model, which is then not known to be down.
"""

from collections.abc import Iterator

import httpx2
import pytest
from sqlmodel import col, select

from oncall.models import Attempt, AttemptState, Path
from tests.journeys.city import ENGLISH, STORIES, City, running
from tests.journeys.duty import (
    AT_A_DESK,
    CHOI,
    HAN,
    HEARS_NOTHING,
    JUNG,
    KIM,
    LAST_RESORT,
    LEE,
    PARK,
    SEO,
    put_on_duty,
)  # fmt: skip
from tests.journeys.known_people import KNOWN, remember_earlier_calls
from tests.journeys.people import (
    ADVICE,
    ADVICE_EN,
    CALM,
    CRIES,
    ELSEWHERE,
    HUNG,
    HURRIED,
    HURT,
    IN_PIECES,
    LISTENS,
    LONGS_TO_DIE,
    MISLED,
    MISLED_EN,
    NEVER_MISS,
    NO_ABROAD,
    NUMBER,
    NUMBER_EN,
    ONE_NOTIFIER_DOWN,
    OTHERS,
    PROMISE,
    PROMISE_EN,
    SLOWLY,
    SPEAKS_OVER,
    SPENT,
    STOPS,
    TROUBLED,
    WISHES,
    WISHES_EN,
    repeats,
    round_of,
    says,
)  # fmt: skip
from tests.journeys.screen import Screen, watching
from tests.journeys.waiting import raised, until

MINUTES = 600  # with the model that the city of the wishes may spend a day: more than its calls are long


@pytest.fixture(scope="session")
def running_city(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city whose every sample resident has just been called."""
    with running(tmp_path_factory.mktemp("city"), {**STORIES, **ENGLISH}, tapped=True) as city:
        yield city


@pytest.fixture(scope="session")
def city_with_wishes(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Residents who ask something of the call, others who answer in their stead, and who may only be asked by keys."""
    people = {**WISHES, **WISHES_EN, **OTHERS, **KNOWN, **HURT, **LONGS_TO_DIE, **NO_ABROAD, **IN_PIECES,
              **SPEAKS_OVER}  # fmt: skip
    folder = tmp_path_factory.mktemp("wishes")
    settings = {"ONCALL_VOICEMAIL": "name", "ONCALL_MODEL_MINUTES_A_DAY": str(MINUTES)}
    with running(folder, {}, made_up=people, settings=settings, prepare=remember_earlier_calls) as city:
        yield city


@pytest.fixture(scope="session")
def city_with_a_bad_model(city_with_wishes: City) -> City:
    """Called while the model says what it may not, in either language, and while it ends the call too early."""
    city_with_wishes.call(MISLED, faults={"misbehave": [ADVICE, PROMISE, NUMBER]})
    city_with_wishes.call(MISLED_EN, faults={"misbehave": [ADVICE_EN, PROMISE_EN, NUMBER_EN]})
    city_with_wishes.call(HURRIED, faults={"end_early": True, "double_question": True})
    return city_with_wishes


@pytest.fixture(scope="session")
def city_whose_model_dies(city_with_a_bad_model: City) -> City:
    """Two residents were talking when the model's socket was lost."""
    people = {"dying well": says(like="00", key="1"), "dying hungry": says(like="01", key="1")}
    city_with_a_bad_model.call(people, faults={"die_after_responses": 3, "die_code": 1006})
    return city_with_a_bad_model


@pytest.fixture(scope="session")
def city_in_danger(city_whose_model_dies: City) -> City:
    """The rows that must never be missed: on an ordinary day, and in Sang-dong, where the first on duty cannot be rung."""
    city = city_whose_model_dies
    put_on_duty(city, [("park", "상동", PARK), ("lee", "상동", LEE)], {PARK: AT_A_DESK, LEE: AT_A_DESK}, refused=[PARK])
    for name in IN_PIECES:
        city.make_due(name)
    city.call({**NEVER_MISS, **ONE_NOTIFIER_DOWN}, dongs=dict.fromkeys(ONE_NOTIFIER_DOWN, "상동"))
    return city


@pytest.fixture(scope="session")
def city_slowly_understood(city_in_danger: City) -> City:
    """The same with words that come three seconds late."""
    city_in_danger.call(round_of("slow", SLOWLY), faults={"transcription_delay_seconds": 3.0})
    return city_in_danger


@pytest.fixture(scope="session")
def city_with_no_minutes_left(city_slowly_understood: City) -> City:
    """Two residents were called when one endless talk of the same day had used up all the city may spend on the model."""
    city = city_slowly_understood
    with city.session() as session, session.begin():
        last = session.exec(
            select(Attempt).where(Attempt.path == Path.TALK, col(Attempt.answered_at).is_not(None))
            .where(Attempt.state == AttemptState.ENDED).order_by(col(Attempt.answered_at).desc())
        ).first()  # fmt: skip
        assert last is not None
        talk, lasted, last.seconds = last.id, last.seconds, MINUTES * 60
    city.call(SPENT)
    with city.session() as session, session.begin():
        session.get_one(Attempt, talk).seconds = lasted
    return city


@pytest.fixture(scope="session")
def city_without_model(city_with_no_minutes_left: City) -> City:
    """Called while the model refuses every conversation: first two who are well, which is too few for it to be known to be
    down; then the wishing, the troubled and those in danger."""
    well = {"well": says(like="00", key="1"), "well_en": says(like="50", key="1", language="en")}
    city = city_with_no_minutes_left
    for people in (well, repeats({**WISHES, **NEVER_MISS}), repeats({**WISHES_EN, **TROUBLED})):
        city.call(round_of("dark", people), faults={"refuse_connect": 503})
    return city


@pytest.fixture(scope="session")
def city_in_real_time(city_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[City, Screen]]:
    """Ten people in danger and a few who are not, called at the telephone's own speed, so that seconds are real ones; and
    Ms Han before her screen. In Sosa-dong Kim does not pick up and Lee does; in Sang-dong Park's number is refused; in Okgil-dong everybody picks up
    and nobody presses a key."""
    folder = tmp_path_factory.mktemp("danger")
    shifts = [
        ("han", "중동", HAN),
        ("kim", "소사동", KIM),
        ("lee", "소사동", LEE),
        ("park", "상동", PARK),
        ("lee2", "상동", LEE),
        ("choi", "옥길동", CHOI),
        ("jung", "옥길동", JUNG),
        ("seo", "옥길동", SEO),
    ]
    answering = {HAN: AT_A_DESK, KIM: AT_A_DESK | {"tries": ["no-answer"]}, LEE: AT_A_DESK, PARK: AT_A_DESK,
                 **dict.fromkeys([CHOI, JUNG, SEO, LAST_RESORT], HEARS_NOTHING)}  # fmt: skip

    def prepare(city: City) -> None:
        put_on_duty(city, shifts, answering, refused=[PARK])

    stops = {"silent_after_responses": 1, "times": 1}  # taken by the first conversation that is opened
    with running(folder, {}, made_up=HUNG, faults=stops, speed=1, prepare=prepare, until_done=False,
                 settings={"ONCALL_LINES": "24", "ONCALL_DUTY_LAST_RESORT": LAST_RESORT}) as city:  # fmt: skip
        until(lambda: httpx2.get(f"{city.url}/healthz").status_code == 200, 90)
        with watching(city.url, "han") as screen:
            until(lambda: bool(httpx2.get(f"{city.model_url}/sandbox/sessions").json()), 90)
            city.enrol({**CRIES, **CALM, **LISTENS, **STOPS}, ELSEWHERE)
            until(lambda: raised(city).keys() >= CRIES.keys(), 90, lambda: CRIES.keys() - raised(city).keys())
            yield city, screen
