"""`oncall assess`: judging transcripts from a file, one line each."""

import json
from typing import Annotated, Any

import typer

from oncall.cli import app
from oncall.cli.json_lines import JsonLines
from oncall.listen.evaluate import judged
from oncall.listen.judgement import Judgement
from oncall.listen.transcript import Transcript

NetOnly = Annotated[bool, typer.Option("--net-only", help="the phrase net alone: no network, no database")]


@app.command("assess")
def assess_file(
    file: Annotated[str, typer.Argument(help="a transcript, or one a line (JSONL); - reads standard input")],
    net_only: NetOnly = False,
) -> None:
    """Assess transcripts: one JSON line each, in their order. Exit 1 when any line could not be read or assessed."""
    reader = JsonLines(file)
    for transcript, sides in judged(reader.objects(Transcript), net_only=net_only):
        print(json.dumps(as_json(transcript, sides.both), ensure_ascii=False), flush=True)
        if sides.both.failed:
            reader.complain(f"{transcript.id}: could not be assessed ({sides.both.failed})")
    raise typer.Exit(1 if reader.complaints else 0)


def as_json(transcript: Transcript, found: Judgement) -> dict[str, Any]:
    """One assessment as `oncall assess` prints it; `failed` is there only when the model's part is missing."""
    shown: dict[str, Any] = {
        "id": transcript.id,
        "level": found.level.value,
        "unknown": list(found.unknown),
        "signals": [
            {
                "code": signal.code.value,
                "level": signal.level.value,
                "subject": signal.subject.value,
                "tense": signal.tense.value,
                "confidence": round(signal.confidence, 2),
                "detector": signal.detector.value,
                "evidence": [{"turn": span.turn, "text": span.text} for span in signal.evidence],
            }
            for signal in found.signals
        ],
        "wants_human": found.wants_human,
        "opt_out": found.opt_out,
        "later": found.later,
        "answered_by": found.answered_by.value,
        "requests": list(found.requests),
        "for_review": found.for_review,
    }
    return shown | ({"failed": found.failed} if found.failed else {})
