"""What cannot be seen is shown."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.rules.visible import escape, escape_json

IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180f\u200b\u2060\u2065\u3164\ufe00\ufe0f\ufeff\uffa0\ufff0"
)


def test_every_character_that_cannot_be_seen_is_escaped() -> None:
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"}:
            assert escape(char) != char, hex(number)
        elif unicodedata.category(char)[0] in "LNPSZ" and char not in IGNORABLE:
            assert escape(char) == char, hex(number)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31m\n", r"a\x1b[31m\x0a"),
        ("a\u0085b\u202eb\u2028", r"a\x85b\u202eb\u2028"),
        ("\U000e0041\u034f\ufe0f", r"\U000e0041\u034f\ufe0f"),
        ("<b>jörg@bücher.example ❤ 日本</b>", "<b>jörg@bücher.example ❤ 日本</b>"),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize("char", IGNORABLE)
def test_ignorables(char: str) -> None:
    assert escape(char) != char


@given(st.text(), st.text(st.sampled_from("\U000e0041\u202e\ue000\U000f0000é")))
def test_json_stays_the_same_document(one: str, other: str) -> None:
    document = json.dumps([one + other], ensure_ascii=False)
    assert json.loads(escape_json(document)) == [one + other]
    assert escape(escape_json(document)) == escape_json(document)
