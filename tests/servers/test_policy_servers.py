"""The policy front beside a real Postfix: a denied sender hears, byte for byte, what is heard of a missing account."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.policy import Pair, beside
from tests.servers.postfix import Postfix
from tests.servers.twin import Script, converse, each_on_its_own, in_one_packet, session, twins
from tests.wire.gate_process import Home

StartPostfix = Callable[..., Postfix]

USER, GOOD = "user2@virtual.test", b"RCPT TO:<good@virtual.test>"
MESSAGE = b"Subject: x\r\n\r\nhello\r\n.\r\n"


def rcpt(name: bytes, domain: bytes = b"virtual.test") -> bytes:
    return b"RCPT TO:<" + name + b"@" + domain + b">"


def mixed(name: bytes) -> Iterator[bytes]:
    one = rcpt(name)
    for order in ((one, GOOD), (GOOD, one), (GOOD, one, one), (one, GOOD, one)):
        yield from each_on_its_own([b"MAIL FROM:<spam@bad.example>", *order, b"DATA"])
        yield MESSAGE
    yield b"QUIT\r\n"


SCRIPTS: dict[str, Script] = {
    "alone": lambda name: each_on_its_own(session(rcpt(name))),
    "by HELO": lambda name: each_on_its_own(session(rcpt(name), hello=b"HELO mx.outside.test")),
    "DATA after nothing but refusals": lambda name: each_on_its_own(session(rcpt(name), rcpt(name), b"DATA")),
    "mixed": lambda name: [b"EHLO mx.outside.test\r\n", *mixed(name)],
    "pipelined": lambda name: in_one_packet(session(rcpt(name), GOOD, rcpt(name), b"RSET", b"NOOP")),
    "a second transaction": lambda name: each_on_its_own(
        [*session(rcpt(name), b"RSET")[:-1], *session(rcpt(name), GOOD, rcpt(name))[1:]]
    ),
    "VRFY, EXPN": lambda name: each_on_its_own(
        session(b"VRFY " + name + b"@virtual.test", b"EXPN " + name, b"HELP", b"XYZ", rcpt(name))
    ),
    "upper case": lambda name: each_on_its_own(session(rcpt(name.upper(), b"VIRTUAL.Test"), rcpt(name.title()))),
    "quoted, routed, spaced, plain": lambda name: each_on_its_own(
        session(
            rcpt(b'"' + name + b'"'),
            b"RCPT TO:<@a.test,@b.test:" + name + b"@virtual.test>",
            b"RCPT TO: <" + name + b" (comment) @ virtual.test>",
            b"RCPT TO:" + name + b"@virtual.test",
            rcpt(name, b"virtual.test."),
        )
    ),
    "tags": lambda name: each_on_its_own(session(rcpt(name + b"+shop"), rcpt(name + b"+"), rcpt(name + b"++a+b"))),
    "SMTPUTF8": lambda name: each_on_its_own(
        [
            b"EHLO mx.outside.test",
            "MAIL FROM:<spämmer@bad.example> SMTPUTF8".encode(),
            rcpt(name),
            b"RSET",
            b"MAIL FROM:<spam@bad.example> SMTPUTF8",
            rcpt(name),
            rcpt("ü".encode() + name),
            b"QUIT",
        ]
    ),
    "out of order": lambda name: each_on_its_own(
        [b"EHLO mx.outside.test", rcpt(name), b"MAIL FROM:<spam@bad.example>", rcpt(name) + b" BOGUS=1", b"QUIT"]
    ),
}


@pytest.fixture
def pair(start_postfix: StartPostfix, tmp_path: Path) -> Iterator[Pair]:
    with beside(start_postfix, tmp_path, denied=[USER], mailboxes=["good@virtual.test"]) as found:
        yield found


def test_denied_and_missing_cannot_be_told_apart(pair: Pair) -> None:
    for name, script in SCRIPTS.items():
        print(name)
        assert b"\n55" in twins(pair.port, script, times=2)
    told = twins(pair.port, SCRIPTS["alone"])
    assert b"550 5.1.1 <nobo7@virtual.test>: Recipient address rejected: User unknown in virtual mailbox table" in told


@pytest.mark.parametrize("sleep", ["0s", "1s"], ids=["counting", "sleeping"])
def test_errors_count_for_both(start_postfix: StartPostfix, tmp_path: Path, sleep: str) -> None:
    """Ten errors, twenty errors: the sleep and the hang-up are Postfix's own. (Sleeping at fewer, for it is slow.)"""
    limits = ("10", "20") if sleep == "0s" else ("2", "3")
    main = {
        "smtpd_error_sleep_time": sleep,
        "smtpd_soft_error_limit": limits[0],
        "smtpd_hard_error_limit": limits[1],
    }
    with beside(start_postfix, tmp_path, denied=[USER], main=main) as pair:
        script = [rcpt(b"%b")] * int(limits[1])
        told = twins(
            pair.port, lambda name: each_on_its_own(session(*[one % name for one in script])[:-1]), at_once=True
        )
    assert b"421 4.7.0 mx.virtual.test Error: too many errors" in told


