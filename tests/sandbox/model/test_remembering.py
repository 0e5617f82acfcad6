"""What the assessor finds worth remembering, and how far the questions were answered, in whatever schema asks."""

import json
from typing import Any

import pytest

from oncall.sandbox.model.assessor import assess
from oncall.sandbox.model.remembering import find_memories
from oncall.sandbox.model.said import Said, read_transcript

MEMORY = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["name", "interest", "complaint", "family"]},
        "text": {"type": "string"},
        "turn": {"type": "integer"},
    },
    "required": ["kind", "text", "turn"],
    "additionalProperties": False,
}
STATUS = {"type": "string", "enum": ["answered", "unclear", "not_asked"]}


def _assessed(properties: dict[str, Any], *turns: tuple[str, str]) -> dict[str, Any]:
    lines = [json.dumps({"turn": n, "speaker": who, "text": text}) for n, (who, text) in enumerate(turns)]
    schema = {"type": "object", "properties": properties}
    return dict(assess(read_transcript("\n".join(lines)), schema))


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        ("나는 영숙이라고 불러줘.", "name", "영숙"),
        ("그냥 순자라고 불러 주세요.", "name", "순자"),
        ("Please call me Maggie.", "name", "Maggie"),
        ("My name is Jean.", "name", "Jean"),
        ("텃밭에 상추를 심었어요.", "interest", "텃밭에 상추를 심었어요."),
        ("일요일마다 교회에 가요.", "interest", "일요일마다 교회에 가요."),
        ("경로당에서 바둑을 둬요.", "interest", "경로당에서 바둑을 둬요."),
        ("주말에 손자가 놀러 와요.", "interest", "주말에 손자가 놀러 와요."),
        ("I love my garden.", "interest", "I love my garden."),
        ("My grandson is coming to visit.", "interest", "My grandson is coming to visit."),
        ("무릎이 늘 시큰거려요.", "complaint", "무릎이 늘 시큰거려요."),
        ("My knee is playing up again.", "complaint", "My knee is playing up again."),
        ("딸은 부산에 살아요.", "family", "딸은 부산에 살아요."),
        ("My daughter lives in Leeds.", "family", "My daughter lives in Leeds."),
    ],
)
def test_a_thing_worth_remembering_is_found_word_for_word(words: str, kind: str, text: str) -> None:
    [memory] = find_memories([Said(4, False, words)])
    assert (memory.kind, memory.text, memory.turn) == (kind, text, 4)
    assert memory.text in words
    assert memory.quote in words


@pytest.mark.parametrize(
    "words", ["네, 밥은 잘 먹어요.", "무릎은 안 아프고 괜찮아요.", "I sleep well.", "My knee doesn't hurt."]
)
def test_nothing_is_made_up(words: str) -> None:
    assert find_memories([Said(1, False, words)]) == []


def test_what_was_asked_to_be_forgotten_is_not_remembered() -> None:
    far = [
        Said(1, False, "무릎이 아파요."),
        Said(3, False, "딸은 부산에 살아요."),
        Said(5, False, "그 말은 지워 주세요."),
    ]
    assert [memory.kind for memory in find_memories(far)] == ["complaint"]


def test_memories_go_into_the_schema_that_asks_for_them() -> None:
    turns = (
        ("agent", "텃밭은 어떠세요?"),
        ("resident", "나는 영숙이라고 불러줘. 텃밭에 나가요."),
        ("agent", "몸은 좀 어떠세요?"),
        ("resident", "무릎이 아파요. 딸은 부산에 살아요."),
    )
    remember = _assessed({"remember": {"type": "array", "items": MEMORY}}, *turns)["remember"]
    assert remember == [
        {"kind": "name", "text": "영숙", "turn": 1},
        {"kind": "interest", "text": "텃밭에 나가요.", "turn": 1},
        {"kind": "complaint", "text": "무릎이 아파요.", "turn": 3},
        {"kind": "family", "text": "딸은 부산에 살아요.", "turn": 3},
    ]
    narrow = json.loads(json.dumps(MEMORY))
    narrow["properties"]["kind"]["enum"] = ["complaint"]
    narrow["properties"]["quote"] = {"type": "string"}
    [only] = _assessed({"remember": {"type": "array", "items": narrow}}, *turns)["remember"]
    assert only == {"kind": "complaint", "text": "무릎이 아파요.", "turn": 3, "quote": "무릎이 아파요."}


TURNS = (
    ("agent", "식사는 잘 챙겨 드시고 계세요?"),
    ("resident", "네, 세 끼 먹어요."),
    ("agent", "밤에 잠은 잘 주무세요?"),
    ("resident", "글쎄요."),
)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": dict.fromkeys(("meals", "sleep", "mood"), STATUS)},
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"fact": {"type": "string", "enum": ["meals", "sleep", "mood"]}, "status": STATUS},
            },
        },
    ],
)
def test_coverage_tells_what_became_of_each_fact(schema: dict[str, Any]) -> None:
    coverage = _assessed({"coverage": schema}, *TURNS)["coverage"]
    if isinstance(coverage, list):
        coverage = {entry["fact"]: entry["status"] for entry in coverage}
    assert coverage == {"meals": "answered", "sleep": "unclear", "mood": "not_asked"}
