"""A server that speaks nothing but /v1/chat/completions: the same question gets its answer there."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest
import uvicorn

from oncall.gateways import chat
from oncall.listen.assess import assess
from oncall.models.risk import Level
from tests.listen.conftest import FINE, PointedAt
from tests.listen.test_assess import WELL, call, signal

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class ChatOnly:
    """An ASGI server with one route; `knows_schemas` is whether it takes `json_schema`."""

    knows_schemas: bool = True
    says: dict[str, Any] = field(default_factory=lambda: {"content": json.dumps(FINE)})
    finish: str = "stop"
    at: str = "/v1/chat/completions"
    paths: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send
    ) -> None:
        """Answer one request."""
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        self.paths.append(scope["path"])
        status, said = 404, {"detail": "Not Found"}
        if scope["path"] == self.at:
            self.asked.append(json.loads(body))
            status, said = self._answer(self.asked[-1])
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    def _answer(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if asked["response_format"]["type"] == "json_schema" and not self.knows_schemas:
            return 400, {
                "error": {"message": "response_format", "type": "invalid_request_error", "code": None, "param": None}
            }
        message = {"role": "assistant", "content": None} | self.says
        choice = {"index": 0, "message": message, "finish_reason": self.finish}
        return 200, {"id": "c", "object": "chat.completion", "created": 0, "model": "own-model", "choices": [choice]}


@contextmanager
def served(app: ChatOnly) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    server.should_exit = True
    thread.join()


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatOnly]:
    app = ChatOnly()
    chat.forget()
    with served(app) as url, PointedAt(monkeypatch, model=url, carrier="http://127.0.0.1:1"):
        yield app
    chat.forget()


def test_a_call_is_assessed_by_a_server_without_responses(own: ChatOnly) -> None:
    judged = assess(WELL)
    assert judged.is_fine
    assert judged.model == "own-model"
    asked = own.asked[0]
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert "밥도 잘 먹고" in asked["messages"][1]["content"]
    assert "밥도 잘 먹고" not in asked["messages"][0]["content"]
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert asked["max_tokens"] > 0
    assert "safety_identifier" not in asked


def test_it_is_asked_for_responses_only_once(own: ChatOnly) -> None:
    assess(WELL)
    assess(WELL)
    assert own.paths == ["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]


def test_a_server_that_knows_no_schemas_is_told_the_schema(own: ChatOnly) -> None:
    own.knows_schemas = False
    assert assess(WELL).is_fine
    assert [one["response_format"]["type"] for one in own.asked] == ["json_schema", "json_object"]
    assert '"additionalProperties"' in own.asked[1]["messages"][0]["content"]
    assess(WELL)
    assert own.asked[-1]["response_format"]["type"] == "json_object"
    assert len(own.asked) == 3


def test_two_readings_go_the_same_way(own: ChatOnly) -> None:
    lonely = signal("isolation", "concern", (0, "벽만 보고 살지"))
    own.says = {"content": json.dumps(FINE | {"level": "concern", "signals": [lonely]}, ensure_ascii=False)}
    judged = assess(call(("resident", "벽만 보고 살지")))
    assert (judged.level, len(own.asked)) == (Level.CONCERN, 2)


@pytest.mark.parametrize(("says", "finish", "reason"), [
    ({"content": '{"level": "no'}, "length", "max_output_tokens"), ({"content": None}, "content_filter", "content_filter"),
    ({"content": None, "refusal": "I cannot"}, "stop", "refused"), ({"content": ""}, "stop", "empty"),
    ({"content": "잘 지내십니다"}, "stop", "invalid_answer"),
])  # fmt: skip
def test_half_an_answer_is_a_failure_here_too(own: ChatOnly, says: dict[str, Any], finish: str, reason: str) -> None:
    own.says, own.finish = says, finish
    judged = assess(WELL)
    assert judged.failed == reason
    assert not judged.is_fine


def test_a_server_with_neither_is_a_failure_that_is_not_remembered(own: ChatOnly) -> None:
    own.at = "/elsewhere"
    judged = assess(WELL)
    assert (judged.failed, judged.may_pass) == ("http_404", False)
    own.at = "/v1/chat/completions"
    assert assess(WELL).is_fine
    assert own.paths == ["/v1/responses", "/v1/chat/completions"] * 2
