"""The tables of a rehearsal: how each call went, how often each rule held, and what was said where one did not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from oncall.call.persona import Persona
from oncall.call.rehearsed import Rehearsed
from oncall.models import FactState, Language

MOST_SENTENCES = 12  # of one rule
_LEGEND = "facts: answered / unclear / not asked. * noticed by the model, not by the phrase net alone"


class Played(Protocol):
    """A call that was rehearsed."""

    @property
    def prompt(self) -> Path:
        """With which prompt."""

    @property
    def language(self) -> Language:
        """In which language."""

    @property
    def persona(self) -> Persona:
        """With whom."""


Results = Sequence[tuple[Played, Rehearsed]]


def failed(persona: Persona, result: Rehearsed, planned: Sequence[str]) -> bool:
    """Whether nobody may be called with a prompt of which this is one call."""
    grave = any(missed.grave for missed in result.missed(persona, planned))
    return bool(result.stops) or grave or result.ended.startswith("model:")


def show(console: Console, done: Results, planned: Sequence[str]) -> None:
    """All of it, for a reader."""
    prompts = list(dict.fromkeys(call.prompt for call, _ in done))
    for prompt in prompts:
        console.print(_calls(prompt, [one for one in done if one[0].prompt == prompt], planned))
    console.print(_rules(prompts, done))
    console.print(_facts(prompts, done, planned))
    for rule, sentences in _sentences(done).items():
        console.print(f"\n[bold]{rule}[/bold]")
        for sentence in sentences[:MOST_SENTENCES]:
            console.print(f"  {escape(sentence)}")
        if len(sentences) > MOST_SENTENCES:
            console.print(f"  and {len(sentences) - MOST_SENTENCES} more")
    bad = sum(failed(call.persona, result, planned) for call, result in done)
    lesser = sum(
        bool(result.missed(call.persona, planned)) and not failed(call.persona, result, planned)
        for call, result in done
    )
    but = f", {lesser} of them with something lesser missed" if lesser else ""
    console.print(f"\n{len(done) - bad} of {len(done)} calls went as they must{but}.")


def _calls(prompt: Path, done: Results, planned: Sequence[str]) -> Table:
    table = Table(title=f"Calls with {escape(prompt.name)}", title_justify="left", caption=_LEGEND,
                  caption_justify="left")  # fmt: skip
    table.add_column("resident", no_wrap=True)
    table.add_column("turns", justify="right")
    table.add_column("facts", no_wrap=True)
    for heading in ("heard", "ended", "broken", "missed"):
        table.add_column(heading, overflow="fold")
    several = len({call.language for call, _ in done}) > 1
    for call, result in done:
        missed = result.missed(call.persona, planned)
        table.add_row(
            f"{call.persona.id} ({call.language})" if several else call.persona.id, str(sum(who == "resident" for who, _ in result.turns)),
            _coverage(result), _heard(result), result.ended, _broken(result),
            "; ".join(f"[red]{one.what}[/red]" if one.grave else one.what for one in missed),
        )  # fmt: skip
    return table


def _coverage(result: Rehearsed) -> str:
    states = [state for state, _ in result.facts.values()]
    return " / ".join(str(states.count(state)) for state in FactState)


def _heard(result: Rehearsed) -> str:
    """Wishes, requests and alarm; what the model itself noticed is marked."""
    found = [*(["alarm"] if result.alarmed else []), *sorted(wish.value for wish in result.wishes)]
    marked = [f"{what}{'*' if what in result.noticed else ''}" for what in found]
    return ", ".join([*marked, *([f"{result.requests} request"] if result.requests else [])])


def _broken(result: Rehearsed) -> str:
    notes = len(result.broken) - len(result.stops)
    stops = f"[red]{len(result.stops)} to stop[/red]" if result.stops else ""
    return ", ".join(filter(None, [stops, f"{notes} noted" if notes else ""]))


def _rules(prompts: Sequence[Path], done: Results) -> Table:
    """How many calls each rule held in; those that always held are one row."""
    table = Table(title="Rules, and in how many calls they held", title_justify="left")
    table.add_column("rule")
    table.add_column("")
    for prompt in prompts:
        table.add_column(escape(prompt.name), justify="right")
    broken = {one.rule: one for _, result in done for one, _ in result.broken}
    for rule in sorted(broken, key=lambda name: (broken[name].severity.value != "stop", name)):
        name = f"[red]{rule}[/red]" if broken[rule].severity.value == "stop" else rule
        table.add_row(name, broken[rule].why, *(_held(rule, prompt, done) for prompt in prompts))
    table.add_row("every other rule", "", *(_held("", prompt, done) for prompt in prompts))
    return table


def _held(rule: str, prompt: Path, done: Results) -> str:
    results = [result for call, result in done if call.prompt == prompt]
    held = sum(all(one.rule != rule for one, _ in result.broken) for result in results)
    return f"{held} of {len(results)}"


def _facts(prompts: Sequence[Path], done: Results, planned: Sequence[str]) -> Table:
    table = Table(title="Facts: answered / unclear / not asked / not accounted for", title_justify="left")
    table.add_column("fact")
    for prompt in prompts:
        table.add_column(escape(prompt.name), justify="right")
    for code in planned:
        table.add_row(code, *(_states(code, [result for call, result in done if call.prompt == prompt])
                              for prompt in prompts))  # fmt: skip
    return table


def _states(code: str, results: Sequence[Rehearsed]) -> str:
    states = [result.facts[code][0] if code in result.facts else None for result in results]
    return " / ".join(str(states.count(state)) for state in (*FactState, None))


def _sentences(done: Results) -> dict[str, list[str]]:
    """What was said against each rule, and by which prompt; those to be stopped first."""
    said: dict[str, list[str]] = {}
    broken = sorted(((one, sentence, call) for call, result in done for one, sentence in result.broken),
                    key=lambda found: (found[0].severity.value != "stop", found[0].rule))  # fmt: skip
    for one, sentence, call in broken:
        said.setdefault(one.rule, []).append(f"{call.prompt.name}, {call.persona.id}: {sentence}")
    return said
