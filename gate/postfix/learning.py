"""Asks a Postfix how it refuses a missing account, at start and hourly, for the policy front to say the same.

Each own domain has one stable name that does not exist (a decoy), so that a greylist or a cache of verified addresses
knows it again. A question never sends DATA. A domain is asked until it has said what it will always say: a greylist
says "not now" first.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gate.backend.asking import (
    ERRORS_A_CONNECTION,
    REPLY_SECONDS,
    STRANGER,
    STRANGER_NAMES,
    UnknownUser,
    Wish,
    find_passing,
    relays_for_gate,
)
from gate.backend.barred import barred
from gate.backend.client_address import ClientAddress
from gate.backend.connection import BackendError, Passing, Target, connect
from gate.backend.decoy import decoy_for
from gate.backend.notices import TEXTS, notice
from gate.backend.reply import Reply
from gate.backend.rounds import HOURLY, Rounds
from gate.backend.wording import Wording
from gate.forms import Warning as Notice
from gate.postfix.asked import AT_LITERAL, BARE
from gate.postfix.refusal import FALLBACK, Refusal, heard
from gate.rules.domain import ascii_domain

NOT_YET = (5.0, 60.0, 310.0, 900.0)
"""Seconds between tries while a domain only puts off: an address verification takes 3, a greylist mostly 300."""
ROUND_SECONDS = 300.0

_NO_DOMAINS = frozenset({BARE, AT_LITERAL})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What a domain said of its decoy. `refusal`: None where no refusal can be made of it. `relayed`: see
    `UnknownUser`."""

    reply: Reply
    refusal: Refusal | None
    relayed: bool = False

    @cached_property
    def not_yet(self) -> bool:
        return self.reply.severity == 4 and not (self.refusal and self.refusal.final)


