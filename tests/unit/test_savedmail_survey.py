"""From files to suggestions: what is ticked, what never, and that every message is counted once."""

import ast
import inspect
from pathlib import Path

import pytest

from gate.forms import Candidate, ImportReport, SurveyContext
from gate.rules import pattern
from gate.savedmail import reasons, suggest
from gate.savedmail.survey import items, report, survey

OWN = SurveyContext(accounts=["anna@example.org", "bob@example.org"], domains=["example.org"])
SAMPLE = Path(__file__).parents[2] / "resources" / "sample" / "spam.mbox"


def mail(sender: str, to: str = "anna@example.org", more: str = "") -> str:
    return f"From x Tue Nov 24 08:35:36 2026\nReturn-Path: <{sender}>\nDelivered-To: {to}\n{more}\ntext\n\n"


def run(tmp_path: Path, *mails: str, context: SurveyContext = OWN, account: str | None = None) -> ImportReport:
    file = tmp_path / "junk.mbox"
    file.write_text("".join(mails), newline="\n")
    return report(survey([file], context, account))


def rows(found: ImportReport, account: str | None = "anna@example.org") -> dict[str, tuple[bool, str]]:
    return {each.pattern: (each.suggested, each.why) for each in candidates(found, account)}


def candidates(found: ImportReport, account: str | None = "anna@example.org") -> list[Candidate]:
    return next(each.candidates for each in found.accounts if each.account == account)


def test_an_ordinary_domain_is_ticked_whole(tmp_path: Path) -> None:
    found = run(tmp_path, mail("a@m1.lotto.co.uk"), mail("b@m2.lotto.co.uk"), mail("b@m2.lotto.co.uk"))
    (row,) = candidates(found)
    assert (row.pattern, row.kind, row.senders, row.messages, row.suggested) == (
        "@.lotto.co.uk", "subdomains", 2, 3, True,
    )  # fmt: skip
    assert row.addresses == ["b@m2.lotto.co.uk", "a@m1.lotto.co.uk"]
    assert [each.messages for each in row.members] == [2, 1]


@pytest.mark.parametrize(
    ("sender", "text", "why"),
    [
        ("x1@gmail.com", "x1@gmail.com", "freemail"),
        ("bounces+1-a@em.sendgrid.net", "bounces+1-a@em.sendgrid.net", "carrier"),
        ("root@fetchhost", "root@fetchhost", "address"),
        ("a@[192.0.2.1]", "a@[192.0.2.1]", "address"),
        ("a@co.uk", "a@co.uk", "address"),
        ('"a*b"@gmail.com', '"a*b"@gmail.com', "freemail"),
    ],
)
def test_only_the_address_is_ticked(tmp_path: Path, sender: str, text: str, why: str) -> None:
    assert rows(run(tmp_path, mail(sender))) == {text: (True, why)}


@pytest.mark.parametrize(
    ("context", "why"),
    [
        (SurveyContext(accounts=["anna@example.org"], domains=["example.org", "friends.example"]), "own"),
        (SurveyContext(domains=["example.org"], known=["Kate@friends.example"]), "known"),
        (SurveyContext(domains=["example.org"], allowed=["kate@friends.example"]), "allowed"),
        (SurveyContext(domains=["example.org"], allowed=["@.friends.example"]), "allowed"),
        (SurveyContext(domains=["example.org"], allowed=["keyword:kate"]), "allowed"),
        (SurveyContext(domains=["example.org"], expected={"anna@example.org": ["@friends.example"]}), "expected"),
    ],
)
def test_who_is_known_is_never_ticked(tmp_path: Path, context: SurveyContext, why: str) -> None:
    found = run(tmp_path, mail("kate@friends.example"), context=context)
    assert rows(found) == {"kate@friends.example": (False, why)}
    assert items(found) == []


def test_someone_known_keeps_his_domain_from_being_ticked(tmp_path: Path) -> None:
    context = SurveyContext(domains=["example.org"], known=["kate@friends.example"])
    assert rows(run(tmp_path, mail("spam@friends.example"), context=context)) == {
        "spam@friends.example": (True, "shared")
    }


def test_own_domain_and_accounts(tmp_path: Path) -> None:
    found = run(tmp_path, mail("anna@example.org"), mail("x@sub.example.org"))
    assert rows(found) == {"anna@example.org": (False, "own"), "x@sub.example.org": (False, "own")}


