"""What the policy front learns of a Postfix: how it refuses, in whose words, and what the owner is told."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from gate.backend import rounds
from gate.backend.target import Target
from gate.postfix import learning
from gate.postfix.asked import AT_LITERAL, BARE
from gate.postfix.learning import Learner
from gate.postfix.looking_up import AT_ONCE
from gate.postfix.memory import Memory
from gate.postfix.refusal import FALLBACK
from tests.wire.front import SECONDS, play


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner that is told to ask again does not wait for more."""
    monkeypatch.setattr(rounds, "SPACING", 0.0)


class Postfix:
    """Says of the unknown names of a domain, one after the other, what it is given."""

    def __init__(self, **domains: Iterable[str]) -> None:
        self.says = {domain: list(replies) for domain, replies in domains.items()}
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ESMTP\r\n")
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                text = line.decode().rstrip()
                path = text.partition("<")[2].partition(">")[0]
                if not text.startswith("RCPT"):
                    writer.write(b"250 mail.test\r\n")
                    continue
                self.asked.append(path)
                replies = self.says.get(path.partition("@")[2], ["554 5.7.1 <@>: Relay access denied"])
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                writer.write(reply.replace("<@>", f"<{path}>").encode() + b"\r\n")


UNKNOWN = "550 5.1.1 <@>: Recipient address rejected: User unknown in {} table"


@contextlib.asynccontextmanager
async def learning_of(postfix: Postfix, *domains: str) -> AsyncIterator[tuple[Learner, Callable[[], Awaitable[None]]]]:
    """The learner, and how to wait for its next round."""
    rounds: asyncio.Queue[None] = asyncio.Queue()
    backend = await asyncio.start_server(postfix, "127.0.0.1", 0)
    port = backend.sockets[0].getsockname()[1]
    learner = Learner(
        Target("127.0.0.1", port),
        b"k" * 32,
        wish="none",
        domains=lambda: domains,
        measures=False,
        changed=lambda: rounds.put_nowait(None),
    )

    async def round_() -> None:
        await asyncio.wait_for(rounds.get(), SECONDS)

    try:
        learner.start()
        await round_()
        yield learner, round_
    finally:
        await learner.stop()
        backend.close()


def test_each_domain_has_its_own_words_and_a_stable_name() -> None:
    postfix = Postfix(
        **{
            "a.test": [UNKNOWN.format("local recipient")],
            "b.test": [UNKNOWN.format("virtual alias")],
            "c.test": ["250 Ok"],
        }
    )

    async def tell() -> None:
        async with learning_of(postfix, "a.test", "b.test", "c.test") as (learner, round_):
            for domain, words in (
                ("a.test", b"local recipient"),
                ("b.test", b"virtual alias"),
                ("c.test", b"local recipient"),
                ("d.test", b"local recipient"),
                ("", b"local recipient"),
            ):
                assert learner.refusal(domain).action("x@y") == b"550 5.1.1 User unknown in " + words + b" table"
            first, postfix.asked = postfix.asked, []
            learner.ask_again()
            await round_()
            assert postfix.asked == first and first.pop() == "z@iana.org", "does it take every name, or relay?"
            assert set(map(learner.of_probe, first)) == {AT_ONCE} and learner.of_probe("x@a.test") is None
            assert [(each.code, each.params["domain"]) for each in learner.warnings()] == [
                ("backend.catch_all", "c.test")
            ]

    play(tell(), "asyncio")


def test_a_name_at_the_servers_own_address_has_words_of_its_own() -> None:
    virtual, local = UNKNOWN.format("virtual mailbox"), UNKNOWN.format("local recipient")
    postfix = Postfix(**{"a.test": [virtual], "": [UNKNOWN.format("virtual alias")], "[127.0.0.1]": [local]})

    async def tell() -> None:
        async with learning_of(postfix, "a.test") as (learner, round_):
            asked = {path.partition("@")[2] for path in postfix.asked}
            assert asked == {"a.test", "", "[127.0.0.1]"} and set(map(learner.of_probe, postfix.asked)) == {AT_ONCE}
            assert learner.refusal(AT_LITERAL).text == b"User unknown in local recipient table"
            assert learner.refusal(BARE).text == b"User unknown in virtual alias table"
            assert learner.refusal("other.test").text == b"User unknown in virtual mailbox table"
            assert set(learner.unknown_users) == {"a.test"} and learner.warnings() == []
            postfix.says["[127.0.0.1]"] = ["250 Ok"]  # it takes every name there
            learner.ask_again()
            await round_()
            assert learner.refusal(AT_LITERAL) == learner.refusal(BARE) and learner.warnings() == []

    play(tell(), "asyncio")


