"""Transcripts of SMTP sessions, and their players: the pure dialogue, and real sockets.

A transcript is text that a postmaster could write. Its first lines are the owner's lists, then one line a line:

    deny user2@localhost user1@localhost      scope and pattern
    learnt user2@localhost 550 5.1.1 no       the backend's knowledge: no live decoy for this path
    learnt @localhost 550 5.1.1 <*>: no       nor for any of this domain; * stands for the path
    listed given@localhost                    only the accounts that are so named exist in their domain
    normalize                                 bare_newline = "normalize"
    C: EHLO client.test      the client sends             B: EHLO client.test    the backend must get
    S: 250 mail.test         the backend sends            G: 250 mail.test       the client must get
    C: -  S: -               one closes its side          B: -  G: -             one must see the other close
    L: refuse entry user1@localhost user2@localhost 550    a row of the log
    D: user2@localhost       the decoy of this recipient was accepted
    W: -                     a reply is put off; the time that it waits is over then

`%user2@localhost%` is the decoy of that path; `\\n`, `\\r`, `\\0` and `\\xHH` stand for bytes.
"""

import codecs
import re
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from gate.backend.decoy import decoy_for
from gate.backend.reply import ReplyParser
from gate.guard import Guard
from gate.rules.ruleset import AccountRule, EntryRule, compile_ruleset
from gate.smtp.actions import AbortBackend, Answered, Close, DecoyAccepted, Outcome, Wait
from gate.smtp.dialogue import Dialogue, Terms

KEY = b"k" * 32
FILES = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@dataclass(frozen=True)
class Step:
    """`who` is C, S, B, G, L, D or W; `data` a line with CRLF, or None for a closed side."""

    who: str
    data: bytes | None
    number: int


@dataclass
class Transcript:
    steps: list[Step]
    denied: list[tuple[str, str]] = field(default_factory=list)
    learnt: dict[bytes, bytes] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    normalize: bool = False

    def guard(self) -> Guard:
        guard = Guard()
        entries = [EntryRule(i, scope, "deny", pattern) for i, (scope, pattern) in enumerate(self.denied, 1)]
        accounts = [AccountRule(address) for address in self.listed]
        listed = {address.rpartition("@")[2] for address in self.listed}
        guard.load(compile_ruleset(accounts, entries, own_domains=("localhost",), listed=listed))
        return guard

    def refusal(self, domain: str, path: bytes) -> bytes | None:
        return told_of(self.learnt, domain, path)


def told_of(learnt: dict[bytes, bytes], domain: str, path: bytes) -> bytes | None:
    """The learnt reply for a path, or for its whole domain; None: a live decoy is asked."""
    return learnt.get(path) or learnt.get(b"@" + domain.encode(), b"").replace(b"*", path) or None


def read(path: Path) -> Transcript:
    transcript = Transcript([])
    for number, line in enumerate(path.read_text().splitlines(), 1):
        who, colon, text = line.partition(":")
        if line.startswith("#") or not line:
            continue
        if len(who) == 1 and colon:
            data = None if text == " -" else _bytes(text[1:]) + b"\r\n"
            transcript.steps.append(Step(who, data, number))
        elif line == "normalize":
            transcript.normalize = True
        else:
            word, first, rest = f"{line} ".split(" ", 2)
            if word == "deny":
                transcript.denied.append((first, rest.strip()))
            elif word == "listed":
                transcript.listed.append(first)
            else:
                transcript.learnt[first.encode()] = rest.strip().encode() + b"\r\n"
    return transcript


def _bytes(text: str) -> bytes:
    data = codecs.escape_decode(text.encode())[0]
    assert isinstance(data, bytes)
    return re.sub(rb"%([^% ]+)%", lambda match: decoy_for(KEY, match[1]).path, data)


def row(sender: str, recipient: str, verdict: str, because: str, reply: str) -> bytes:
    """A row of the log as an `L:` line says it."""
    return f"{verdict} {because} {sender} {recipient} {reply[:3]}\r\n".encode()


class PurePlayer:
    """Plays a transcript against the pure dialogue: between two events all that was caused must have been told."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._got: dict[str, bytes] = dict.fromkeys("GBLDW", b"")
        self._closed: set[str] = set()
        self._parser = ReplyParser()
        terms = Terms(normalize=transcript.normalize)
        self.dialogue = Dialogue(
            terms,
            judge=transcript.guard().decide,
            decoy=lambda path, line: decoy_for(KEY, path, line=line),
            refusal=transcript.refusal,
        )

    def play(self) -> None:
        for who, group in groupby(self._transcript.steps, lambda step: step.who):
            steps = list(group)
            if who == "W":
                assert self._got["W"] == b"-\r\n" * len(steps), f"line {steps[0].number}"
                self._got["W"] = b""
                self._perform(self.dialogue.waited())
            elif who in "CS":
                assert not any(self._got.values()), f"before line {steps[0].number}: {self._got}"
                self._send(who, steps)
            else:
                for step in steps:
                    self._expect(step)
        assert not any(self._got.values()), self._got

    def _send(self, who: str, steps: list[Step]) -> None:
        data = b"".join(step.data for step in steps if step.data is not None)
        if who == "C" and data:
            self._perform(self.dialogue.client_data(data))
        for reply in self._parser.feed(data) if who == "S" else ():
            self._perform(self.dialogue.backend_reply(reply))
        if steps[-1].data is None:
            self._perform(self.dialogue.client_eof() if who == "C" else self.dialogue.backend_lost())

    def _perform(self, outcome: Outcome) -> None:
        assert not (outcome.to_client and "G" in self._closed)
        assert not (outcome.to_backend and "B" in self._closed)
        self._got["G"] += outcome.to_client
        self._got["B"] += outcome.to_backend
        for action in outcome.actions:
            match action:
                case AbortBackend():
                    self._closed.add("B")
                case Close():
                    self._closed |= {"B", "G"}
                case Answered(sender, recipient, verdict, _, reply):
                    self._got["L"] += row(sender.text, recipient.text, verdict.verdict, verdict.because, reply.decode())
                case Wait():
                    self._got["W"] += b"-\r\n"
                case DecoyAccepted(path):
                    self._got["D"] += path + b"\r\n"

    def _expect(self, step: Step) -> None:
        got = self._got[step.who]
        if step.data is None:
            assert step.who in self._closed, f"line {step.number}: not closed, but {got!r}"
            return
        assert got.startswith(step.data), f"line {step.number}: {step.data!r} expected, got {got!r}"
        self._got[step.who] = got[len(step.data) :]
