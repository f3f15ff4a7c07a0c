"""A gate that starts with long lists: when it is ready, what it holds in memory, what the mail notices of all that.

`python -m tests.bench.start [--entries N]`. One client asks for verdicts without a pause, over one connection to the
gate before its built-in server. "Longest" is the longest it had to wait for a reply meanwhile; on a busy machine it is
to be compared with that of the quiet line.
"""

import argparse
import itertools
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gate.forms import AddAccount, AddEntries, ImportItem, UndoQuery
from gate.store import entries, open_lists
from gate.store.rows import AccountRow, EntryRow, NameRow, RowChange, write
from tests.bench import stage, table
from tests.wire.gate_process import Gate, Home

SCOPE = stage.ACCOUNT
CHUNK = 20_000
TIME = "2026-11-24T08:00:00Z"


def fill(home: Home, count: int) -> None:
    """The lists as an import would leave them, but without the history, which a start does not read."""
    home.done("account", "add", SCOPE)
    lists = open_lists(home.path / "data" / "lists.db")
    try:
        with lists.writing() as tx:
            write(tx, [RowChange(None, row) for row in _patterns_account()])
            for start in range(0, count, CHUNK):
                some = entries.new_ids(tx, min(CHUNK, count - start))
                write(tx, [RowChange(None, _entry(number)) for number in some])
    finally:
        lists.close()


def _patterns_account() -> Iterator[AccountRow | NameRow]:
    yield AccountRow(stage.FRIEND, TIME)
    yield NameRow(stage.FRIEND, stage.FRIEND)


def _entry(number: int) -> EntryRow:
    host = f"bad{number}.example"
    text, kind = (f"@{host}", "domain") if number % 4 == 0 else (f"spam{number}@{host}", "address")
    return EntryRow(number, SCOPE, "deny", text, kind, TIME, source="import", origin="bench")  # type: ignore[arg-type]


class Mail:
    """A client that asks for a verdict again and again, in a thread. `waits`: seconds for each reply so far."""

    def __init__(self, port: int) -> None:
        self.waits: list[float] = []
        self._ended = False
        self._socket = socket.create_connection(("127.0.0.1", port), 20)
        self._file = self._socket.makefile("rb")
        self._read()
        self._say(b"EHLO mx.outside.test")
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def lives(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self._ended = True
        self._thread.join()
        self._file.close()
        self._socket.close()

    def _run(self) -> None:
        numbers = itertools.count()
        while not self._ended:
            self._say(b"MAIL FROM:<friend%d@good.example>" % next(numbers))
            asked = time.perf_counter()
            self._say(b"RCPT TO:<%b>" % SCOPE.encode())
            self.waits.append(time.perf_counter() - asked)
            self._say(b"RSET")

    def _say(self, line: bytes) -> None:
        self._socket.sendall(line + b"\r\n")
        self._read()

    def _read(self) -> None:
        while (line := self._file.readline())[3:4] == b"-":
            pass
        assert line[:1] == b"2", line


def noticed(mail: Mail, what: str, act: Callable[[], object]) -> list[object]:
    """A row: what the mail noticed of something."""
    first, began = len(mail.waits), time.perf_counter()
    act()
    took = time.perf_counter() - began
    while len(mail.waits) < first + 20:
        assert mail.lives, "the mail has ended"
        time.sleep(0.01)
    waits = mail.waits[first:]
    return [what, f"{took * 1e3:.0f}", len(waits), f"{statistics.median(waits) * 1e3:.2f}", f"{max(waits) * 1e3:.1f}"]


def start(home: Home, entries_: int) -> tuple[list[object], list[list[object]]]:
    began = time.perf_counter()
    gate = Gate(home, "serve", "--listen", "127.0.0.1:0")
    try:
        gate.ready()
        took, at_once = time.perf_counter() - began, stage.memory(gate.process.pid, "VmRSS")
        port = int(gate.said[-1].rpartition(":")[2])
        mail = Mail(port)
        try:
            rows = [noticed(mail, "lists into memory", lambda: _wait_loaded(home))] if entries_ > 20_000 else []
            rows.append(noticed(mail, "nothing, for 2 s", lambda: time.sleep(2)))
            most, now = (stage.memory(gate.process.pid, what) for what in ("VmHWM", "VmRSS"))
            rows += changes(home, mail)
        finally:
            mail.end()
    finally:
        gate.end()
    return [f"{entries_:,}", f"{took:.2f}", f"{at_once:.0f}", f"{now:.0f}", f"{most:.0f}"], rows


def _wait_loaded(home: Home) -> None:
    log = home.path / "log" / "gate.log"
    for _ in range(2_000):
        if "lists are in memory" in log.read_text():
            return
        time.sleep(0.01)


def changes(home: Home, mail: Mail) -> Iterator[list[object]]:
    numbers = itertools.count()
    words = [f"/^promo{number}[0-9]+@/" for number in range(4_900)]
    with stage.client(home) as link:

        def deny(scope: str, *texts: str) -> bool:
            return link.call("deny", AddEntries(scope=scope, patterns=list(texts))) is None

        link.call("account.add", AddAccount(address=f"another@{stage.DOMAIN}"))
        yield noticed(mail, "one address denied", lambda: deny(SCOPE, f"one{next(numbers)}@more.example"))
        yield noticed(
            mail,
            "a hundred, one by one",
            lambda: any(deny(SCOPE, f"one{next(numbers)}@more.example") for _ in range(100)),
        )
        yield noticed(mail, "4,900 regexes denied", lambda: deny(stage.FRIEND, *words))
        yield noticed(mail, "one keyword beside them", lambda: deny(stage.FRIEND, "keyword:unwanted"))
        yield noticed(mail, "undo of it", lambda: link.call("undo", UndoQuery()))
        items = [ImportItem(scope=SCOPE, patterns=[f"new{number}@import.example" for number in range(20_000)])]
        yield noticed(mail, "import of 20,000", lambda: stage.apply(link, "bench", items))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--entries", type=int, default=1_000_000)
    chosen = options.parse_args()
    print(table.machine())
    found = []
    for count in (0, chosen.entries):
        with stage.folder() as place:
            home = Home(Path(place) / "home")
            fill(home, count)
            found.append(start(home, count))
    heads = ("entries", "ready after, s", "MB then", "MB when all is in memory", "MB at most")
    table.show("A start", heads, [row for row, _ in found])
    table.show("What the mail notices", ("meanwhile", "ms", "replies", "median, ms", "longest, ms"), found[-1][1])


if __name__ == "__main__":
    main()
