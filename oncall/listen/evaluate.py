"""Evaluating: labelled calls judged by the net alone, by the model alone and by both, in one run over the file."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from oncall.listen import addressed
from oncall.listen.judgement import Judgement
from oncall.listen.labelled import NEVER_MISS, Labelled, LabelledSignal, Split
from oncall.listen.net import assess_by_net
from oncall.listen.scores import Scores
from oncall.listen.share import Share
from oncall.listen.transcript import Transcript

__all__ = ["AT_ONCE", "NEVER_MISS", "Labelled", "LabelledSignal", "Scores", "Share", "Sides", "judged", "of_split"]

AT_ONCE = 4
_T = TypeVar("_T", bound=Transcript)


@dataclass(frozen=True)
class Sides:
    """One call judged: by the net, by the model (None when it was not asked or gave nothing), and by both together."""

    net: Judgement
    model: Judgement | None
    both: Judgement


def judged(transcripts: Iterable[_T], *, net_only: bool, instructions: str | None = None) -> Iterator[tuple[_T, Sides]]:
    """Each transcript with its judgements, in order; the model is asked about a few calls at once.

    `instructions` is another prompt than the one in use.
    """
    if net_only:
        for transcript in transcripts:
            heard = addressed.marked(assess_by_net(transcript), transcript)
            yield transcript, Sides(heard, None, heard)
        return
    # Imported here: the SDK takes longer to load than the net to judge a thousand calls.
    from oncall.listen.assess import identifier, sides

    def both(one: Transcript) -> Sides:
        net, model, together = sides(one, safety_identifier=identifier(one.id), instructions=instructions)
        return Sides(net, model, together)

    waiting = iter(transcripts)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while group := list(islice(waiting, AT_ONCE)):
            yield from zip(group, pool.map(both, group), strict=True)


def of_split(cases: Iterable[Labelled], split: Split) -> Iterator[Labelled]:
    """Those of one part; a file that is not divided has neither an open nor a locked one."""
    return (case for case in cases if split is Split.ALL or case.split == split.value)