DOMAINS = {
    "virtual": "virtual mailbox table",
    "alias": "virtual alias table",
    "local": "local recipient table",
    "relay": "relay recipient table",
}


@pytest.mark.parametrize("more", [{}, {"soft_bounce": "yes"}, {"smtpd_reject_footer": "\\c. Call 1-800\nor write"}],
                         ids=["plain", "soft", "footer"])  # fmt: skip
def test_each_kind_of_domain_has_its_own_words(
    start_postfix: StartPostfix, tmp_path: Path, more: dict[str, str]
) -> None:
    main = {
        "virtual_alias_domains": "alias.test",
        "virtual_alias_maps": "inline:{{user2@alias.test = user2@virtual.test}}",
        "mydestination": "local.test",
        "local_recipient_maps": "inline:{{user2 = x}}",
        "local_transport": "discard",
        "relay_domains": "relay.test",
        "relay_recipient_maps": "inline:{{user2@relay.test = x}}",
        "relay_transport": "discard",
        "myorigin": "local.test",
        **{name: value.replace("\n", "\\n") for name, value in more.items()},
    }
    domains = [f"{kind}.test" for kind in DOMAINS]
    denied = [f"user2@{domain}" for domain in domains]
    with beside(start_postfix, tmp_path, denied=denied, own=domains, main=main) as pair:
        for kind, words in DOMAINS.items():
            told = twins(
                pair.port, lambda name, kind=kind: each_on_its_own(session(rcpt(name, f"{kind}.test".encode())))
            )
            assert words.encode() in told
            assert (b"450 4.1.1 <nobo7@" in told) == ("soft_bounce" in more)
        bare = [b"RCPT TO:<%b>", b"RCPT TO:<%b@[127.0.0.1]>", b"RCPT TO:<%b%%local.test>", b"RCPT TO:<local.test!%b>"]
        for form in bare:
            twins(pair.port, lambda name, form=form: each_on_its_own(session(form % name)))
        warnings = [warning["code"] for warning in pair.gate.status()["warnings"]]
        assert set(warnings) == ({"backend.only_temporary"} if "soft_bounce" in more else set())


def test_a_bare_name_and_one_at_an_address_have_the_words_of_their_classes(
    start_postfix: StartPostfix, tmp_path: Path
) -> None:
    """Postfix takes the one for $myorigin's, and the other for a local one."""
    main = {
        "virtual_mailbox_domains": "virtual.test",
        "myorigin": "virtual.test",
        "local_recipient_maps": "inline:{{user9 = x}}",
        "resolve_numeric_domain": "yes",
    }
    with beside(start_postfix, tmp_path, denied=[USER], main=main) as pair:
        for forms, words in (
            ([b"%b"], b"virtual mailbox table"),
            (
                [b"%b@[127.0.0.1]", b"%b@127.0.0.1", b"%b@[127.0.0.1]@", b"%b%%[127.0.0.1]@[127.0.0.1]"],
                b"local recipient table",
            ),
        ):
            for form in forms:
                lines = b"RCPT TO:<" + form + b">"
                told = twins(pair.port, lambda name, lines=lines: each_on_its_own(session(lines % name)))
                assert words in told


