"""News to open pages: what is asked for, each topic once however much happened, over a real LISTEN connection."""

import asyncio
import time

import pytest
from fastapi import FastAPI

from oncall import db
from oncall.web import live


async def test_a_listener_hears_its_topics_once_each_and_nothing_else() -> None:
    room = live.Newsroom()
    with room.listener(frozenset({"queue", "calls"})) as both, room.listener(frozenset({"calls"})) as calls:
        for topic in ["queue"] * 500 + ["calls", "secrets"]:
            room.spread(topic)
        assert await both.news(1) == ["calls", "queue"]
        assert await calls.news(1) == ["calls"]
        assert await both.news(0.01) == []
    room.spread("queue")
    assert await both.news(0.01) == []


@pytest.mark.usefixtures("committed")
async def test_what_a_transaction_tells_is_heard_when_it_commits() -> None:
    with live.newsroom.listener(frozenset({"queue"})) as listener:
        async with live.listening(FastAPI()):
            assert await listener.news(5) == ["queue"]  # everybody looks once when listening begins
            with db.transaction() as session:
                db.tell(session, "queue", case_id="7")
                session.flush()
                assert await listener.news(0.3) == []
            started = time.monotonic()
            assert await listener.news(5) == ["queue"]
            assert time.monotonic() - started < 1


async def test_the_listener_comes_back_after_its_connection_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_RECONNECT_SECONDS", 0.05)
    with live.newsroom.listener(frozenset({"calls"})) as listener:
        async with live.listening(FastAPI()):
            assert await listener.news(5) == ["calls"]
            await asyncio.to_thread(_cut_the_line)
            assert await listener.news(5) == ["calls"]
            with db.transaction() as session:
                db.tell(session, "calls")
            assert await listener.news(5) == ["calls"]


def _cut_the_line() -> None:
    import sqlalchemy as sa

    with db.transaction() as session:
        cut = session.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")
        ).all()
    assert cut
