"""Who sent a saved message, to whom, when: each source, best first."""

import pytest

from gate.rules.address import NULL
from gate.savedmail.facts import Facts, Header
from gate.savedmail.mbox import Message


def header(text: str, from_line: str = "") -> Header:
    return Header(Message(0, from_line.encode(), text.encode()))


def facts(text: str, from_line: str = "") -> Facts:
    return header(text, from_line).facts()


@pytest.mark.parametrize(
    ("text", "sender", "origin"),
    [
        ("Return-Path: <A@Bad.Example>\nFrom: <b@bad.example>\n", "a@bad.example", "return-path"),
        ("return-path:a@bad.example\nFrom: b@bad.example\n", "a@bad.example", "return-path"),
        ("Return-Path: <upper@bad.example>\nReturn-Path: <older@bad.example>\n", "upper@bad.example", "return-path"),
        ("Return-Path:\n <folded@bad.example>\n", "folded@bad.example", "return-path"),
        ("X-Envelope-From: <e@bad.example>\nFrom: f@bad.example\n", "e@bad.example", "envelope"),
        ("X-MailFrom: e@bad.example\nFrom: f@bad.example\n", "e@bad.example", "envelope"),
        ('Received-SPF: pass (x: ok) client-ip=192.0.2.1; envelope-from="s@bad.example"; helo=x;\n', "s@bad.example",
         "spf"),
        ("Authentication-Results: mx.example.org;\n spf=pass smtp.mailfrom=s@bad.example;\n dkim=none\n",
         "s@bad.example", "spf"),
        ("From: A <f@bad.example>\n", "f@bad.example", "header"),
        ("From: f@bad.example (A)\n", "f@bad.example", "header"),
        ('From: "x <no@no.example>" <f@bad.example>\n', "f@bad.example", "header"),
        ("From: =?utf-8?q?M=C3=BCller?= <f@bad.example>\n", "f@bad.example", "header"),
        ("Return-Path: <SRS0=ab12=cd=bad.example=anna@forward.example>\n", "anna@bad.example", "return-path"),
        ("Return-Path: <prvs=0123456789=anna@bad.example>\n", "anna@bad.example", "return-path"),
        ("Return-Path: <grüße@xn--bcher-kva.example>\n", "grüße@bücher.example", "return-path"),
        ("Return-Path: not an address\nFrom: f@bad.example\n", "f@bad.example", "header"),
    ],
)  # fmt: skip
def test_sender(text: str, sender: str, origin: str) -> None:
    found = facts(text)
    assert found.sender is not None
    assert (found.sender.text, found.origin) == (sender, origin)


def test_crlf_and_order() -> None:
    found = facts("From: f@bad.example\r\nReturn-Path: <r@bad.example>\r\nX: y\r\n")
    assert found.sender is not None
    assert found.sender.text == "r@bad.example"


def test_from_line() -> None:
    assert facts("From: h@bad.example\n", "m@bad.example Tue Nov 24 08:35:36 2026").origin == "from-line"
    for placeholder in ("- Tue", "MAILER-DAEMON Tue", "1234@xxx Tue"):
        assert facts("From: h@bad.example\n", placeholder).origin == "header"


def test_null_sender() -> None:
    assert facts("Return-Path: <>\nFrom: mailer-daemon@bad.example\n").sender == NULL


def test_no_sender() -> None:
    assert facts("Subject: x\n").sender is None
    assert facts("From: undisclosed\n").sender is None


def test_recipients_best_first() -> None:
    text = (
        "Received: from a by b for c; Tue, 24 Nov 2026 08:35:36 +0000\n"
        "Received: from a by b\n\tfor <new@example.org>; Tue, 24 Nov 2026 08:00:00 +0000\n"
        "Received: from a by b for old@example.org (single-drop); Tue, 24 Nov 2026 07:00:00 +0000\n"
        "X-Original-To: original@example.org\n"
        "Delivered-To: final@example.org\n"
        'To: "List, A" <to@example.org>, other@example.org\nCc: cc@example.org\n'
    )
    read = header(text)
    assert [each.local for each in read.delivered_to()] == ["final", "original", "new", "old"]
    assert [each.local for each in read.written_to()] == ["to", "other", "cc"]


def test_date_of_received_before_date() -> None:
    date = "Date: Mon, 02 Mar 2026 12:54:00 +0100\n"
    assert facts("Received: by x; Mon, 02 Mar 2026 12:55:00 +0000\n" + date).seconds == 1772456100
    assert facts("Received: by x\n" + date).seconds == 1772452440
    for unusable in ("Date: yesterday\n", "Date: Mon, 02 Mar 9999 12:54:00 +0100\n", "Date:\n", "Date: 99 99 99\n"):
        assert facts(unusable).seconds is None


def test_a_list_by_envelope_and_field() -> None:
    field = "List-Id: <garden.lists.example>\n"
    assert facts("Return-Path: <garden-bounces@lists.example>\n" + field).listed
    assert facts("Return-Path: <owner-garden@lists.example>\n" + field).listed
    assert not facts("Return-Path: <win@lotto.example>\n" + field).listed
    assert not facts("Return-Path: <garden-bounces@lists.example>\n").listed


def test_raw_bytes() -> None:
    read = Header(Message(0, b"", b"From: \xff\xfe <f@bad.example>\nTo: \x00\xe9\nReturn-Path: \x1b$B\n"))
    found = read.facts()
    assert found.sender is not None
    assert found.sender.text == "f@bad.example"
    assert list(read.written_to()) == []


@pytest.mark.parametrize(
    "value", ["(" * 15000, '"' * 15001, "a," * 8000, "<" * 15000, "(a" * 5000, "for <" * 3000, "a@" * 7000]
)
@pytest.mark.parametrize("name", ["From", "To", "Return-Path", "Received", "Date", "Authentication-Results"])
def test_hostile_values_end_soon(name: str, value: str) -> None:
    read = header(f"{name}: {value} <last@bad.example>\n")
    assert read.facts() is not None
    assert len(list(read.delivered_to()) + list(read.written_to())) <= 100
