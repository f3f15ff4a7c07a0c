"""Five thousand sessions of every kind, each of a seed of its own; `python -m tests.fuzz` plays more (docs/fuzz.md)."""

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
import pytest

from gate.backend.decoy import WayBack
from gate.guard import Guard
from gate.rules.address import Address
from gate.rules.ruleset import Verdict
from gate.smtp.commands import Verb
from gate.smtp.data import DataStream
from gate.smtp.envelope import Slot
from gate.smtp.exchange import Exchange
from tests.fuzz.__main__ import smallest
from tests.fuzz.pure import played
from tests.fuzz.script import script_of
from tests.fuzz.wire import play_all

PURE, WIRE = 580, 90
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
with contextlib.suppress(ImportError):  # none on Windows
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop


@pytest.mark.parametrize("part", range(8))
def test_the_laws_hold_for_the_dialogue(part: int) -> None:
    for seed in range(part * PURE, (part + 1) * PURE):
        if broken := played(script_of(seed)):
            steps = "\n".join(map(str, smallest(script_of(seed)).steps))
            raise AssertionError("\n".join([f"seed {seed}", *broken, steps]))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("part", range(2))
def test_the_laws_hold_over_sockets(part: int, loop: str) -> None:
    first = 1_000_000 + part * WIRE
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        broken = runner.run(play_all(script_of(seed, wire=True) for seed in range(first, first + WIRE)))
    assert not broken


def lenient(_self: Guard, _sender: Address, _to: Address, *, trusted: bool = False) -> Verdict:
    return Verdict("accept", "none")


def as_it_is(_self: WayBack, reply: bytes) -> bytes:
    return reply


def clean(_self: DataStream, _body: bytes) -> None: ...


def impatient(self: Exchange, line: bytes, slot: Slot) -> None:
    """Nothing waits for the reply to a recipient."""
    alone = slot.barrier and not (slot.command and slot.command.verb is Verb.RCPT)
    forward(self, line, msgspec.structs.replace(slot, barrier=alone))


forward = Exchange._forward


@pytest.mark.parametrize(
    ("where", "name", "wrong", "words"),
    [
        (Guard, "decide", lenient, "a plain reading refuses"),
        (WayBack, "of", as_it_is, "told of the decoy"),
        (DataStream, "_unclean", clean, "stray octet"),
        (Exchange, "_forward", impatient, "after a decoy was taken"),
    ],
)
def test_a_gate_that_is_wrong_is_found_out(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, wrong: Callable[..., object], words: str
) -> None:
    monkeypatch.setattr(where, name, wrong)
    assert any(words in law for seed in range(3000) for law in played(script_of(seed)))
