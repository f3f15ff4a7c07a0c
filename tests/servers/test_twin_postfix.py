"""A denied and an unknown recipient before a Postfix with settings that could tell them apart: limits, sleeps, order of
restrictions, footers, address extensions, verification of addresses, greylisting."""

import pytest

from tests.servers.twin import (
    DENIED,
    SPAMMER,
    UNKNOWN,
    comparable,
    converse,
    each_on_its_own,
    session,
    twins,
)
from tests.servers.twin_houses import Houses

MAIL = b"MAIL FROM:<" + SPAMMER + b">"
USUAL = "permit_mynetworks, reject_unauth_destination"


def rcpt(name: bytes, domain: bytes = b"virtual.test") -> bytes:
    return b"RCPT TO:<" + name + b"@" + domain + b">"


def to_the_end(name: bytes) -> list[bytes]:
    """Errors of all kinds, in several transactions, until the server hangs up or the client has enough."""
    some = [rcpt(name), rcpt(b"user1"), b"FOO", rcpt(b"a b"), rcpt(name), b"VRFY " + name, b"RSET", MAIL]
    other = [
        rcpt(b"user1"),
        rcpt(b"user3"),
        rcpt(name + b"+tag"),
        b"NOOP",
        b"RSET",
        MAIL,
        rcpt(name),
        rcpt(name.upper()),
    ]
    return each_on_its_own(session(*some, *other, *some, *other, *some, b"NOOP"))


SETTINGS: dict[str, dict[str, str]] = {
    "soft bounce": {"soft_bounce": "yes"},
    "refusing at once": {
        "smtpd_delay_reject": "no",
        "smtpd_helo_required": "yes",
        "smtpd_helo_restrictions": "reject_invalid_helo_hostname",
        "smtpd_sender_restrictions": "reject_unlisted_sender",
    },
    "a limit of recipients": {"smtpd_recipient_limit": "2", "smtpd_recipient_overshoot_limit": "2"},
    "few errors": {"smtpd_hard_error_limit": "3"},
    "few errors, sleeping": {
        "smtpd_error_sleep_time": "1s",
        "smtpd_soft_error_limit": "9",
        "smtpd_hard_error_limit": "11",
    },
    "junk commands": {"smtpd_junk_command_limit": "1", "smtpd_hard_error_limit": "9"},
    "a footer": {"smtpd_reject_footer": "\\c. For help tell $server_name of $client_address"},
    "no SMTPUTF8": {"smtputf8_enable": "no"},
    "no verbs": {"disable_vrfy_command": "yes", "smtpd_discard_ehlo_keywords": "pipelining, dsn, enhancedstatuscodes"},
    "two delimiters": {"recipient_delimiter": "+-"},
    "4xx for the unknown": {"unknown_virtual_mailbox_reject_code": "450"},
    "the sender refused": {"smtpd_recipient_restrictions": "check_sender_access inline:{bad.example=REJECT}"},
    "the recipient held to syntax": {"strict_rfc821_envelopes": "yes"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(houses: Houses, name: str) -> None:
    postfix = houses.postfix(SETTINGS[name])
    with houses.gate(postfix.proxy) as gate:
        for pipelined in (False,) if "sleeping" in name else (False, True):

            def script(name: bytes, pipelined: bool = pipelined) -> list[bytes]:
                blocks = to_the_end(name)
                return [blocks[0], b"".join(blocks[1:])] if pipelined else blocks

            told = twins(gate.port, script, times=2, at_once=True)
            assert (b"closed in block" in told) == ("error" in name or "junk" in name), told


def test_two_delimiters_end_the_name_of_a_denied_account(houses: Houses) -> None:
    postfix = houses.postfix({"recipient_delimiter": "+-"})
    forms = (b"%s-tag", b"%s+tag", b"%s-a+b", b"%s+a-b", b'"%s-a b"', b"%s-", b"%s-%s")
    with houses.gate(postfix.proxy, 'recipient_delimiter = "+-"\n') as gate:
        for form in forms:

            def script(name: bytes, form: bytes = form) -> list[bytes]:
                return each_on_its_own(session(rcpt(form.replace(b"%s", name)), b"DATA"))

            assert b"\n550 5.1.1 " in twins(gate.port, script)


def test_real_limits_of_errors(houses: Houses) -> None:
    """Postfix's own limit, after twenty it hangs up; mixed with what the gate answers itself and nobody counts."""
    postfix = houses.postfix({"smtpd_soft_error_limit": "10", "smtpd_hard_error_limit": "20"})
    with houses.gate(postfix.proxy) as gate:
        only = twins(gate.port, lambda name: each_on_its_own(session(*[rcpt(name)] * 30)))
        assert only.count(b"\n550 5.1.1") == 20
        assert b"\n421 4.7.0 mx.virtual.test Error: too many errors\nclosed" in only
        mixed = [b"FOO", b"VRFY x", b"AUTH PLAIN"]
        told = twins(
            gate.port, lambda name: each_on_its_own(session(*[rcpt(name), *mixed, rcpt(b"user1"), rcpt(name)] * 12))
        )
        assert b"too many errors\nclosed in block" in told


def test_rates_by_client(houses: Houses) -> None:
    main = {"smtpd_client_recipient_rate_limit": "3", "smtpd_client_event_limit_exceptions": ""}
    postfix = houses.postfix(main)
    with houses.gate(postfix.proxy) as gate:
        blocks = [each_on_its_own(session(*[rcpt(name)] * 5, rcpt(b"user1"))) for name in (DENIED, UNKNOWN)]
        denied, unknown = (
            converse(gate.port, one, source=f"127.0.0.{10 + n}").replace(b"127.0.0.%d" % (10 + n), b"CLIENT")
            for n, one in enumerate(blocks)
        )
    assert comparable(denied, DENIED, UNKNOWN) == unknown
    assert unknown.count(b"\n450 4.7.1 Error: too many recipients from CLIENT") == 3


def test_addresses_verified_at_another_server(houses: Houses) -> None:
    """The first time a name is asked for there, then it is remembered: the decoy as any other name."""
    behind = houses.postfix({"syslog_name": "behind"}, ["user2@relay.test", "user1@relay.test"])
    main = {
        "relay_recipient_maps": "",
        "relay_transport": f"relay:[127.0.0.1]:{behind.plain}",
        "smtpd_recipient_restrictions": "check_recipient_access inline:{relay.test=reject_unverified_recipient}",
        "unverified_recipient_reject_code": "550",
        "address_verify_map": "",
        "address_verify_poll_delay": "1s",
    }
    front = houses.postfix(main)
    with houses.gate(front.proxy) as gate:

        def script(name: bytes) -> list[bytes]:
            return each_on_its_own(session(rcpt(name, b"relay.test"), b"DATA", rcpt(b"user1", b"relay.test")))

        asked = len(behind.process.lines)
        told = [twins(gate.port, script, at_once=True) for _ in range(2)]
        assert b"undeliverable address" in told[1] and b"\n250 2.1.5 Ok" in told[1]
        refused = [line for line in behind.process.lines[asked:] if "NOQUEUE: reject: RCPT" in line]
        assert len(refused) == 2, refused