def test_no_spelling_goes_round_a_list(pair: Pair) -> None:
    """Whatever Postfix delivers to the denying account is refused, and nothing else is."""
    forms = [
        b'RCPT TO:<"user2"@virtual.test>',
        b"RCPT TO:<user2%virtual.test>",
        b"RCPT TO:<virtual.test!user2>",
        b"RCPT TO:<@x.test:USER2@Virtual.Test.>",
        b'RCPT TO:<"user2@virtual.test">',
        b"RCPT TO:<\\user2@virtual.test>",
        b"RCPT TO:<user2+tag@virtual.test>",
    ]
    read_twice = [
        b"RCPT TO:<@a:@b:user2@virtual.test>",
        b"RCPT TO:<@a:@b:user2%virtual.test>",
        b'RCPT TO:<""@a: user2(c)%virtual.test>',
        b"RCPT TO:<a:;user2+t%virtual.test%>",
        b"RCPT TO:<user2@\\\\virtual.test>",
        b'RCPT TO:<"@b:user2"@virtual.test>',
    ]
    for tried in (forms, read_twice):  # fewer a session than Postfix bears errors
        told = converse(pair.port, each_on_its_own(session(*tried, GOOD, b"RCPT TO:<postmaster>")))
        codes = [line[:3] for line in told.splitlines() if b"5.1.1" in line or b"2.1.5" in line]
        assert codes == [b"550"] * len(tried) + [b"250", b"250"]
    senders = (b"@a:@b:spam@bad.example", b"spam%bad.example", b"bad.example!spam", b'"@b:spam"@bad.example')
    for sender in senders:
        assert b"550 5.1.1 <user2@" in converse(pair.port, each_on_its_own(session(rcpt(b"user2"), sender=sender)))


@contextlib.contextmanager
def greylist() -> Iterator[int]:
    """A policy server that puts every new pair of sender and recipient off once; its port. (Bounces it lets pass.)"""
    seen: set[tuple[bytes, bytes]] = set()

    def answer(told: dict[bytes, bytes]) -> bytes:
        pair = (told[b"sender"], told[b"recipient"])
        if pair in seen or not pair[0]:
            return b"action=DUNNO\n\n"
        seen.add(pair)
        return b"action=450 4.2.0 Greylisted, come again\n\n"

    def serve(client: socket.socket) -> None:
        told: dict[bytes, bytes] = {}
        with client, client.makefile("rb") as lines:
            for line in lines:
                name, _, value = line.rstrip(b"\n").partition(b"=")
                if name:
                    told[name] = value
                else:
                    client.sendall(answer(told))
                    told = {}

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)


def test_behind_a_greylist_both_are_put_off_and_then_refused(start_postfix: StartPostfix, tmp_path: Path) -> None:
    with greylist() as port:
        before = f"check_policy_service inet:127.0.0.1:{port}"
        with beside(start_postfix, tmp_path, denied=[USER], before=before) as pair:
            told = twins(pair.port, lambda name: each_on_its_own(session(rcpt(name), rcpt(name))))
    assert [line[:9] for line in told.splitlines() if b"nobo7" in line] == [b"450 4.2.0", b"550 5.1.1"]


def test_behind_reject_unverified_recipient_too(start_postfix: StartPostfix, tmp_path: Path) -> None:
    main = {
        "virtual_transport": "virtual",
        "address_verify_poll_delay": "1s",
        "address_verify_map": "",
        "unverified_recipient_reject_code": "550",
    }
    with beside(start_postfix, tmp_path, denied=[USER], before="reject_unverified_recipient", main=main) as pair:
        told = twins(pair.port, SCRIPTS["alone"], times=2)
    assert b"550 5.1.1 <nobo7@virtual.test>: Recipient address rejected: undeliverable address" in told


@pytest.mark.parametrize("way", ["proxy", "xclient"])
def test_where_it_can_it_asks_as_a_stranger(start_postfix: StartPostfix, tmp_path: Path, way: str) -> None:
    """So it learns what strangers hear, though the Postfix trusts the gate's own address."""
    main = {"smtpd_authorized_xclient_hosts": "127.0.0.1"} if way == "xclient" else {}
    before = "check_client_access inline:{{127.0.0.1 = 550 5.1.1 A machine of our own}}"
    with beside(start_postfix, tmp_path, denied=[USER], before=before, main=main, by_proxy=way == "proxy") as pair:
        pair.postfix.process.wait_for_line(
            r"reject: RCPT from \S+\[192\.0\.2\.1\]: 550 5\.1\.1 .*User unknown in virtual"
        )
        assert pair.gate.status()["warnings"] == []


def accepted(port: int) -> bool:
    lines = session(rcpt(b"user2"), b"DATA", sender=b"friend@good.example")
    told = converse(port, [*each_on_its_own(lines[:-1]), MESSAGE, b"QUIT\r\n"])
    return b"queued as" in told


def rows_of_the_denied(home: Home) -> list[dict[str, object]]:
    return [row for row in home.json("log") if row["sender"] == "spam@bad.example"]


