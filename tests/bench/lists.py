"""What an owner with long lists waits for: at the desk itself, and over the control socket of a gate that guards.

`python -m tests.bench.lists [--entries N] [--accounts N]`. With a million entries it takes two minutes.
"""

import argparse
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from gate.control.methods import call_desk
from gate.desk import ConfigView
from gate.forms import (
    AddAccount,
    AddEntries,
    ApplyImport,
    EntryPage,
    EntryQuery,
    Form,
    ImportItem,
    ListQuery,
    UndoQuery,
)
from tests.bench import stage, table
from tests.unit.open_desk import OpenDesk
from tests.wire.gate_process import Home

Call = Callable[[str, Form], Form]
SCOPE = stage.ACCOUNT


A_PART = 250_000
"""Patterns of one import; half of what is allowed."""


def imported(count: int) -> Iterator[list[ImportItem]]:
    """So many addresses and domains, in as many imports as it takes."""
    texts = [f"@bad{n}.example" if n % 4 == 0 else f"spam{n}@bad{n}.example" for n in range(count)]
    for start in range(0, count, A_PART):
        yield [ImportItem(scope=SCOPE, patterns=texts[start : start + A_PART])]


def through_pages(call: Call) -> int:
    """All entries of the scope, page by page, as the app reads them."""
    after, rows = None, 0
    while True:
        page = call("entries.list", EntryQuery(scope=SCOPE, after=after))
        assert isinstance(page, EntryPage)
        rows += len(page.rows)
        if (after := page.next) is None:
            return rows


def measure(call: Call, apply: Callable[[list[ImportItem]], object], entries: int, accounts: int) -> dict[str, float]:
    """Seconds by what was done."""
    took: dict[str, float] = {}
    first = (f"account{number}@{stage.DOMAIN}" for number in range(accounts))
    took[f"account.add, {accounts:,} of them, each"] = (
        table.seconds(lambda: [call("account.add", AddAccount(address=name)) for name in first]) / accounts
    )
    took[f"account.list of {accounts:,}"] = table.seconds(lambda: call("account.list", ListQuery()), 3)
    took[f"import.apply of {entries:,} entries"] = table.seconds(lambda: [apply(part) for part in imported(entries)])
    numbers = itertools.count()

    def deny(text: str) -> None:
        call("deny", AddEntries(scope=SCOPE, patterns=[text.format(next(numbers))]))

    took[f"deny: one address beside {entries:,}"] = table.seconds(lambda: deny("one{}@more.example"), 5)
    took[f"deny: one keyword beside {entries:,}"] = table.seconds(lambda: deny("keyword:unwanted{}"), 5)
    took["undo of one entry"] = table.seconds(lambda: call("undo", UndoQuery()), 3)
    took["entries.list, the first page of 1,000"] = table.seconds(
        lambda: call("entries.list", EntryQuery(scope=SCOPE)), 3
    )
    took["entries.list, by pattern, filtered"] = table.seconds(
        lambda: call("entries.list", EntryQuery(scope=SCOPE, sort="pattern", filter="bad99")), 3
    )
    took[f"entries.list, all {entries:,} in pages"] = table.seconds(lambda: through_pages(call))
    took[f"account.list of {accounts:,}, with the entries"] = table.seconds(
        lambda: call("account.list", ListQuery()), 3
    )
    return took


def at_the_desk(folder: Path, entries: int, accounts: int) -> dict[str, float]:
    opened = OpenDesk(folder, ConfigView(domains=[stage.DOMAIN], listed=[], delimiter="+", built_in=True))
    try:
        opened.add(SCOPE)

        def call(method: str, params: Form) -> Form:
            return call_desk(opened.desk, method, params, "cli")

        def apply(items: list[ImportItem]) -> Form:
            return call("import.apply", ApplyImport(label="bench", items=items))

        return measure(call, apply, entries, accounts)
    finally:
        opened.close()


def over_the_socket(folder: Path, entries: int, accounts: int) -> dict[str, float]:
    home = Home(folder / "home")
    home.done("account", "add", SCOPE)
    with home.gate(), stage.client(home) as link:
        return measure(link.call, lambda items: stage.apply(link, "bench", items), entries, accounts)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--entries", type=int, default=100_000)
    options.add_argument("--accounts", type=int, default=1_000)
    chosen = options.parse_args()
    print(table.machine())
    with stage.folder() as one, stage.folder() as other:
        desk = at_the_desk(one, chosen.entries, chosen.accounts - 1)
        socket = over_the_socket(other, chosen.entries, chosen.accounts - 1)
    rows = [[what, f"{took * 1e3:.1f}", f"{socket[what] * 1e3:.1f}"] for what, took in desk.items()]
    table.show("Long lists", ("work", "at the desk, ms", "over the socket, ms"), rows)


if __name__ == "__main__":
    main()