class Learner:
    """What is known of one Postfix's refusals. Lives on one event loop.

    Attributes:
        changed: called in the event loop when the warnings may be others.
        target: who is asked.
        answers: what the own domains said, by canonical name, and what was said of `BARE` and `AT_LITERAL`.
        trouble: why the server could not be asked last, or None.
    """

    def __init__(
        self,
        target: Target,
        key: bytes,
        *,
        wish: Wish = "auto",
        domains: Callable[[], Iterable[str]],
        listed: Callable[[], frozenset[str]] = frozenset,
        fixed: Refusal | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`key`: of this installation. `domains`: the own ones as they are now, canonical; `listed`: those of them
        where nothing is a missing account but by the gate's own word. `fixed`: the owner's own wording; then nothing
        is asked."""
        self.changed = changed
        self.target = target
        self._key = key
        self._wish: Wish = wish
        self._domains = domains
        self._listed = listed
        self._fixed = fixed
        self.answers: dict[str, Answer] = {}
        self._probes: frozenset[str] = frozenset()
        self.trouble: BackendError | None = None
        self._puts_off = 0
        self._refusals: dict[str, Refusal] = {}
        self._another = FALLBACK
        """For a domain that has none there."""
        self._one = asyncio.Lock()
        self._rounds = Rounds(self.ask_now, self._pause, "asking how Postfix refuses")

    # ---- for the front

    def refusal(self, domain: str) -> Refusal:
        """How a recipient of the own domain (or `BARE`, `AT_LITERAL`) is refused: as the domain does, else as another
        (`AT_LITERAL`: as `BARE`)."""
        if self._fixed is not None:
            return self._fixed
        return self._refusals.get(domain, self._another)

    def is_probe(self, recipient: str) -> bool:
        """Whether it is a name that this asks of: what is said of that must be Postfix's own word."""
        return recipient in self._probes

    def _choose(self) -> None:
        """What each of the answers means for a recipient: once for all, not at each refusal, which would tell by time
        who has none."""
        settled = {name: each.refusal for name, each in self.answers.items() if self._settled(each) and each.refusal}
        self._another = next((each for name, each in settled.items() if name not in _NO_DOMAINS), FALLBACK)
        self._refusals = {AT_LITERAL: settled.get(BARE, self._another), **settled}

    def _settled(self, answer: Answer) -> bool:
        return not answer.not_yet or self._puts_off > len(NOT_YET)

    @property
    def unknown_users(self) -> dict[str, UnknownUser]:
        """The same in the form that `gate.backend.probes.Backend` has it in."""
        answers = self.answers  # replaced as a whole: this is asked from other threads
        probes = self._probes_of(answers.keys() - _NO_DOMAINS)
        return {
            name: UnknownUser(name, Wording(answers[name].reply, probe), answers[name].relayed)
            for name, probe in probes.items()
        }

    # ---- asking

    def set_fixed(self, fixed: Refusal | None) -> None:
        """The owner's own wording from now on; None: what is learnt."""
        self._fixed = fixed
        self.ask_again()

    def start(self) -> None:
        """Begins to ask by itself."""
        self._rounds.start()

    async def stop(self) -> None:
        """Ends what `start` began."""
        await self._rounds.stop()

    def ask_again(self) -> None:
        """The domains may be others."""
        self._rounds.ask_again()

    async def ask_now(self) -> None:
        """Asks of every domain once. Never raises for what the server does: see `trouble`."""
        domains = [] if self._fixed is not None else sorted(self._domains())
        try:
            async with asyncio.timeout(ROUND_SECONDS), self._one:
                await self._ask(domains)
            self.trouble = None
        except TimeoutError:
            self.trouble = BackendError("backend.timeout", target=str(self.target), seconds=ROUND_SECONDS)
        except BackendError as error:
            if self.trouble is None:
                log.warning("%s", error)
            self.trouble = error
        if self.trouble is None:
            waiting = any(each.not_yet for each in self.answers.values())
            self._puts_off = self._puts_off + 1 if waiting else 0
        self._choose()
        self.changed()

    def _pause(self) -> float | None:
        if self.trouble is not None:
            return None
        return NOT_YET[self._puts_off - 1] if 0 < self._puts_off <= len(NOT_YET) else HOURLY

    async def _ask(self, domains: Sequence[str]) -> None:
        probes: dict[str, bytes] = {}

        def recipients(reached: bytes) -> list[bytes]:
            probes.update(self._probes_of([*domains, BARE, AT_LITERAL], reached))
            self._probes = frozenset(probe.decode() for probe in probes.values())
            return list(probes.values())

        self._probes = self._probes if domains else frozenset()
        passing = await self._passing() if domains else "none"
        replies = await ask(self.target, passing, recipients) if domains else {}
        taken = any(reply.severity == 2 for reply in replies.values())
        relays = taken and passing == "none" and await relays_for_gate(self.target, passing)
        found = {}
        for domain, probe in probes.items():
            now, before = replies.get(probe), self.answers.get(domain)
            answer = Answer(now, heard(now, probe), relays and now.severity == 2) if now is not None else before
            if answer is not None and before is not None and answer.not_yet and not before.not_yet:
                answer = before  # a trouble of the moment: it will say again what it said
            if answer is not None:
                found[domain] = answer
        if found != self.answers:
            told = sorted({answer.reply.one_line for name, answer in found.items() if name not in _NO_DOMAINS})
            log.info("Postfix at %s says of missing accounts: %s", self.target, "; ".join(told))
        self.answers = found

    def _probes_of(self, domains: Iterable[str], reached: bytes = b"") -> dict[str, bytes]:
        """The name to ask of, by domain. In mixed case: so a server that makes it lower-case gives itself away.
        `reached`: the literal for `AT_LITERAL`."""
        behind = {BARE: b"", AT_LITERAL: b"@" + reached}
        return {
            domain: decoy_for(self._key, b"Name" + behind.get(domain, f"@{ascii_domain(domain)}".encode())).path
            for domain in domains
        }

    async def _passing(self) -> Passing:
        """As a stranger, where that can be; it is Postfix's own listener else, which takes the gate for what it is."""
        try:
            return await find_passing(self.target, self._wish)
        except BackendError as error:
            if error.code in {"backend.client_address", "backend.xclient", "backend.xclient_refused"}:
                return "none"
            raise

    # ---- for the owner

    def warnings(self) -> list[Notice]:
        """What the owner should know or do now."""
        if self._fixed is not None:
            return []
        found = []
        if self.trouble is not None:
            found.append(notice("policy.unlearnt", _TEXTS, target=str(self.target), why=str(self.trouble)))
        for domain, answer in self.answers.items():
            code = self._flaw(domain, answer)
            if code:
                found.append(notice(code, _TEXTS, domain=domain, reply=answer.reply.one_line))
        return found

    def _flaw(self, domain: str, answer: Answer) -> str:
        if domain in _NO_DOMAINS or domain in self._listed():
            return ""
        if answer.reply.severity == 2:
            return "backend.relayed" if answer.relayed else "backend.catch_all"
        if answer.reply.severity == 4:
            return "backend.only_temporary" if self._settled(answer) else "policy.not_yet"
        return "" if answer.refusal is not None else "policy.wording"


async def ask(target: Target, passing: Passing, recipients: Callable[[bytes], Sequence[bytes]]) -> dict[bytes, Reply]:
    """What the server says to RCPT for each of the recipients; those left out were not answered. `recipients` is called
    once, with the address that was reached, as a literal.

    Raises:
        BackendError: it could not be asked at all, or (`backend.not_ready`, or as `barred`) would not hear of any
            recipient.
    """
    found: dict[bytes, Reply] = {}
    client = ClientAddress(STRANGER, 1025, "0.0.0.0", target.port) if passing != "none" else None  # noqa: S104
    left: Sequence[bytes] | None = None
    while left is None or left:
        connection = await connect(target, client=client, passing=passing, names=STRANGER_NAMES, timeout=REPLY_SECONDS)
        try:
            answer = connection.greeting
            for line in (b"EHLO " + connection.own_name(), b"MAIL FROM:<>"):
                if answer.severity == 2:
                    answer = await connection.command(line, REPLY_SECONDS)
            if answer.severity != 2:
                not_ready = BackendError("backend.not_ready", target=str(target), reply=answer.one_line)
                raise barred(target, answer) or not_ready
            left = recipients(connection.peer_name()) if left is None else left
            now, left = left[:ERRORS_A_CONNECTION], left[ERRORS_A_CONNECTION:]
            for one in now:
                found[one] = await connection.command(b"RCPT TO:<" + one + b">", REPLY_SECONDS)
                if (problem := barred(target, found[one])) is not None:
                    raise problem
            with contextlib.suppress(BackendError):
                await connection.command(b"RSET", REPLY_SECONDS)
                await connection.command(b"QUIT", REPLY_SECONDS)
        finally:
            connection.abort()
    return found


_TEXTS = {
    **TEXTS,
    "policy.unlearnt": "how Postfix at {target} refuses a missing account could not be asked ({why}); until it can, "
    "refusals say what was learnt before, or 550 5.1.1 User unknown",
    "policy.wording": "to a missing account of {domain} the server says {reply}, which the policy front cannot say; "
    "[policy] reply sets what it says instead",
    "policy.not_yet": "{domain} has put off the question how it refuses a missing account: {reply}; it is asked again",
}
