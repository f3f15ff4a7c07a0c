"""A gate that a Postfix asks, and the Postfix that asks it, by the very lines of `irusu-gate lines postfix-policy`.

Clients are at 127.0.0.1, as the gate is when it asks; Postfix has nobody in mynetworks, so that all are judged.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate import config
from gate.control.client import connect
from gate.folders import Folders
from gate.forms import AddAccount, AddEntries
from gate.server_lines import setup_lines
from tests.servers.postfix import Postfix
from tests.servers.process import free_ports
from tests.wire.gate_process import Gate, Home

SPAMMER = "spam@bad.example"
MAIN = {
    "mynetworks": "",
    "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
    "virtual_transport": "discard",
}


@dataclass
class Pair:
    """A Postfix and the gate that it asks.

    Attributes:
        port: of the Postfix, for clients.
        policy: port of the gate.
    """

    postfix: Postfix
    gate: Gate
    policy: int

    @property
    def port(self) -> int:
        return self.postfix.plain


def lines_of(home: Home, way: str, file: str) -> str:
    """The lines for one file that `irusu-gate lines` prints there. (Made here: a process takes half a second.)"""
    found = setup_lines(config.load(home.path / "config" / "gate.toml"))
    snippets = next(each.snippets for each in found.ways if each.name == way)
    return next(snippet.lines for snippet in snippets if snippet.file == file)


def configure(
    home: Home, domains: Sequence[str], port: int, policy: int, more: str = "", *, listed: bool = False
) -> None:
    names = ", ".join(f'"{one}"' for one in domains)
    home.write(
        f'[gate]\ndomains = [{names}]\ndeliver = "smtp://127.0.0.1:{port}"\nlisted = [{names if listed else ""}]\n'
        f'[policy]\nlisten = ["127.0.0.1:{policy}"]\n{more}'
    )


@contextlib.contextmanager
def beside(
    start_postfix: Callable[..., Postfix],
    folder: Path,
    *,
    denied: Sequence[str],
    own: Sequence[str] = ("virtual.test",),
    main: dict[str, str] | None = None,
    more: str = "",
    mailboxes: Sequence[str] = (),
    before: str = "",
    learns: bool = True,
    by_proxy: bool = False,
    listed: bool = False,
) -> Iterator[Pair]:
    """Both, wired by the printed lines, when the gate has learnt how the Postfix refuses. `denied`: addresses, existing
    at the Postfix, that deny SPAMMER. `own`: the domains; those that `main` says nothing of are virtual. `mailboxes`:
    further ones. `before`: a restriction ahead of the gate. `learns`: whether the gate asks how to refuse; `by_proxy`:
    at the listener that wants a PROXY header. `listed`: all of `own` are."""
    home = Home(folder / "home")
    (policy,) = free_ports(1)
    configure(home, own, 9, policy)
    settings = MAIN | (main or {})
    lines = lines_of(home, "postfix-policy", "main.cf")
    postfix = start_postfix(
        mailboxes=[*denied, *mailboxes],
        domains=[domain for domain in own if not any(domain in value.split() for value in settings.values())],
        main=settings,
        main_lines=lines.replace("    check_policy", f"    {before},\n    check_policy") if before else lines,
    )
    configure(home, own, postfix.proxy if by_proxy else postfix.plain, policy, more, listed=listed)
    with home.gate(listen=None) as gate:
        folders = Folders(*(home.path / name for name in ("config", "data", "run", "log")))
        with connect(folders) or contextlib.nullcontext() as link:
            assert link is not None
            link.call("account.add", AddAccount(address=denied[0], aliases=list(denied[1:])))
            link.call("deny", AddEntries(scope=denied[0], patterns=[SPAMMER, "spämmer@bad.example"]))
        if learns:
            learnt = "says of missing accounts"
            if not any(learnt in line for line in gate.said):
                gate.wait_line(learnt)
        yield Pair(postfix, gate, policy)
