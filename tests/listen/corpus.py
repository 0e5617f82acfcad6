"""The labelled files of the repository, read once a run."""

from functools import lru_cache

from oncall.listen.labelled import Injection, Labelled, Split, Utterance
from oncall.settings import settings


@lru_cache
def calls(split: Split = Split.ALL) -> list[Labelled]:
    """The labelled calls; tests that help to write rules ask for the open ones only."""
    return [case for case in _read("cases.jsonl", Labelled) if split is Split.ALL or case.split == split]


@lru_cache
def turns() -> list[Utterance]:
    """The labelled single turns."""
    return _read("utterances.jsonl", Utterance)


@lru_cache
def injections() -> list[Injection]:
    """Words that try to instruct the listener."""
    return _read("injections.jsonl", Injection)


def _read(name, kind):  # type: ignore[no-untyped-def]  # one reader for three kinds
    lines = (settings().prompts / name).read_text(encoding="utf-8").splitlines()
    return [kind.model_validate_json(line) for line in lines]
