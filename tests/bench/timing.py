"""Can a denied sender tell by time that he is denied? Denied and missing recipients, turn about, before a real Postfix.

`python -m tests.bench.timing [--pairs N]`. Prints the AUC: the chance that the answer to a denied recipient took longer
than that to a missing one. 0.5: nothing to be told. The same is asked of Postfix alone with missing against missing,
which shows what chance alone does. Names of one length; each name for the first time, then again. Three ways to ask:

- alone: one recipient a session;
- in one session: one recipient after the other, in the order of chance, fewer than make Postfix sleep;
- in a burst: MAIL and ten recipients in one packet, nine good ones and, at a place of chance, one that is denied or
  missing. Looked at are the time between its reply and the one before it, and the one after it.
"""

import argparse
import socket
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from random import Random

from gate.forms import ImportItem
from tests.bench import stage, table

SECONDS = 20.0
TOGETHER = 8
"""Recipients of one session; Postfix sleeps from the tenth error on."""
BURST = 10

Times = tuple[list[float], list[float]]
"""Seconds, of the denied and of the missing."""


class Session:
    """A client as exact as it can be: a blocking socket and nothing else."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""
        self.reply()
        self.ask(b"EHLO mx.outside.test")
        self.ask(b"MAIL FROM:<%b>" % stage.SPAMMER.encode())

    def send(self, data: bytes) -> float:
        """When it went."""
        now = time.perf_counter()
        self._socket.sendall(data)
        return now

    def reply(self) -> tuple[bytes, float]:
        """The last line of the next reply, and when it was there."""
        while True:
            line, end, rest = self._data.partition(b"\r\n")
            if end:
                self._data = rest
                if line[3:4] != b"-":
                    return line, time.perf_counter()
            else:
                data = self._socket.recv(65_536)
                if not data:
                    raise ConnectionError("hung up")
                self._data += data

    def ask(self, line: bytes) -> tuple[bytes, float]:
        """The reply, and how long it took."""
        began = self.send(line + b"\r\n")
        reply, at = self.reply()
        return reply, at - began

    def refused(self, name: str) -> float:
        """How long the refusal of a recipient took."""
        reply, took = self.ask(b"RCPT TO:<%b>" % name.encode())
        assert reply.startswith(b"550"), reply
        return took

    def close(self) -> None:
        self.ask(b"QUIT")
        self._socket.close()


def auc(denied: Sequence[float], missing: Sequence[float]) -> float:
    """The share of pairs in which the denied one took longer; ties count half (Mann and Whitney's U)."""
    ordered = sorted(missing)
    wins = sum(bisect_left(ordered, took) + bisect_right(ordered, took) for took in denied)
    return wins / (2 * len(denied) * len(ordered))


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:05d}@{stage.DOMAIN}" for number in range(count)]


def shuffled(pairs: Sequence[tuple[str, str]], chance: Random) -> Iterator[tuple[int, str]]:
    """Kind and name, pair by pair, in the order of chance."""
    for pair in pairs:
        for kind in (0, 1) if chance.random() < 0.5 else (1, 0):
            yield kind, pair[kind]


def alone(port: int, pairs: Sequence[tuple[str, str]], chance: Random) -> list[Times]:
    took: Times = ([], [])
    for kind, name in shuffled(pairs, chance):
        session = Session(port)
        took[kind].append(session.refused(name))
        session.close()
    return [took]


def together(port: int, pairs: Sequence[tuple[str, str]], chance: Random) -> list[Times]:
    took: Times = ([], [])
    for start in range(0, len(pairs), TOGETHER // 2):
        session = Session(port)
        order = [(kind, name) for kind, name in shuffled(pairs[start : start + TOGETHER // 2], chance)]
        chance.shuffle(order)
        for kind, name in order:
            took[kind].append(session.refused(name))
        session.close()
    return [took]


def burst(port: int, pairs: Sequence[tuple[str, str]], chance: Random) -> list[Times]:
    """Seconds before the reply, and after it."""
    before: Times = ([], [])
    after: Times = ([], [])
    for kind, name in shuffled(pairs, chance):
        place = chance.randrange(1, BURST - 1)
        recipients = [stage.FRIEND] * BURST
        recipients[place] = name
        session = Session(port)
        session.send(b"".join(b"RCPT TO:<%b>\r\n" % each.encode() for each in recipients))
        replies = [session.reply() for _ in recipients]
        assert [reply[:3] for reply, _ in replies].index(b"550") == place, replies
        before[kind].append(replies[place][1] - replies[place - 1][1])
        after[kind].append(replies[place + 1][1] - replies[place][1])
        session.close()
    return [before, after]


Way = Callable[[int, Sequence[tuple[str, str]], Random], list[Times]]
WAYS: tuple[tuple[Way, tuple[str, ...]], ...] = (
    (alone, ("alone",)),
    (together, ("in one session",)),
    (burst, ("in a burst, the time before", "in a burst, the time after")),
)
"""To add one: 1. its function, 2. a name for each of the times that it tells."""


def row(name: str, took: Times) -> list[object]:
    medians = [sorted(each)[len(each) // 2] * 1e6 for each in took]
    return [name, len(took[0]), f"{auc(*took):.3f}", f"{medians[0]:.0f}", f"{medians[1]:.0f}"]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pairs", type=int, default=1_000)
    options.add_argument("--ways", default="alone,together,burst")
    chosen = options.parse_args()
    print(table.machine())
    if (why := stage.why_no_postfix()) is not None:
        print(why)
        return
    ways = [each for each in WAYS if each[0].__name__ in chosen.ways.split(",")]
    # A burst ends without DATA: Postfix, which counts messages begun against messages delivered, must not slow down.
    with stage.postfix(in_flow_delay="0") as server, stage.gate(server.proxy, "proxy") as gate:
        denied = names("dead", chosen.pairs * len(WAYS))
        with stage.client(gate.home) as link:
            stage.apply(link, "bench", [ImportItem(scope=name, patterns=[stage.SPAMMER]) for name in denied])
        missing, others, cold = (names(prefix, len(denied)) for prefix in ("gone", "none", "cold"))
        rows = []
        for number, (ask, told) in enumerate(ways):
            # Every way has names of its own: a first time is one only once.
            part = slice(number * chosen.pairs, (number + 1) * chosen.pairs)
            pairs, plain = list(zip(denied[part], missing[part], strict=True)), list(zip(others, cold, strict=True))
            ask(gate.port, plain[-60:], Random(0))  # warm, with names that are asked no more
            for when, port, these in (
                ("through the gate, first", gate.port, pairs),
                ("through the gate, again", gate.port, pairs),
                ("Postfix alone, missing against missing", server.plain, plain[part]),
            ):
                for name, took in zip(told, ask(port, these, Random(number)), strict=True):
                    rows.append(row(f"{when}: {name}", took))
    heads = ("way", "pairs", "AUC", "denied, median us", "missing, median us")
    table.show("Denied against missing, by the time of the answer to RCPT", heads, rows)


if __name__ == "__main__":
    main()
