"""`oncall assess` and `oncall eval`: judging transcripts from a file, and scoring the judgements against labels."""

import codecs
import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from oncall import logs
from oncall.cli import app
from oncall.listen.evaluate import Labelled, Scores
from oncall.listen.judgement import Judgement
from oncall.listen.net import assess_by_net
from oncall.listen.transcript import Transcript

AT_ONCE = 4
_T = TypeVar("_T", bound=Transcript)
NetOnly = Annotated[bool, typer.Option("--net-only", help="the phrase net alone: no network, no database")]


@app.command("assess")
def assess_file(
    file: Annotated[str, typer.Argument(help="a transcript, or one a line (JSONL); - reads standard input")],
    net_only: NetOnly = False,
) -> None:
    """Assess transcripts: one JSON line each, in their order. Exit 1 when any line could not be read or assessed."""
    reader = _Reader(file)
    for transcript, judged in _judged(reader.transcripts(Transcript), net_only=net_only):
        print(json.dumps(as_json(transcript, judged), ensure_ascii=False), flush=True)
        if judged.failed:
            reader.complain(f"{transcript.id}: could not be assessed ({judged.failed})")
    raise typer.Exit(1 if reader.complaints else 0)


@app.command("eval")
def evaluate_file(
    file: Annotated[str, typer.Argument(help="labelled transcripts, one a line (JSONL); - reads standard input")],
    net_only: NetOnly = False,
    as_figures: Annotated[bool, typer.Option("--json", help="all figures as one JSON object")] = False,
) -> None:
    """Score assessments against labels. Exit 1 when any line could not be read or assessed."""
    reader = _Reader(file)
    scores = Scores()
    for labelled, judged in _judged(reader.transcripts(Labelled), net_only=net_only):
        scores.add(labelled, judged)
        if judged.failed:
            reader.complain(f"{labelled.id}: could not be assessed ({judged.failed})")
    print(json.dumps(scores.as_json(), ensure_ascii=False, indent=1) if as_figures else scores.as_text())
    raise typer.Exit(1 if reader.complaints else 0)


def as_json(transcript: Transcript, judged: Judgement) -> dict[str, Any]:
    """One assessment as `oncall assess` prints it; `failed` is there only when the model's part is missing."""
    shown: dict[str, Any] = {
        "id": transcript.id,
        "level": judged.level.value,
        "unknown": list(judged.unknown),
        "signals": [
            {
                "code": found.code.value,
                "level": found.level.value,
                "subject": found.subject.value,
                "tense": found.tense.value,
                "confidence": round(found.confidence, 2),
                "detector": found.detector.value,
                "evidence": [{"turn": span.turn, "text": span.text} for span in found.evidence],
            }
            for found in judged.signals
        ],
        "wants_human": judged.wants_human,
        "opt_out": judged.opt_out,
        "later": judged.later,
        "answered_by": judged.answered_by.value,
        "requests": list(judged.requests),
        "for_review": judged.for_review,
    }
    return shown | ({"failed": judged.failed} if judged.failed else {})


class _Reader:
    """Reads transcripts one by one; what cannot be read is said with its line number, and the rest goes on."""

    def __init__(self, file: str) -> None:
        self.complaints = 0
        self._file = file
        # Standard output is for the answers alone.
        logs.set_up(logging.WARNING)

    def complain(self, sentence: str) -> None:
        """Say what is wrong on standard error."""
        self.complaints += 1
        print(sentence, file=sys.stderr)

    def transcripts(self, kind: type[_T]) -> Iterator[_T]:
        """The transcripts in order. A file that is one JSON object over several lines is one transcript."""
        raw = self._bytes()
        whole = _whole(raw)
        lines = enumerate(raw.split(b"\n"), 1) if whole is None else [(1, whole)]
        for number, line in lines:
            if not line.strip():
                continue
            try:
                yield kind.model_validate_json(line.decode())
            except UnicodeDecodeError:
                self.complain(f"{self._file}:{number}: not UTF-8")
            except ValidationError as error:
                self.complain(f"{self._file}:{number}: {_why(error)}")

    def _bytes(self) -> bytes:
        try:
            raw = sys.stdin.buffer.read() if self._file == "-" else Path(self._file).read_bytes()
        except OSError as error:
            self.complain(f"{self._file}: {error.strerror}")
            return b""
        return raw.removeprefix(codecs.BOM_UTF8)


def _whole(raw: bytes) -> bytes | None:
    """The bytes when they are one object spread over lines, else None."""
    if raw.strip().count(b"\n") < 1 or raw.lstrip()[:1] != b"{":
        return None
    try:
        json.loads(raw)
    except ValueError:
        return None
    return raw


def _why(error: ValidationError) -> str:
    """What is wrong with one line, without repeating what was said in it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def _judged(transcripts: Iterator[_T], *, net_only: bool) -> Iterator[tuple[_T, Judgement]]:
    """Each transcript with its judgement, in order; the model is asked about a few at once."""
    if net_only:
        for transcript in transcripts:
            yield transcript, assess_by_net(transcript)
        return
    # Imported here: the SDK takes longer to load than the net to judge a thousand calls.
    from oncall.listen.assess import assess, identifier

    with ThreadPoolExecutor(AT_ONCE) as pool:
        while group := list(islice(transcripts, AT_ONCE)):
            judged = pool.map(lambda one: assess(one, safety_identifier=identifier(one.id)), group)
            yield from zip(group, judged, strict=True)
