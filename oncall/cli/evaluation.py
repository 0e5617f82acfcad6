"""`oncall eval`: scoring assessments against labels, from written calls or from what people said of real ones."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from oncall.cli import app
from oncall.cli.json_lines import JsonLines
from oncall.listen import scorecard
from oncall.listen.evaluate import judged, of_split
from oncall.listen.labelled import Labelled, Split, Utterance
from oncall.listen.scores import Scores

FileGiven = Annotated[
    str | None, typer.Argument(help="labelled transcripts, one a line (JSONL); - reads standard input")
]
NetOnly = Annotated[bool, typer.Option("--net-only", help="the phrase net alone: no network, no database")]
OfSplit = Annotated[Split, typer.Option("--split", help="the open two thirds, the locked third, or all of the file")]
Utterances = Annotated[str | None, typer.Option("--utterances", help="labelled single turns, scored beside the calls")]
AsFigures = Annotated[bool, typer.Option("--json", help="all figures as one JSON object")]
Show = Annotated[
    bool, typer.Option("--show", help="the words of what was missed or raised in vain; of synthetic open calls only")
]
Save = Annotated[bool, typer.Option("--save", help="keep the figures for the quality page (writes to the database)")]
FromReviews = Annotated[bool, typer.Option("--from-reviews", help="the calls people have reviewed, from the database")]
Prompt = Annotated[Path | None, typer.Option("--prompt", help="try this file instead of prompts/assess.md")]


@app.command("eval")
def evaluate(
    file: FileGiven = None,
    net_only: NetOnly = False,
    split: OfSplit = Split.ALL,
    utterances: Utterances = None,
    as_figures: AsFigures = False,
    show: Show = False,
    save: Save = False,
    from_reviews: FromReviews = False,
    prompt: Prompt = None,
) -> None:
    """Score assessments against labels. Exit 1 when any line could not be read or assessed."""
    if (file and from_reviews) or not (file or from_reviews or utterances):
        raise typer.BadParameter("name a file of labelled calls, or --from-reviews")
    sources: dict[str, Iterable[Labelled]] = {}
    readers = []
    if file is not None:
        readers.append(JsonLines(file))
        sources["calls"] = readers[-1].objects(Labelled)
    if from_reviews:
        readers.append(JsonLines(""))
        sources["calls"] = _reviewed(net_only=net_only)
    if utterances is not None:
        readers.append(JsonLines(utterances))
        sources["utterances"] = (one.as_call() for one in readers[-1].objects(Utterance))
    instructions = _prompt(prompt) if prompt else None
    sides = {
        name: _Sides.of(of_split(source, split), net_only=net_only, instructions=instructions)
        for name, source in sources.items()
    }
    for scored in sides.values():
        for name in scored.both.failed():
            readers[0].complain(f"{name}: could not be assessed")
    if save:
        _keep(sides, net_only=net_only, split=split, reviewed=from_reviews, instructions=instructions)
    if as_figures:
        print(json.dumps(_figures(sides, split), ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(scored.as_text(name, show=show) for name, scored in sides.items()))
    raise typer.Exit(1 if any(reader.complaints for reader in readers) else 0)


class _Sides:
    """The scores of the net alone, the model alone and both."""

    def __init__(self) -> None:
        self.net, self.model, self.both = Scores(), Scores(), Scores()

    @classmethod
    def of(cls, cases: Iterable[Labelled], *, net_only: bool, instructions: str | None) -> "_Sides":
        """Judge and count every call."""
        made = cls()
        for case, sides in judged(cases, net_only=net_only, instructions=instructions):
            made.net.add(case, sides.net)
            made.both.add(case, sides.both)
            if sides.model is not None:
                made.model.add(case, sides.model)
        return made

    def in_short(self) -> dict[str, Any]:
        """The main figures of each that was asked."""
        if not self.model.pairs:
            return {"net": scorecard.in_short(self.net)}
        named = {"net": self.net, "model": self.model, "both": self.both}
        return {name: scorecard.in_short(scores) for name, scores in named.items()}

    def as_text(self, title: str, *, show: bool) -> str:
        """For a terminal."""
        asked = bool(self.model.pairs)
        text = [f"== {title} =="]
        text.append(scorecard.as_text(self.both, by="net and model" if asked else "the net alone", of_what=title))
        if asked:
            text += ["", scorecard.side_by_side({"net": self.net, "model": self.model, "both": self.both})]
        if show:
            text.append(scorecard.mistakes(self.both))
        return "\n".join(text)


def _figures(sides: dict[str, _Sides], split: Split) -> dict[str, Any]:
    first, *others = sides.items()
    figures = scorecard.as_json(first[1].both) | {"split": split.value, "detectors": first[1].in_short()}
    for name, scored in others:
        figures[name] = scorecard.as_json(scored.both) | {"detectors": scored.in_short()}
    return figures


def _prompt(file: Path) -> str:
    from oncall.listen import prompt

    try:
        return prompt.rendered_from(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from None


def _reviewed(*, net_only: bool) -> Iterable[Labelled]:
    # Imported here: the net alone must be scored with no database at hand.
    from oncall import db
    from oncall.listen import reviewed

    with db.transaction() as session:
        return list(reviewed.labelled(session, for_model=not net_only))


def _keep(sides: dict[str, _Sides], *, net_only: bool, split: Split, reviewed: bool, instructions: str | None) -> None:
    from oncall import clock, db
    from oncall.listen import card

    with db.transaction() as session:
        card.keep(
            session, {name: scored.in_short() for name, scored in sides.items()}, split=split.value,
            net_only=net_only, synthetic=not reviewed, instructions=instructions, now=clock.now(),
        )  # fmt: skip
