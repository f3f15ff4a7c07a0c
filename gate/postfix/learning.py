"""Asks a Postfix how it refuses a missing account, at start and hourly, for the policy front to say the same.

Each own domain has one stable name that does not exist (a decoy), so that a greylist or a cache of verified addresses
knows it again. A question never sends DATA. A domain is asked until it has said what it will always say: a greylist
says "not now" first.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from gate.backend.asking import UnknownUser, find_passing, relays_for_gate
from gate.backend.connection import BackendError, Passing, Target
from gate.backend.decoy import decoy_for
from gate.backend.notices import TEXTS, notice
from gate.backend.reply import Reply
from gate.backend.report import NOT_REACHED
from gate.backend.rounds import HOURLY, Rounds
from gate.backend.wording import Wording
from gate.config import PassingWish
from gate.forms import Warning as Notice
from gate.postfix.asked import AT_LITERAL, BARE, NO_DOMAINS
from gate.postfix.asking import ask, transaction
from gate.postfix.looking_up import LookUps, Said, Subject, with_tag
from gate.postfix.memory import Learnt, Memory
from gate.postfix.refusal import FALLBACK, Refusal, heard
from gate.rules.domain import ascii_domain

NOT_YET = (5.0, 60.0, 310.0, 900.0)
"""Seconds between tries while a domain only puts off: an address verification takes 3, a greylist mostly 300."""
ROUND_SECONDS = 300.0

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
        wish: PassingWish = "auto",
        domains: Callable[[], Iterable[str]],
        listed: Callable[[], frozenset[str]] = frozenset,
        fixed: Refusal | None = None,
        measures: bool = True,
        delimiter: str = "+",
        memory: Memory | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`key`: of this installation. `domains`: the own ones as they are now, canonical; `listed`: those of them
        where nothing is a missing account but by the gate's own word. `fixed`: the owner's own wording; then nothing
        is learnt. `measures`: whether refusals will be held back (see `looking_up`). `delimiter`: `[gate]
        recipient_delimiter`. `memory`: of what was learnt before."""
        self.changed = changed
        self.target = target
        self._key = key
        self._wish: PassingWish = wish
        self._domains = domains
        self._listed = listed
        self._fixed = fixed
        self.answers: dict[str, Answer] = {}
        self._probes: frozenset[str] = frozenset()
        self._measures = measures
        self._delimiter = delimiter
        self._asks = False
        self._opened = partial(transaction, target, "none")
        self._asked_of: dict[str, bytes] = {}
        self._look_ups = LookUps()
        self._held: dict[str, float] = {}
        self.trouble: BackendError | None = None
        self._puts_off = 0
        self._refusals: dict[str, Refusal] = {}
        self._another = FALLBACK
        """For a domain that has none there."""
        self._memory = memory
        self._before = Learnt() if memory is None else memory.recall(str(target))
        self._choose()
        self._one = asyncio.Lock()
        self._rounds = Rounds(self.ask_now, self._pause, "asking how Postfix refuses")

    # ---- for the front

    def refusal(self, domain: str) -> Refusal:
        """How a recipient of the own domain (or `BARE`, `AT_LITERAL`) is refused: as the domain does, else as another
        (`AT_LITERAL`: as `BARE`)."""
        if self._fixed is not None:
            return self._fixed
        return self._refusals.get(domain, self._another)

    def held(self, domain: str, recipient: str) -> float:
        """Seconds by which that is held back: see `looking_up`."""
        if not self._held:
            return 0.0
        local = recipient.rpartition("@")[0] or recipient
        tagged = any(octet in local[1:] for octet in self._delimiter)
        return self._held.get(with_tag(domain) if tagged else domain, 0.0)

    def of_probe(self, recipient: str) -> Said | None:
        """What is answered of a name that this asks of; None: it is no such name."""
        if recipient in self._probes or self._look_ups.is_asking(recipient):
            return self._look_ups.answer(recipient)
        return None

    def postfix_came(self) -> None:
        """Postfix has connected: where it was not there to be asked, it is now."""
        if self.trouble is not None and self.trouble.code in NOT_REACHED:
            self.ask_again()

    def _choose(self) -> None:
        """What each of the answers means for a recipient: once for all, not at each refusal, which would tell by time
        who has none."""
        settled = self._settled_refusals()
        before = {name: each for name, each in self._before.refusals.items() if self._is_unheard(name)}
        known = {**before, **settled}
        self._another = next((each for name, each in known.items() if name not in NO_DOMAINS), FALLBACK)
        self._refusals = {AT_LITERAL: known.get(BARE, self._another), **known}
        held = {name: seconds for name, seconds in self._before.held.items() if not self._look_ups.has_measured(name)}
        held.update(self._look_ups.held())
        for name, as_of in ((AT_LITERAL, BARE), (with_tag(AT_LITERAL), with_tag(BARE))):
            if AT_LITERAL not in known and as_of in held:
                held[name] = held[as_of]
        self._held = held
        if self._memory is not None and settled:
            self._memory.keep(Learnt(str(self.target), known, held))

    def _is_unheard(self, name: str) -> bool:
        answer = self.answers.get(name)
        return answer is None or not self._settled(answer)

    def _settled_refusals(self) -> dict[str, Refusal]:
        return {name: each.refusal for name, each in self.answers.items() if self._settled(each) and each.refusal}

    def _settled(self, answer: Answer) -> bool:
        return not answer.not_yet or self._puts_off > len(NOT_YET)

    @property
    def unknown_users(self) -> dict[str, UnknownUser]:
        """The same in the form that `gate.backend.probes.Backend` has it in."""
        answers = self.answers  # replaced as a whole: this is asked from other threads
        probes = self._probes_of(answers.keys() - NO_DOMAINS)
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

    async def ask_now(self, measuring: float | None = None) -> None:
        """Asks of every domain once, and measures, no longer than so many seconds. Never raises for what the server
        does: see `trouble`."""
        domains = sorted(self._domains())
        async with self._one:
            await self._ask_once(domains)
            if self._measures and self.trouble is None:
                await self._measure(measuring)

    async def _ask_once(self, domains: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(ROUND_SECONDS):
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

    async def _measure(self, seconds: float | None) -> None:
        """How long it looks for an account: see `looking_up`."""
        before, seen = self._held, (self._look_ups.differs.copy(), self._look_ups.slow)
        try:
            await self._look_ups.measure(self._subjects(), seconds)
        except BackendError as error:
            log.info("how long Postfix looks for an account could not be measured: %s", error)
        self._choose()
        if self._held.keys() != before.keys():
            told = ", ".join(f"{_shown(name)} {held * 1e6:.0f}" for name, held in sorted(self._held.items()))
            log.info("refusals are held back by what Postfix takes to look for an account, in us: %s", told or "none")
        if self._look_ups.left:
            log.info("there was no time to measure how long Postfix looks for an account: %s", self._look_ups.left)
        if (self._look_ups.differs, self._look_ups.slow) != seen:
            self.changed()

    def _subjects(self) -> Iterator[Subject]:
        refusals = self._settled_refusals()
        for name, probe in self._asked_of.items():
            if name in refusals:
                plain = Subject(name, probe, self._fixed or refusals[name], self._asks, self._opened)
                yield plain
                if self._delimiter:
                    local, at, domain = probe.partition(b"@")
                    tagged = local + self._delimiter[:1].encode() + b"tag" + at + domain
                    yield replace(plain, name=with_tag(name), probe=tagged, of=name)

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
        questions = self._look_ups.questions
        passing = await self._passing()  # without domains too: so that it is known whether the server is there
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
            told = sorted({answer.reply.one_line for name, answer in found.items() if name not in NO_DOMAINS})
            log.info("Postfix at %s says of missing accounts: %s", self.target, "; ".join(told))
        self.answers = found
        self._asked_of, self._opened = probes, partial(transaction, self.target, passing)
        self._asks = self._look_ups.questions > questions

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
        found = [] if self._fixed is not None else self._flaws()
        for name, (missing, refused) in self._look_ups.differs.items():
            both = {"missing": missing.one_line, "refused": refused.one_line}
            found.append(notice("policy.differs", _TEXTS, recipient=_shown(name), **both))
        slow = {name: seconds for name, seconds in self._look_ups.slow.items() if name in self._domains()}
        if slow and self._fixed is None:
            us = f"{max(slow.values()) * 1e6:.0f}"
            found.append(notice("policy.unmeasured", _TEXTS, domain=", ".join(slow), us=us, target=str(self.target)))
        return found

    def _flaws(self) -> list[Notice]:
        found = []
        if self.trouble is not None:
            found.append(notice("policy.unlearnt", _TEXTS, target=str(self.target), why=str(self.trouble)))
        for domain, answer in self.answers.items():
            code = self._flaw(domain, answer)
            if code:
                found.append(notice(code, _TEXTS, domain=domain, reply=answer.reply.one_line))
        return found

    def _flaw(self, domain: str, answer: Answer) -> str:
        if domain in NO_DOMAINS or domain in self._listed():
            return ""
        if answer.reply.severity == 2:
            return "backend.relayed" if answer.relayed else "backend.catch_all"
        if answer.reply.severity == 4:
            return "backend.only_temporary" if self._settled(answer) else "policy.not_yet"
        return "" if answer.refusal is not None else "policy.wording"


def _shown(name: str) -> str:
    """A recipient of a name of `looking_up`."""
    plain = name.removesuffix(with_tag(""))
    user = "user" if plain == name else "user+tag"
    return {BARE: user, AT_LITERAL: f"{user}@[192.0.2.1]"}.get(plain, f"{user}@{plain}")


_TEXTS = {
    **TEXTS,
    "policy.unlearnt": "how Postfix at {target} refuses a missing account could not be asked ({why}); until it can, "
    "refusals say what was learnt before, or 550 5.1.1 User unknown",
    "policy.wording": "to a missing account of {domain} the server says {reply}, which the policy front cannot say; "
    "[policy] reply sets what it says instead",
    "policy.unmeasured": "Postfix takes some {us} us to look for an account of {domain}, and a denied sender is "
    "refused sooner than that; to wait as long, the gate must be asked about its own questions, which Postfix at "
    "{target} does not do (mynetworks); docs/postfix.md has a listener for that",
    "policy.differs": "the server says {missing} to a missing account such as {recipient}, but makes {refused} of the "
    "gate's refusal; [policy] reply sets what the gate says",
    "policy.not_yet": "{domain} has put off the question how it refuses a missing account: {reply}; it is asked again",
}
