"""The app's words for the gate's faults: every code that an owner can meet, with parameters that the gate gives."""

import string

from app.link.faults import FAULTS
from app.link.words import fault_in_words
from gate.desk.errors import DeskError
from gate.errors import Fault
from gate.rules.address import AddressError
from gate.rules.matcher import RulesetError
from gate.rules.pattern import PatternError
from gate.store.errors import StoreError

ROOMS: tuple[type[Fault], ...] = (DeskError, AddressError, PatternError, RulesetError)
NEVER_MET = ("query.", "check.", "scope.not_an_account", "pattern.unreadable")
"""The window asks no such thing."""


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_fault_has_words() -> None:
    codes = {code for room in ROOMS for code in room.texts if not code.startswith(NEVER_MET)}
    assert codes - set(FAULTS) == set()


def test_the_words_ask_for_no_parameter_that_the_gate_does_not_give() -> None:
    known = {code: text for room in (*ROOMS, StoreError) for code, text in room.texts.items()}
    for code, words in FAULTS.items():
        if code in known:
            assert fields(words) <= fields(known[code]), code


def test_an_unknown_code_keeps_the_gates_own_line() -> None:
    assert fault_in_words("new.code", {}, "the gate's line") == "the gate's line"
    assert fault_in_words("account.exists", {"account": "a@b.example"}, "") == "a@b.example is an account already."
