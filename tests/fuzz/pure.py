"""A script played on the dialogue alone, without sockets: thousands a second, and every run the same."""

import random
from dataclasses import dataclass, field

from gate.backend.decoy import decoy_for
from gate.backend.reply import ReplyError, ReplyParser
from gate.backend.wording import fallback
from gate.rules.address import Address
from gate.rules.ruleset import Verdict
from gate.smtp import actions
from gate.smtp.dialogue import Dialogue, Phase, Terms
from tests.fuzz.backend import Backend, Heard, heard_of
from tests.fuzz.laws import check, replies_of
from tests.fuzz.script import Kind, Script, Step
from tests.fuzz.worlds import ALL, World
from tests.wire.transcript import KEY

TIMED_OUT = b"421 4.4.2 %s Error: timeout exceeded"


def refusal(domain: str, path: bytes) -> bytes | None:
    """What is said in a domain that takes every name: no decoy is of use there."""
    return fallback(path) if domain == ALL else None


def dialogue_of(script: Script) -> Dialogue:
    world: World = script.world

    def judge(sender: Address, recipient: Address) -> Verdict:
        return world.guard.decide(sender, recipient, trusted=world.trusted)

    return Dialogue(
        Terms(message_bytes=script.limit, normalize=script.normalize, starttls=True),
        judge=judge,
        decoy=lambda path, line: decoy_for(KEY, path, world.delimiter.encode(), line=line),
        refusal=refusal,
    )


@dataclass
class Play:
    """One session under way."""

    script: Script
    heard: Heard
    rng: random.Random
    dialogue: Dialogue
    backend: Backend
    closed: bool = False
    lost: bool = False
    waiting: bool = False
    securing: bool = False
    parser: ReplyParser = field(default_factory=ReplyParser)

    def perform(self, outcome: actions.Outcome) -> None:
        if outcome.to_client:
            self.heard.broken += ["client: told after the end"] * self.closed
            self.heard.told += outcome.to_client
        if outcome.to_backend:
            self.heard.broken += ["backend: told after the end"] * (self.backend.gone and self.lost)
            if not self.backend.gone:
                self.backend.receive(outcome.to_backend)
        for action in outcome.actions:
            match action:
                case actions.AbortBackend() | actions.Close():
                    self.lost = self.backend.gone = True
                    self.backend.out.clear()
                    self.closed = self.closed or isinstance(action, actions.Close)
                case actions.Wait():
                    self.waiting = True
                case actions.StartTls():
                    self.securing = True

    def answer(self, limit: int = 10_000) -> None:
        """The backend's replies arrive, `limit` of them at most, and time passes."""
        while limit:
            limit -= 1
            if self.waiting:
                self.waiting = False
                self.perform(self.dialogue.waited())
            elif self.backend.out and not self.lost:
                self._arrives(self.backend.out.pop(0))
            else:
                return

    def _arrives(self, reply: bytes | None) -> None:
        if reply is None:
            return
        if not reply:
            self._lost()
            return
        try:
            for one in self.parser.feed(reply):
                self.perform(self.dialogue.backend_reply(one))
        except ReplyError:
            self._lost()

    def _lost(self) -> None:
        self.lost = self.backend.gone = True
        self.perform(self.dialogue.backend_lost())

    def say(self, data: bytes) -> None:
        """In pieces, with replies in between."""
        size = self.rng.choice([len(data), len(data), 1, 2, 7, 40, 500]) or 1
        for at in range(0, len(data), size):
            if self.closed or self.securing:
                return
            self.perform(self.dialogue.client_data(data[at : at + size]))
            self.answer(self.rng.randint(0, 2))

    def step(self, step: Step) -> None:
        match step.kind:
            case Kind.SAY:
                self.heard.asked += step.lines
                if any(line.strip().upper() == b"DATA" for line in step.lines):
                    self.heard.strict = False  # what follows is a message, or is none
                self.say(b"".join(line + b"\r\n" for line in step.lines))
                if self.rng.random() < 0.6:
                    self.answer()
            case Kind.DATA:
                self._message(step.message)
            case Kind.EARLY:
                self.heard.asked.append(b"DATA")
                self.heard.strict = False
                self.say(b"DATA\r\n" + step.message)
            case Kind.STARTTLS:
                self._start_tls(step.lines)
            case Kind.EOF if not self.closed:
                self.perform(self.dialogue.client_eof())

    def _message(self, message: bytes) -> None:
        self.answer()
        self.heard.asked.append(b"DATA")
        self.say(b"DATA\r\n")
        self.answer()
        if self.closed or self.dialogue.phase is not Phase.DATA:
            return
        if (b"\r\n" + message).endswith(b"\r\n.\r\n"):
            self.heard.asked.append(b"message")
        else:
            self.heard.strict = False
        self.say(message)
        self.answer()
        if not self.closed and replies_of(self.heard.told)[-1][:3] == b"250":
            self.heard.acknowledged += 1

    def _start_tls(self, behind: tuple[bytes, ...]) -> None:
        self.answer()
        self.heard.asked.append(b"STARTTLS")
        before = len(self.heard.asked)
        self.heard.asked += behind
        self.heard.strict &= b"DATA" not in behind
        self.say(b"".join(line + b"\r\n" for line in (b"STARTTLS", *behind)))
        self.answer()
        if self.securing and not self.closed:
            del self.heard.asked[before:]  # forgotten
            self.securing = False
            self.perform(self.dialogue.secured())
            self.answer()


def played(script: Script) -> list[str]:
    """The laws that were broken in one session."""
    heard, rng = heard_of(script), script.rng
    play = Play(script, heard, rng, dialogue_of(script), Backend(heard, rng))
    play.answer(1)
    for step in script.steps:
        play.step(step)
    play.answer()
    if not play.closed:
        if play.backend.hanging or (play.script.steps[-1:] and play.script.steps[-1].kind is Kind.EOF):
            play.perform(play.dialogue.end(TIMED_OUT))
        if play.closed and play.dialogue.phase is not Phase.CLOSED:
            heard.broken.append("gate: it outlived its end")
    return check(heard, closed=play.closed)
