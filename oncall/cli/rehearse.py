"""`oncall rehearse`: conversation prompts talk with simulated residents, and a table says which rules held."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import Progress

from oncall.call.conversation import Conversation
from oncall.call.ears import Ears
from oncall.call.instructions import instructions
from oncall.call.persona import Persona, Played, Scripted, personas_in
from oncall.call.rehearsal import Rehearsal, Talker, a_line, talker
from oncall.call.rehearsed import Rehearsed
from oncall.cli import app, rehearsal_table
from oncall.gateways.model import ModelUnavailable, Utterance
from oncall.models import Language
from oncall.models.fact import facts_in
from oncall.settings import settings

Prompts = Annotated[list[Path] | None, typer.Argument(help="conversation prompts to compare; none: the one in use")]

PAPER_COLUMNS = 140  # of tables written to a file


class Call(NamedTuple):
    """One call to be rehearsed."""

    prompt: Path
    language: Language
    persona: Persona
    round: int


@app.command()
def rehearse(
    prompts: Prompts = None,
    language: Annotated[list[Language] | None, typer.Option(help="ko, en; both when given twice")] = None,
    persona: Annotated[list[str] | None, typer.Option(help="only these residents")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="how often each resident is called with each prompt")] = 1,
    scripted: Annotated[bool, typer.Option("--scripted", help="residents say what their file says, no model")] = False,
    at_once: Annotated[int, typer.Option(min=1, help="calls at a time")] = 4,
    as_figures: Annotated[bool, typer.Option("--json", help="everything, every word included, as one JSON object")] = False,
) -> None:  # fmt: skip
    """Rehearse conversation prompts before anybody is called with them: in words, with everything else as in a call.

    The caller is the configured model, and so are the residents; without one both are stand-ins. Exit 1 when something
    was said that must not be heard, or a call did not come to what it must.
    """
    console = Console(stderr=True)
    with _some_model(console) as stand_in:
        used = prompts or [settings().prompts / "conversation.md"]
        calls = _calls(used, language or [Language.KO], persona or [], rounds)
        done, broken_off = _all(calls, scripted=scripted or stand_in, at_once=at_once, console=console)
    planned = list(facts_in(settings().prompts))
    if as_figures:
        print(json.dumps(_as_json(done, planned), ensure_ascii=False, indent=1))
    else:
        out = Console()
        rehearsal_table.show(out if out.is_terminal else Console(width=max(out.width, PAPER_COLUMNS)), done, planned)
    if broken_off:
        console.print(f"Broken off: {len(done)} of {len(calls)} calls were made.")
        raise typer.Exit(130)
    raise typer.Exit(1 if any(rehearsal_table.failed(call.persona, result, planned) for call, result in done) else 0)


@contextlib.contextmanager
def _some_model(console: Console) -> Iterator[bool]:
    """The configured model; True when none is and a stand-in of our own takes its place."""
    if settings().openai_api_key.get_secret_value() or settings().openai_base_url:
        yield False
        return
    try:
        from oncall.sandbox.server import sandbox_in_thread
    except ImportError:
        console.print("No model is configured (OPENAI_API_KEY), and the sandbox is not installed.")
        raise typer.Exit(1) from None
    console.print("No model is configured: a stand-in plays the caller, and the residents say what their file says.")
    with sandbox_in_thread() as city:
        os.environ.update(city.environment)
        settings.cache_clear()
        yield True


def _calls(prompts: Sequence[Path], languages: Sequence[Language], only: Sequence[str], rounds: int) -> list[Call]:
    calls = []
    for language in languages:
        people = personas_in(settings().prompts, language).persona
        if unknown := set(only) - {one.id for one in people}:
            raise typer.BadParameter(f"no resident is named {', '.join(sorted(unknown))}", param_hint="--persona")
        for prompt in prompts:
            _check(prompt, language)
            calls += [Call(prompt, language, one, number)
                      for one in people if not only or one.id in only for number in range(1, rounds + 1)]  # fmt: skip
    return calls


def _check(prompt: Path, language: Language) -> None:
    """Whether calls can be made with a prompt at all."""
    line = a_line(language, list(facts_in(settings().prompts)))
    try:
        instructions(line, Conversation(line, lambda *_: None).checklist, prompt)
    except (OSError, KeyError, IndexError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it names a field we do not know: {error}"
        raise typer.BadParameter(f"{prompt}: {why}", param_hint="PROMPT") from None


def _all(
    calls: Sequence[Call], *, scripted: bool, at_once: int, console: Console
) -> tuple[list[tuple[Call, Rehearsed]], bool]:
    """Every call with its result, in order, and whether it was broken off (Ctrl-C)."""
    ears, stop = _ears(), threading.Event()
    done: dict[int, Rehearsed] = {}
    broken_off = False
    with Progress(console=console, transient=True) as progress, ThreadPoolExecutor(at_once) as pool:
        try:
            task = progress.add_task("Rehearsing", total=len(calls))
            running: dict[Future[Rehearsed], int] = {
                pool.submit(_one, call, ears, stop, scripted=scripted): number for number, call in enumerate(calls)
            }
            console.print(f"Rehearsing {len(calls)} calls; Ctrl-C prints what there is.")
            for future in as_completed(running):
                done[running[future]] = future.result()
                progress.advance(task)
        except KeyboardInterrupt:
            broken_off = True
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
    return [(calls[number], done[number]) for number in sorted(done)], broken_off


def _one(call: Call, ears: Ears, stop: threading.Event, *, scripted: bool) -> Rehearsed:
    file = personas_in(settings().prompts, call.language)
    line = a_line(call.language, list(facts_in(settings().prompts)), call.persona.circumstances)
    player = Scripted(call.persona, file) if scripted else Played(call.persona, file, call.round)
    speak = _until(stop, talker(line))
    return Rehearsal(line, ears, call.persona, player, speak, prompt=call.prompt, called=file.called).play()


def _until(stop: threading.Event, speak: Talker) -> Talker:
    """The same until somebody breaks it off."""

    def heard(told: str, items: Sequence[dict[str, Any]]) -> Utterance:
        if stop.is_set():
            raise ModelUnavailable("broken_off", permanent=True)
        return speak(told, items)

    return heard


def _ears() -> Ears:
    from oncall.listen import safety
    from oncall.listen.back_channel import back_channel, interrupts
    from oncall.listen.ear import Ear
    from oncall.listen.identity import identity

    safety.warm()
    return Ears(Ear, identity, back_channel, interrupts)


def _as_json(done: Sequence[tuple[Call, Rehearsed]], planned: Sequence[str]) -> dict[str, Any]:
    calls = []
    for call, result in done:
        calls.append({
            "prompt": str(call.prompt), "language": call.language.value, "persona": call.persona.id,
            "round": call.round, "ended": result.ended, "wishes": sorted(wish.value for wish in result.wishes),
            "alarmed": result.alarmed, "noticed_by_model": sorted(result.noticed), "requests": result.requests,
            "facts": {code: {"state": state.value, "reason": why} for code, (state, why) in result.facts.items()},
            "broken": [{"rule": one.rule, "severity": one.severity.value, "why": one.why, "sentence": sentence}
                       for one, sentence in result.broken],
            "missed": [{"what": one.what, "grave": one.grave} for one in result.missed(call.persona, planned)],
            "talk": [{"who": who, "words": words} for who, words in result.turns],
        })  # fmt: skip
    failed = sum(rehearsal_table.failed(call.persona, result, planned) for call, result in done)
    return {"calls": calls, "failed": failed}
