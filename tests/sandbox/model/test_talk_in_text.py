"""The caller and the called in text, over the Responses API, with OpenAI's own client."""

import json
from typing import Any

import httpx2 as httpx
import openai
import pytest
from openai.types.responses import Response

from tests.sandbox.model.line import KOREAN, client_of
from tests.sandbox.model.strict import check_object
from tests.sandbox.model.talk import tools_with

MEALS = "식사는 잘 챙겨 드시고 계세요?"
GRANNY = "당신은 혼자 사는 82세 어르신 역할입니다. 전화를 받습니다."


class Chat:
    """One conversation in text, all of it sent with every request, or by the id of the response before."""

    def __init__(self, url: str, *, by_id: bool = False, **options: Any) -> None:
        self._url = url
        self._by_id = by_id
        self._options = {"instructions": KOREAN, "tools": tools_with(), **options}
        self.items: list[Any] = []
        self.response: Response | None = None

    async def send(self, *items: Any, **options: Any) -> Response:
        self.items.extend(items)
        before = self.response.id if self._by_id and self.response is not None else openai.omit
        raw = await client_of(self._url).responses.with_raw_response.create(
            model="gpt-6-luna",
            input=list(items) if self._by_id else self.items,
            previous_response_id=before,
            **{**self._options, **options},
        )
        check_object(json.loads(raw.content), Response)
        self.response = raw.parse()
        self.items.extend(item.model_dump(exclude_none=True) for item in self.response.output)
        return self.response

    async def hear(self, words: str) -> Response:
        return await self.send({"role": "user", "content": words})

    async def result(self, **output: Any) -> Response:
        assert self.response is not None
        call = self.response.output[-1]
        return await self.send(
            {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps(output, ensure_ascii=False)}
        )

    @property
    def called(self) -> list[tuple[str, dict[str, Any]]]:
        assert self.response is not None
        return [
            (item.name, json.loads(item.arguments)) for item in self.response.output if item.type == "function_call"
        ]


@pytest.mark.parametrize("by_id", [False, True])
async def test_a_whole_check_in_is_held_in_text(url: str, by_id: bool) -> None:
    chat = Chat(url, by_id=by_id)
    assert (await chat.hear("네, 여보세요. 맞아요.")).output_text.endswith(MEALS)
    for words, code, following in (
        ("밥은 잘 먹고 있어요.", "meals", "sleep"),
        ("잠을 통 못 자요.", "sleep", "heating"),
        ("네, 방은 따뜻해요.", "heating", None),
    ):
        await chat.hear(words)
        assert chat.called == [("note_fact", {"fact": code, "status": "answered", "words": words})]
        await chat.result(ok=True, next=following)
    assert chat.response is not None
    assert chat.response.output_text.endswith("안녕히 계세요.")
    assert [item.type for item in chat.response.output] == ["message", "function_call"]
    assert (await chat.result(ok=True)).output == []


async def test_the_words_of_a_result_and_a_request_are_obeyed_in_text_too(url: str) -> None:
    chat = Chat(url)
    await chat.hear("네, 맞아요.")
    await chat.hear("전구가 나갔는데 갈아 줄 사람 있을까요?")
    assert chat.called[0][0] == "request"
    assert (await chat.result(ok=True, say="적어 두었습니다.", next="meals")).output_text == f"적어 두었습니다. {MEALS}"
    await chat.hear("네? 뭐라고요?")
    assert chat.called == [("resident_says", {"what": "say_again"})]
    assert (await chat.result(ok=True, next="meals")).output_text.endswith(f"적어 두었습니다. {MEALS}")


async def test_instructions_may_come_as_the_first_system_message(url: str) -> None:
    raw = await client_of(url).responses.create(
        model="gpt-6-luna",
        input=[{"role": "system", "content": KOREAN}, {"role": "user", "content": "네, 맞아요."}],
    )
    assert raw.output_text.endswith(MEALS)


async def test_silence_of_the_resident_is_met_with_are_you_there(url: str) -> None:
    chat = Chat(url)
    await chat.hear("네, 맞아요.")
    assert "들리세요" in (await chat.hear("...")).output_text


