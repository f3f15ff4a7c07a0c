"""The lines for mail servers: those in the docs are those that are printed, and they bear the owner's own ports."""

from pathlib import Path

import pytest

from gate import config
from gate.config import Config
from gate.server_lines import setup_lines

DOCS = Path(__file__).parents[2] / "docs"
WAYS = {way.name: way for way in setup_lines(Config()).ways}


@pytest.mark.parametrize("name", WAYS)
def test_the_docs_have_them_as_they_are_printed(name: str) -> None:
    text = (DOCS / ("postfix.md" if name == "postfix-policy" else "in-front.md")).read_text("utf-8")
    for snippet in WAYS[name].snippets:
        assert snippet.lines in text


def of(toml: str, way: str, file: str, **more: list[str]) -> str:
    ways = {each.name: each for each in setup_lines(config.parse(toml, "gate.toml"), **more).ways}
    return next(snippet.lines for snippet in ways[way].snippets if snippet.file == file)  # type: ignore[index]


def test_they_bear_the_owners_own() -> None:
    mine = '[gate]\ndomains = ["a.test", "b.test"]\ndeliver = "smtp://127.0.0.1:2526"\nlisten = ["[::]:25"]\n'
    assert '"a.test", "b.test"' in of(mine, "postfix", "gate.toml")
    assert 'listen = ["[::]:25"]' in of(mine, "postfix", "gate.toml")
    assert of(mine, "postfix", "master.cf").startswith("127.0.0.1:2526 inet")
    assert "port 2526 proxy" in of(mine, "opensmtpd", "smtpd.conf")
    asks = '[policy]\nlisten = ["0.0.0.0:10050"]\n'
    assert "inet:127.0.0.1:10050," in of(asks, "postfix-policy", "main.cf")
    any_port = '[policy]\nlisten = ["127.0.0.1:0"]\n'
    assert "inet:127.0.0.1:10040," in of(any_port, "postfix-policy", "main.cf")
    assert "inet:127.0.0.1:4711," in of(any_port, "postfix-policy", "main.cf", policy=["127.0.0.1:4711"])
    both = mine + asks
    assert 'deliver = "smtp://127.0.0.1:2526"' in of(both, "postfix-policy", "gate.toml")
