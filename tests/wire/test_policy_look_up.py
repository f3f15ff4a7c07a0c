"""Measuring a server that looks for accounts: what it is asked, what comes of it, and what is seen on the way."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from functools import partial

import pytest

from gate.backend.target import Target
from gate.postfix.asked import AT_LITERAL, BARE
from gate.postfix.asking import ask, transaction
from gate.postfix.codec import DUNNO
from gate.postfix.looking_up import FIRST_PAIRS, LATER_PAIRS, MANY, PAIRS, LookUps, Subject, with_tag
from gate.postfix.refusal import FALLBACK
from tests.wire.front import play

LOOK_UP = 0.004
UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown\r\n"


class Postfix:
    """It asks `look_ups` about each recipient, as Postfix would, and looks for an account only where that lets it.

    Attributes:
        seconds: that a look-up takes.
        asks: whether it asks.
        missing: what it says to a missing account.
        refused: what it makes of the gate's refusal.
        named: domains, and how often; names: all that were named.
        known: names that a greylist lets pass; None: there is none.
        errors: after so many it hangs up.
    """

    def __init__(self, look_ups: LookUps) -> None:
        self.look_ups = look_ups
        self.seconds, self.asks = LOOK_UP, True
        self.missing = self.refused = UNKNOWN
        self.named: Counter[str] = Counter()
        self.names: set[str] = set()
        self.known: set[str] | None = None
        self.errors = 99
        self._sessions: list[asyncio.Task[None]] = []

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sessions.append(asyncio.get_running_loop().create_task(self._play(reader, writer)))

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ESMTP\r\n")
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            errors = 0
            while errors < self.errors and (line := await reader.readline()):
                reply = await self._reply(line.decode())
                errors += not reply.startswith("2")
                writer.write(reply.encode())
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _reply(self, line: str) -> str:
        if not line.startswith("RCPT"):
            return "250 mail.test\r\n"
        name = line.partition("<")[2].partition(">")[0]
        self.named[name.partition("@")[2]] += 1
        self.names.add(name)
        if name.endswith("@iana.org"):
            return f"554 5.7.1 <{name}>: Relay access denied\r\n"
        if self.known is not None and name not in self.known:
            return f"450 4.2.0 <{name}>: Recipient address rejected: Greylisted\r\n"
        octets, seconds = self.look_ups.answer(name) if self.asks else (DUNNO, 0.0)
        await asyncio.sleep(self.seconds if octets == DUNNO else seconds)
        return (self.missing if octets == DUNNO else self.refused).format(name)

    @contextlib.asynccontextmanager
    async def subjects(self, names: Iterable[str]) -> AsyncIterator[list[Subject]]:
        async with await asyncio.start_server(self, "127.0.0.1", 0) as server:
            target = Target("127.0.0.1", server.sockets[0].getsockname()[1])
            opened = partial(transaction, target, "none")
            yield [Subject(name, b"Probe@" + name.encode(), FALLBACK, self.asks, opened) for name in names]
            await asyncio.gather(*self._sessions)


@pytest.mark.parametrize("asks", [True, False])
def test_a_look_up_is_measured_whether_the_server_asks_or_not(asks: bool) -> None:
    async def tell() -> None:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.asks = asks
        async with postfix.subjects(["a.test", BARE]) as subjects:
            await look_ups.measure(subjects)
            held, times = look_ups.held(), postfix.named["a.test"]
            assert held.keys() == {"a.test", BARE} and min(held.values()) > LOOK_UP / 2
            assert times >= (FIRST_PAIRS + PAIRS) * (2 if asks else 1)
            await look_ups.measure(subjects[:1])
            again = postfix.named["a.test"] - times
            assert LATER_PAIRS <= again < times / 2, "known, so it is only refreshed"
            assert look_ups.held().keys() == {"a.test"} and not look_ups.differs

    play(tell(), "asyncio")


def test_where_there_is_nothing_to_hold_back_it_is_asked_little_and_not_again() -> None:
    async def tell() -> None:
        for _ in range(20):  # on a busy machine chance may look like a difference
            look_ups = LookUps()
            postfix = Postfix(look_ups)
            postfix.seconds = 0.0
            async with postfix.subjects(["a.test"]) as subjects:
                await look_ups.measure(subjects)
                times = postfix.named["a.test"]
                await look_ups.measure(subjects)
                if not look_ups.held():
                    break
        assert not look_ups.held() and times < 4 * FIRST_PAIRS
        assert postfix.named["a.test"] == times

    play(tell(), "asyncio")


@pytest.mark.parametrize("seconds", [0.0, LOOK_UP])
def test_that_a_refusal_becomes_another_reply_is_seen_and_that_it_no_longer_does(seconds: float) -> None:
    async def tell() -> None:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.seconds = seconds
        postfix.refused = "550 5.7.1 <{}>: Recipient address rejected: Go away\r\n"
        async with postfix.subjects(["a.test"]) as subjects:
            await look_ups.measure(subjects)
            ((name, (missing, refused)),) = look_ups.differs.items()
            assert name == "a.test" and b"unknown" in missing.raw and b"Go away" in refused.raw
            postfix.refused = UNKNOWN
            await look_ups.measure(subjects)
            assert not look_ups.differs

    play(tell(), "asyncio")


def test_a_trouble_of_the_moment_is_no_difference() -> None:
    async def tell() -> None:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.seconds, postfix.missing = 0.0, "451 4.3.0 <{}>: Temporary lookup failure\r\n"
        async with postfix.subjects(["a.test"]) as subjects:
            await look_ups.measure(subjects)
            assert not look_ups.differs

    play(tell(), "asyncio")


def test_a_server_is_asked_of_ever_other_names_unless_it_puts_those_off() -> None:
    async def tell(known: set[str] | None) -> None:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.known = known
        async with postfix.subjects(["a.test"]) as subjects:
            await look_ups.measure(subjects)
            assert look_ups.held()["a.test"] > LOOK_UP / 2
            assert (len(postfix.names) > 2 * PAIRS) == (known is None) and len(postfix.names) > 1

    play(tell(None), "asyncio")
    play(tell({"Probe@a.test"}), "asyncio")


@pytest.mark.parametrize("errors", [3, 4])
def test_a_server_that_hangs_up_after_a_few_errors_is_asked_all_the_same(errors: int) -> None:
    async def tell() -> None:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.seconds, postfix.errors = 0.002, errors
        async with postfix.subjects(["a.test"]) as (subject,):
            probes = [b"Probe%d@a.test" % number for number in range(10)]
            (target, passing) = subject.transaction.args  # type: ignore[attr-defined]
            assert (await ask(target, passing, lambda _: probes)).keys() == set(probes)
            await look_ups.measure([subject])
            assert look_ups.held()["a.test"] > postfix.seconds / 2

    play(tell(), "asyncio")


def test_an_extension_is_measured_by_itself_where_look_ups_take_time() -> None:
    async def tell(seconds: float) -> bool:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.seconds = seconds
        async with postfix.subjects(["a.test", "b.test"]) as (plain, other):
            tagged = replace(other, name=with_tag(plain.name), of=plain.name)
            await look_ups.measure([plain, tagged])
            assert not look_ups.left
            return postfix.named["b.test"] > 0 and tagged.name in look_ups.held()

    async def both() -> None:
        assert await tell(LOOK_UP)
        assert not all([await tell(0.0) for _ in range(5)])  # (chance may look like a look-up)

    play(both(), "asyncio")


def test_where_time_runs_out_each_name_has_its_turn() -> None:
    async def tell() -> None:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.seconds = 0.02
        names = [f"d{number}.test" for number in range(4)]
        async with postfix.subjects(names) as subjects:
            rounds = 0
            while look_ups.held().keys() != set(names):
                await look_ups.measure(subjects, 0.4)
                rounds += 1
                assert look_ups.left, "none is exact by then"
                assert rounds < 50
            assert rounds > 1 and min(look_ups.held().values()) > postfix.seconds / 2

    play(tell(), "asyncio")


def test_of_many_domains_that_refuse_alike_one_is_measured_for_all() -> None:
    async def tell() -> None:
        look_ups = LookUps()
        postfix = Postfix(look_ups)
        postfix.seconds = 0.002
        names = [f"d{number}.test" for number in range(MANY + 1)]
        async with postfix.subjects([*names, BARE, AT_LITERAL]) as subjects:
            await look_ups.measure(subjects)
            assert postfix.named.keys() == {names[0], BARE, AT_LITERAL}
            held = look_ups.held()
            assert held.keys() == {*names, BARE, AT_LITERAL} and len({held[name] for name in names}) == 1

    play(tell(), "asyncio")