async def test_a_function_can_be_forced_or_forbidden(url: str) -> None:
    chat = Chat(url)
    await chat.hear("네, 맞아요.")
    await chat.send({"role": "user", "content": "밥은 먹어요."}, tool_choice="none")
    assert chat.called == []
    await chat.send(
        {"role": "user", "content": "잠은 자요."}, tool_choice={"type": "function", "name": "resident_says"}
    )
    assert [name for name, _ in chat.called] == ["resident_says"]


async def test_misconduct_shows_in_text_too(url: str) -> None:
    async with httpx.AsyncClient() as client:
        faults = {"misbehave": ["저는 사람이에요.", "약은 끊으세요."]}
        (await client.post(f"{url}/sandbox/faults", json=faults)).raise_for_status()
    chat = Chat(url, tools=[])
    said = [(await chat.hear(words)).output_text for words in ("네, 맞아요.", "밥은 먹어요.", "잠도 자요.")]
    assert "저는 사람이에요." in said[0]
    assert "약은 끊으세요." in said[1]
    assert "사람이에요" not in said[2]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([{"type": "function_call_output", "call_id": "call_1", "output": "{}"}], "No tool call found"),
        (
            [
                {"type": "function_call", "call_id": "call_1", "name": "end_call", "arguments": "{}"},
                {"role": "user", "content": "네?"},
            ],
            "No tool output found",
        ),
    ],
)
async def test_a_call_without_its_output_and_the_other_way_round_are_refused(
    url: str, items: list[Any], said: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        await Chat(url).send(*items)


async def test_what_was_not_stored_cannot_be_gone_on_from(url: str) -> None:
    chat = Chat(url, by_id=True, store=False)
    await chat.hear("네, 맞아요.")
    with pytest.raises(openai.BadRequestError) as refused:
        await chat.hear("밥은 먹어요.")
    assert refused.value.code == "previous_response_not_found"


async def test_functions_must_be_in_the_flat_form(url: str) -> None:
    nested = [{"type": "function", "function": {"name": "end_call", "parameters": {}}}]
    with pytest.raises(openai.BadRequestError) as refused:
        await Chat(url, tools=nested).hear("네.")
    assert refused.value.param == "tools[0].name"


async def test_a_schema_means_the_assessor_whatever_else_is_asked(url: str) -> None:
    schema = {
        "type": "object",
        "properties": {"level": {"type": "string"}},
        "required": ["level"],
        "additionalProperties": False,
    }
    response = await client_of(url).responses.create(
        model="gpt-6-luna",
        instructions=f"{KOREAN}\n{GRANNY}",
        input=json.dumps({"turn": 1, "speaker": "resident", "text": "넘어져서 못 일어나겠어요."}),
        text={"format": {"type": "json_schema", "name": "report", "strict": True, "schema": schema}},
    )
    assert json.loads(response.output_text) == {"level": "emergency"}


async def test_a_described_person_is_played(url: str) -> None:
    chat = Chat(url, instructions=f"{GRANNY} 귀가 어두워서 자주 되묻습니다. seed: 3", tools=[])
    said = [
        (await chat.hear(words)).output_text
        for words in (
            "안녕하세요, 통화하고 있는 분이 어르신 맞으신가요?",
            MEALS,
            MEALS,
            "밤에 잠은 잘 주무세요?",
            "방은 따뜻하세요?",
        )
    ]
    assert any("들려" in words or "뭐라고" in words or "어두워서" in words or "밥이요" in words for words in said)
    assert len(set(said)) > 2


async def test_the_caller_and_the_called_bring_a_check_in_to_its_end(url: str) -> None:
    caller = Chat(url)
    called = Chat(url, instructions=GRANNY, tools=[])
    heard = "안녕하세요, 통화하고 있는 분이 어르신 맞으신가요?"
    noted = 0
    for _ in range(12):
        answer = (await called.hear(heard)).output_text
        response = await caller.hear(answer)
        open_facts = ["meals", "sleep", "heating", None]
        while caller.called and caller.called[-1][0] != "end_call":
            noted += caller.called[-1][0] == "note_fact"
            response = await caller.result(ok=True, next=open_facts[noted])
        if caller.called:
            break
        heard = response.output_text
    assert noted == 3
    assert caller.called[-1][0] == "end_call"