def test_a_list_and_its_domain(tmp_path: Path) -> None:
    listed = mail("garden-bounces@lists.example", more="List-Id: <garden.lists.example>\n")
    found = run(tmp_path, listed, mail("spam@lists.example"))
    assert rows(found) == {
        "garden-bounces@lists.example": (False, "list"),
        "spam@lists.example": (True, "shared"),
    }


def test_bounces_are_a_row_that_is_not_ticked(tmp_path: Path) -> None:
    (row,) = candidates(run(tmp_path, mail(""), mail("")))
    assert (row.pattern, row.kind, row.messages, row.suggested, row.why) == ("<>", "bounces", 2, False, "bounces")


def test_accounts_aliases_and_tags(tmp_path: Path) -> None:
    context = SurveyContext(
        accounts=["anna@example.org", "an@example.org"],
        domains=["example.org"],
        aliases={"an@example.org": "anna@example.org"}
    )  # fmt: skip
    mails = [mail("a@bad.example", to) for to in ("an@example.org", "ANNA+shop@example.org", "new@example.org")]
    found = run(tmp_path, *mails, mail("a@bad.example", "x@elsewhere.example"), context=context)
    assert [(each.account, each.messages) for each in found.accounts] == [
        ("anna@example.org", 2), ("new@example.org", 1), (None, 1),
    ]  # fmt: skip
    assert [each.scope for each in items(found)] == ["anna@example.org", "new@example.org"]


def test_account_for_the_untold_only(tmp_path: Path) -> None:
    untold = "From x Tue Nov 24 08:35:36 2026\nReturn-Path: <a@bad.example>\n\ntext\n\n"
    found = run(tmp_path, untold, mail("a@bad.example", "bob@example.org"), account="anna@example.org")
    assert [(each.account, each.messages) for each in found.accounts] == [
        ("anna@example.org", 1), ("bob@example.org", 1),
    ]  # fmt: skip


def test_a_fetchmail_hop_names_nobody(tmp_path: Path) -> None:
    more = "Received: by h for <anna@example.org>; Tue, 24 Nov 2026 08:35:36 +0000\n"
    found = run(tmp_path, mail("a@bad.example", "user@localhost", more), context=SurveyContext())
    assert [each.account for each in found.accounts] == ["anna@example.org"]
    found = run(tmp_path, mail("a@bad.example", "user@localhost"), context=SurveyContext())
    assert [each.account for each in found.accounts] == ["user@localhost"]


def test_the_sample_counts_right_and_parses() -> None:
    found = report(survey([SAMPLE], SurveyContext()))
    assert (found.messages, found.unreadable) == (40, 0)
    assert {each.account for each in found.accounts} == {"anna@example.org", "bob@example.org", "user2@localhost"}
    for each in found.accounts:
        assert each.messages == sum(row.messages for row in each.candidates)
        for row in each.candidates:
            if row.kind != "bounces":
                assert pattern.parse(row.pattern).text == row.pattern
    assert rows(found, "user2@localhost")["@.lotto-eu.example"] == (True, "domain")


def test_lines_in_order(tmp_path: Path) -> None:
    (tmp_path / "none.txt").write_text("hello")
    lines = list(survey([SAMPLE, tmp_path / "none.txt"], SurveyContext()))
    assert lines[0].progress is not None
    assert lines[-1].done is not None
    assert (lines[-1].done.messages, lines[-1].done.unreadable) == (40, 1)
    (unreadable,) = (line.unreadable for line in lines if line.unreadable)
    assert unreadable.why in reasons.UNREADABLE
    last = [line.progress for line in lines if line.progress][-1]
    assert last.bytes == last.of
    assert sum(each.messages for each in last.accounts) == last.messages == 40


def test_the_files_are_only_read(tmp_path: Path) -> None:
    before = SAMPLE.stat()
    list(survey([SAMPLE], SurveyContext()))
    assert (SAMPLE.stat().st_mtime_ns, SAMPLE.stat().st_size) == (before.st_mtime_ns, before.st_size)


def test_every_code_has_its_sentence() -> None:
    found = {
        row.why
        for context in (SurveyContext(), OWN)
        for each in report(survey([SAMPLE], context)).accounts
        for row in each.candidates
    }
    assert found <= reasons.WHY.keys()
    words = {node.value for node in ast.walk(ast.parse(inspect.getsource(suggest))) if isinstance(node, ast.Constant)}
    assert {"domain", "address", "shared", "list", "bounces", "unusable"} <= words
