"""Numbers given to people by a test, over the control routes."""

from tests.sandbox.phone.city import City

NUMBER = "+821055501200"


async def test_a_number_is_answered_as_it_was_told(city: City) -> None:
    given = await city.post(
        "/sandbox/people", {NUMBER: {"greeting": "Who is it?", "language": "en", "ring_seconds": 1}}
    )
    assert given.json()[NUMBER]["greeting"] == "Who is it?"
    city.office.answers["twiml"] = '<Response><Pause length="4"/></Response>'
    call = await city.call(to=NUMBER)
    await city.ended()
    said = (await city.get(f"/sandbox/calls/{call.sid}")).json()["conversation"]
    assert said[0]["text"] == "Who is it?"
    assert (await city.get("/sandbox/people")).json()[NUMBER]["tried"] == 1


async def test_someone_who_does_not_answer_at_first(city: City) -> None:
    await city.post("/sandbox/people", {NUMBER: {"tries": ["no-answer", "answer"], "silent": True}})
    city.office.answers["twiml"] = "<Response><Hangup/></Response>"
    await city.call(to=NUMBER, timeout=5)
    await city.office.wait_for("status", CallStatus="no-answer")
    await city.call(to=NUMBER, timeout=5)
    await city.office.wait_for("status", CallStatus="completed")


async def test_a_story_that_is_none_is_refused(city: City) -> None:
    assert (await city.post("/sandbox/people", {NUMBER: {"sings": True}})).status_code == 422
    assert (await city.post("/sandbox/people", ["nobody"])).status_code == 422
    assert (await city.get("/sandbox/people")).json() == {}