def test_a_greylist_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "NOT_YET", (0.0, 0.0, 0.0))
    grey = "450 4.2.0 <@>: Recipient address rejected: Greylisted"
    postfix = Postfix(**{"a.test": [grey, grey, UNKNOWN.format("local recipient")], "b.test": [grey]})

    async def tell() -> None:
        async with learning_of(postfix, "a.test", "b.test") as (learner, round_):
            assert learner.refusal("a.test") == FALLBACK
            assert {each.code for each in learner.warnings()} == {"policy.not_yet"}
            await round_()
            await round_()
            assert (
                learner.refusal("a.test").text
                == learner.refusal("b.test").text
                == b"User unknown in local recipient table"
            )
            await round_()  # b.test says nothing else: so it is what an unknown name hears there
            assert learner.refusal("b.test").action("x@b.test") == b"450 4.2.0 Greylisted"
            assert [(one.code, one.params["domain"]) for one in learner.warnings()] == [
                ("backend.only_temporary", "b.test")
            ]

    play(tell(), "asyncio")


def test_what_was_learnt_outlives_a_trouble() -> None:
    trouble = "451 4.3.0 <@>: Temporary lookup failure"
    postfix = Postfix(**{"a.test": [UNKNOWN.format("local recipient"), trouble]})

    async def tell() -> None:
        async with learning_of(postfix, "a.test") as (learner, round_):
            learner.ask_again()
            await round_()
            assert learner.refusal("a.test").text == b"User unknown in local recipient table" and not learner.warnings()
            learner.set_fixed(FALLBACK)
            assert learner.refusal("a.test") == FALLBACK

    play(tell(), "asyncio")


def test_what_was_learnt_is_known_at_the_next_start_before_the_server_is_there(tmp_path: Path) -> None:
    def learner(port: int, *domains: str) -> Learner:
        memory = Memory(tmp_path / "postfix.json")
        target = Target("127.0.0.1", port)
        return Learner(target, b"k" * 32, wish="none", domains=lambda: domains, measures=False, memory=memory)

    async def tell() -> None:
        local, virtual = UNKNOWN.format("local recipient"), UNKNOWN.format("virtual alias")
        postfix = Postfix(**{"a.test": [local], "b.test": [virtual]})
        async with await asyncio.start_server(postfix, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await learner(port, "a.test", "b.test").ask_now()
            other = learner(port, "a.test", "b.test")
            assert other.refusal("b.test").text == b"User unknown in virtual alias table"
            postfix.says["b.test"] = ["250 Ok"]
            await other.ask_now()
            assert other.refusal("b.test").text == b"User unknown in local recipient table", "it is a catch-all now"
        gone = learner(port, "a.test", "b.test")
        await gone.ask_now()
        assert gone.trouble is not None
        assert gone.refusal("a.test").text == b"User unknown in local recipient table"
        assert learner(port + 1, "a.test").refusal("a.test") == FALLBACK

    play(tell(), "asyncio")


def test_what_no_policy_server_can_say_and_who_is_away() -> None:
    async def tell() -> None:
        async with learning_of(Postfix(**{"a.test": ["550 no such user"]}), "a.test") as (learner, _):
            (warning,) = learner.warnings()
            assert warning.code == "policy.wording" and "550 no such user" in warning.text
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            learner = Learner(Target("127.0.0.1", nobody.getsockname()[1]), b"k" * 32, domains=lambda: ["a.test"])
            came = asyncio.Event()
            learner.changed = came.set
            learner.start()
            await asyncio.wait_for(came.wait(), SECONDS)
            await learner.stop()
            (warning,) = learner.warnings()
            assert warning.code == "policy.unlearnt" and learner.refusal("a.test") == FALLBACK

    play(tell(), "asyncio")
