"""No spelling leads round a list: a real Postfix is the judge of what is the same mailbox.

It has one mailbox, in a domain of ASCII and in one with two forms, an alias, one or two recipient delimiters, and folds
names by Unicode. Hundreds of spellings are asked of it directly; whatever it takes, it would put into that mailbox. Of
these the gate, with a list that denies the sender at that account, must let none through.
"""

import random
import socket
from collections.abc import Callable

import pytest

from tests.servers.postfix import Postfix
from tests.wire.gate_process import Home

ACCOUNT, ALIAS = "kiss.me2@virtual.test", "second@virtual.test"
DOMAINS = ("virtual.test", "xn--bcher-kva.test", "bücher.test")
DENIED, FRIEND = "spam@bad.example", "friend@ok.example"
SPELLINGS = 300

_FOLDED = {"k": "\u212a", "s": "ſ"}


def spellings() -> list[str]:
    """Ways to write the account, the same on every run; some of them name nobody."""
    rng = random.Random(2026)
    found = {ACCOUNT: None, ALIAS: None, "kiss.me2-x@virtual.test": None, "kiss.me2+x@virtual.test": None}
    while len(found) < SPELLINGS:
        local, _, domain = rng.choice([ACCOUNT, ACCOUNT, ALIAS, "kiss.me2@bücher.test"]).rpartition("@")
        if rng.random() < 0.4:
            local += rng.choice("+-") + rng.choice(["", "x", "x+y", "x-y", "-", "+", "x@", "owner", "request", "tag.y"])
        local = "".join(_char(char, rng) for char in local)
        if rng.random() < 0.4 or "@" in local:
            local = (
                '"' + "".join(f"\\{char}" if rng.random() < 0.2 and char.isascii() else char for char in local) + '"'
            )
        if rng.random() < 0.1:
            local = rng.choice(["{}.", ".{}", "{} ", " {}", "(c){}", "{}(c)", "owner-{}", "{}-request"]).format(local)
        domain = rng.choice(
            [domain] * 4 + [domain.upper(), domain + ".", domain.encode("idna").decode(), "[127.0.0.1]"]
        )
        route = rng.choice([""] * 8 + ["@a.test:", "@a.test,@b.test:", "@virtual.test:"])
        found[f"{route}{local}@{domain}"] = None
    return list(found)


def _char(char: str, rng: random.Random) -> str:
    return rng.choice([char, char, char.upper(), _FOLDED.get(char, char) if rng.random() < 0.2 else char])


def taken(port: int, sender: str, recipients: list[str]) -> list[str]:
    """Those of the recipients that get 250."""
    found = []
    with socket.create_connection(("127.0.0.1", port), 60) as client, client.makefile("rb") as reader:

        def ask(line: str) -> bytes:
            client.sendall(f"{line}\r\n".encode())
            return last(reader.readline)

        last(reader.readline)
        ask("EHLO mx.outside.test")
        assert ask(f"MAIL FROM:<{sender}> SMTPUTF8").startswith(b"250")
        for recipient in recipients:
            told = ask(f"RCPT TO:<{recipient}>")
            assert told[:1] in b"25", (recipient, told)
            if told.startswith(b"250"):
                found.append(recipient)
    return found


def last(read_line: Callable[[], bytes]) -> bytes:
    line = read_line()
    while line[3:4] == b"-":
        line = read_line()
    return line


@pytest.mark.parametrize("delimiter", ["+-", "-"])
def test_whatever_postfix_takes_for_the_account_is_refused(
    home: Home, start_postfix: Callable[..., Postfix], delimiter: str
) -> None:
    postfix = start_postfix(
        mailboxes=[f"kiss.me2@{domain}" for domain in DOMAINS],
        domains=DOMAINS,
        main={
            "recipient_delimiter": delimiter,
            "virtual_alias_maps": f"inline:{{{{{ALIAS} = {ACCOUNT}}}}}",
            "smtputf8_enable": "yes",
            "smtpd_soft_error_limit": "100000",
            "smtpd_hard_error_limit": "100000",
            "mynetworks": "",
        },
    )
    names = ", ".join(f'"{one}"' for one in DOMAINS[:2])
    (home.path / "config").mkdir(parents=True)
    (home.path / "config" / "gate.toml").write_text(
        f'[gate]\ndomains = [{names}]\ndeliver = "smtp://127.0.0.1:{postfix.proxy}"\nclient_address = "proxy"\n'
        f'recipient_delimiter = "{delimiter}"\n'
    )
    home.done("account", "add", ACCOUNT, "--alias", ALIAS, "--alias", "kiss.me2@bücher.test")
    home.done("deny", ACCOUNT, DENIED)
    everything = spellings()
    same = taken(postfix.plain, DENIED, everything)
    assert len(same) > SPELLINGS // 3
    with home.gate() as gate:
        port = gate.port
        assert taken(port, DENIED, same) == []
        friendly = taken(port, FRIEND, same)
        assert len(friendly) > len(same) * 2 // 3
        assert gate.status()["state"] == "guarding"
    assert DENIED not in "\n".join(line for line in postfix.process.lines if "status=sent" in line)
