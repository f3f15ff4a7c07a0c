"""Sentences with a number: English bends by itself, and the extraction for translators finds each as a plural."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.importing.counts import counts as of_import
from app.link.changes import change_in_words
from app.models.counts import counts
from gate.control.messages import Change

ROOT = Path(__file__).parents[2]


def test_the_extraction_finds_every_number_as_a_plural(tmp_path: Path) -> None:
    tool = Path(sys.executable).parent / "pyside6-lupdate"
    if not tool.exists():
        pytest.skip("pyside6-lupdate is not installed")
    found = tmp_path / "app.ts"
    files = [str(path) for path in (ROOT / "app").rglob("*.py")]
    subprocess.run([str(tool), *files, "-ts", str(found)], check=True, capture_output=True, timeout=60)
    messages = list(ET.parse(found).iter("message"))
    plurals = {message.findtext("source") for message in messages if message.get("numerus") == "yes"}
    counted = {text for message in messages if "%n" in (text := message.findtext("source") or "") or "%Ln" in text}
    assert {"%Ln entr(y|ies) removed.", "Deny the %Ln ticked", "Deny %Ln sender(s) for {scope}"} <= plurals
    assert counted <= plurals


@pytest.mark.parametrize(
    ("sentence", "one", "many"),
    [
        (counts.removed, "1 entry removed.", "120 entries removed."),
        (counts.were_denied, "1 sender denied.", "120 senders denied."),
        (counts.were_there, "All 1 was on the list already.", "All 120 were on the list already."),
        (counts.only_known, "Only 1 known sender", "Only 120 known senders"),
        (of_import.denied, "1 sender denied", "120 senders denied"),
    ],
)
def test_english(qapp: QApplication, sentence: Callable[[int], str], one: str, many: str) -> None:
    assert (sentence(1), sentence(120)) == (one, many)


def test_changes_of_many_and_of_a_new_account(qapp: QApplication) -> None:
    def told(code: str, **params: object) -> str:
        return change_in_words(Change(id=1, time="", text="the gate's line", by="app", code=code, params=params))

    assert told("entries.deny", count=3, scope="*") == "Deny 3 senders for everyone"
    assert told("import.apply", count=2, label="100% {spam}.mbox") == "2 entries from 100% {spam}.mbox"
    assert told("import.apply", count=2034, label="a.mbox", accounts=1) == "2,034 entries, 1 new account from a.mbox"
    assert told("import.apply", count=2, label="a.mbox", closed=1) == "the gate's line"
    new = {"count": 1, "made": True, "patterns": ["a@b.example"]}
    assert told("entries.deny", scope="x@c.example", **new) == "Add account x@c.example and deny a@b.example"
    assert told("entries.deny", scope="x@c.example", count=2, made=True) == "the gate's line"
    assert told("new.code", count=2) == "the gate's line"