def test_mail_flows_whatever_becomes_of_the_gate(pair: Pair) -> None:
    denied = each_on_its_own(session(rcpt(b"user2")))
    assert accepted(pair.port) and b"550 5.1.1" in converse(pair.port, denied)
    home = pair.gate.home
    home.done("pause")
    assert b"250 2.1.5" in converse(pair.port, denied)
    home.done("stop")
    assert accepted(pair.port) and b"250 2.1.5" in converse(pair.port, denied)
    home.done("start")
    assert b"550 5.1.1" in converse(pair.port, denied)
    for _ in range(100):  # what is under way in the moment of a kill is lost
        if len(rows_of_the_denied(home)) == 3:
            break
    pair.gate.signal(signal.SIGSTOP)  # it hangs: Postfix waits no longer than the lines say
    try:
        assert accepted(pair.port)
    finally:
        pair.gate.signal(signal.SIGCONT)
    pair.gate.kill()
    assert accepted(pair.port)
    rows = rows_of_the_denied(home)
    kinds = [(row["verdict"], row["because"], row["would"]) for row in rows]
    assert kinds == [("refuse", "entry", None), ("accept", "open", "refuse"), ("refuse", "entry", None)]
    assert {row["front"] for row in home.json("log")} == {"policy"}


def test_what_is_kept_of_a_refusal(pair: Pair) -> None:
    twice = session(rcpt(b"user2"), rcpt(b"user2"), GOOD, b"DATA")
    converse(pair.port, [*each_on_its_own(twice[:-1]), MESSAGE, b"QUIT\r\n"])
    pair.gate.home.done("quit")  # what is still to be written is written then
    rows = pair.gate.home.json("log")
    assert [(row["recipient"], row["verdict"]) for row in rows] == [(USER, "refuse"), ("good@virtual.test", "accept")]
    assert rows[0]["reply"] == f"550 5.1.1 <{USER}>: Recipient address rejected: User unknown in virtual mailbox table"
    assert (rows[0]["client"], rows[0]["helo"], rows[0]["pattern"]) == (
        "127.0.0.1", "mx.outside.test", "spam@bad.example",
    )  # fmt: skip


def test_a_catch_all_is_told_and_borrows_anothers_words(start_postfix: StartPostfix, tmp_path: Path) -> None:
    with beside(
        start_postfix, tmp_path, denied=["user2@all.test"], own=["all.test", "virtual.test"], mailboxes=["@all.test"]
    ) as pair:
        told = converse(pair.port, each_on_its_own(session(rcpt(b"user2", b"all.test"), rcpt(b"x", b"all.test"))))
        (warning,) = pair.gate.status()["warnings"]
    assert b"550 5.1.1 <user2@all.test>: Recipient address rejected: User unknown in virtual mailbox table" in told
    assert b"250 2.1.5" in told
    assert (warning["code"], warning["params"]["domain"]) == ("backend.catch_all", "all.test")


def test_the_backend_is_checked_for_its_words_alone(pair: Pair) -> None:
    """That it would relay for 127.0.0.1, or cannot be told a client's address, is no matter where no mail passes."""
    home = pair.gate.home
    said = "550 5.1.1 <no-such-user@virtual.test>: Recipient address rejected: User unknown in virtual mailbox table"
    found = home.json("check", "--backend")
    assert (found["ok"], found["problem"], found["relay"], found["warnings"]) == (True, None, None, [])
    assert [(one["unknown_user"], one["reply"]) for one in found["domains"]] == [("refused", said)]
    home.done("quit")
    assert home.json("check", "--backend") == found
    assert said in home.done("check", "--backend")


def test_a_listed_catch_all_says_the_same_to_all_but_its_own(start_postfix: StartPostfix, tmp_path: Path) -> None:
    with beside(
        start_postfix, tmp_path, denied=["user2@all.test"], own=["all.test"], mailboxes=["@all.test"], listed=True
    ) as pair:
        told = twins(pair.port, lambda name: each_on_its_own(session(*[rcpt(name, b"all.test")] * 3)))
        friend = converse(
            pair.port, each_on_its_own(session(rcpt(b"user2", b"all.test"), sender=b"friend@good.example"))
        )
        assert pair.gate.status()["warnings"] == []
    assert b"550 5.1.1 <nobo7@all.test>: Recipient address rejected: User unknown" in told and b"250 2.1.5" in friend


def test_the_owners_own_words(start_postfix: StartPostfix, tmp_path: Path) -> None:
    more = 'reply = "554 5.7.1 Nobody here"\n'
    with beside(start_postfix, tmp_path, denied=[USER], more=more, learns=False) as pair:
        told = converse(pair.port, each_on_its_own(session(rcpt(b"user2"))))
    assert b"554 5.7.1 <user2@virtual.test>: Recipient address rejected: Nobody here\r\n" in told
