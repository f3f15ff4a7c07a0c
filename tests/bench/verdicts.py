"""What a decision costs, and what it costs to make the rules ready, from ten entries to a million.

`python -m tests.bench.verdicts [--sizes 10 1000 100000 1000000]`. "After the parse" is `Ruleset.judge`, "whole" is
`Guard.judge`, from the texts of the SMTP path to the verdict; each sender of a run is another, so that no cache helps.
"Read" is what brings the lists into memory, "one more" is one more entry beside them. At last the twin: denied senders
and missing recipients, turn about, each decision timed by itself.
"""

import argparse
import gc
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from gate.desk.loading import matchers
from gate.guard import Guard
from gate.rules import address
from gate.rules.plain import is_plain
from gate.rules.ruleset import AccountRule, EntryRule, Ruleset, compile_ruleset
from tests.bench import table
from tests.bench.timing import auc

DOMAIN = "virtual.test"
OWNER, MISSING = f"user0@{DOMAIN}", f"gone0@{DOMAIN}"
A_SCOPE = 5_000
"""Patterns that one scope may hold."""
A_PART = 250
PAIRS = 10_000

Row = tuple[int, str, str, str]


def plain(count: int) -> Iterator[Row]:
    """Addresses and domains, all for one account."""
    for number in range(count):
        host = f"bad{number}.example"
        yield number, OWNER, "deny", f"@{host}" if number % 4 == 0 else f"spam{number}@{host}"


def patterns(count: int) -> Iterator[Row]:
    """Keywords, globs and regexes by turns, as many a scope as may be; the first scope is an account's."""
    for number in range(count):
        text = (f"keyword:casino{number}", f"bounce{number}-*@*.bad.example", f"/^promo{number}[0-9]+@/")[number % 3]
        yield number, f"user{number // A_SCOPE}@{DOMAIN}", "deny", text


def three_scopes(_: int) -> Iterator[Row]:
    """The dearest decision: as many patterns as may be in each scope that concerns one recipient."""
    for place, scope in enumerate((OWNER, f"@{DOMAIN}", "*")):
        for number, _scope, list_, text in patterns(A_SCOPE):
            yield number + place * A_SCOPE, scope, list_, text


def compiled(rows: Sequence[Row], *, scopes: int) -> Ruleset:
    """As the gate does it at its start."""
    accounts = [AccountRule(f"user{number}@{DOMAIN}") for number in range(scopes)]
    looked_up = [row for row in rows if is_plain(row[3])]
    parts = (looked_up[at : at + 500] for at in range(0, len(looked_up), 500))
    places = matchers(parts, {OWNER: len(looked_up)}, lambda: None)
    sought = [EntryRule(*row) for row in rows if not is_plain(row[3])]
    return compile_ruleset(accounts, sought, own_domains=[DOMAIN]).moved(places)


def microseconds(judge: Callable[[str], object], senders: Sequence[str]) -> str:
    """A decision: every part of the senders at its best of seven runs, for other work comes in between for longer."""

    def run(some: Sequence[str]) -> None:
        for sender in some:
            judge(sender)

    parts = [senders[at : at + A_PART] for at in range(0, len(senders), A_PART)]
    return f"{sum(table.seconds(lambda: run(part), 7) for part in parts) / len(senders) * 1e6:.1f}"  # noqa: B023


def measure(name: str, make: Callable[[int], Iterator[Row]], count: int, decisions: int) -> list[list[object]]:
    rows = list(make(count))
    gc.collect()
    start = time.perf_counter()
    rules = compiled(rows, scopes=max(1, -(-count // A_SCOPE)))
    fresh = time.perf_counter() - start
    extra = (EntryRule(len(rows), OWNER, "deny", f"one{number}@more.example") for number in itertools.count())
    one_more = table.seconds(lambda: rules.changed((), [next(extra)]), 3)
    word = EntryRule(*rows[1])
    other = table.seconds(lambda: rules.changed([word], [EntryRule(0, OWNER, "deny", "keyword:another")]), 3)
    guard = Guard()
    guard.load(rules)
    unknown = [f"friend{number}@good{number}.example" for number in range(decisions)]
    chance = Random(7)
    denied = [
        _caught(rows[chance.randrange(min(len(rows), A_SCOPE if make is not plain else count))][3]) for _ in unknown
    ]
    assert all(guard.judge(sender, OWNER).verdict == "refuse" for sender in denied)
    assert all(guard.judge(sender, OWNER).verdict == "accept" for sender in unknown)
    to = address.from_wire(OWNER)
    parsed = {sender: address.from_wire(sender) for sender in (*unknown, *denied)}
    return [
        [
            name,
            f"{len(rows):,}",
            *(microseconds(lambda sender: rules.judge(parsed[sender], to), each) for each in (unknown, denied)),
            *(microseconds(lambda sender: guard.judge(sender, OWNER), each) for each in (unknown, denied)),
            f"{fresh * 1e3:.0f}",
            f"{one_more * 1e3:.2f}",
            f"{other * 1e3:.2f}",
        ],
        [name, f"{len(rows):,}", *twin(guard, denied, seed=count)],
    ]


def twin(guard: Guard, denied: Sequence[str], *, seed: int) -> list[object]:
    """The same sender to an account that denies him and to a missing one, in pairs whose order chance decides."""
    chance, senders = Random(seed), itertools.cycle(denied)
    took: dict[str, list[float]] = {OWNER: [], MISSING: []}
    for _ in range(PAIRS):
        sender = next(senders)
        for recipient in (OWNER, MISSING) if chance.random() < 0.5 else (MISSING, OWNER):
            start = time.perf_counter_ns()
            guard.judge(sender, recipient)
            took[recipient].append(time.perf_counter_ns() - start)
    middles = [statistics.median(each) / 1e3 for each in took.values()]
    return [f"{middles[0]:.2f}", f"{middles[1]:.2f}", f"{middles[0] - middles[1]:+.2f}", f"{auc(*took.values()):.3f}"]


def _caught(pattern: str) -> str:
    """A sender that the pattern catches."""
    if pattern.startswith("keyword:"):
        return f"x{pattern.removeprefix('keyword:')}@any.example"
    if pattern.startswith("/"):
        return pattern[2:].partition("[")[0] + "1@any.example"
    return pattern.replace("*", "x") if not pattern.startswith("@") else f"any{pattern}"


HEADS = (
    "entries of", "number", "us after the parse, no match", "refused", "us whole, no match", "refused", "read, ms",
    "one more address, ms", "one more keyword, ms",
)  # fmt: skip
TWIN = ("entries of", "number", "us whole, denied", "missing recipient", "difference", "AUC")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", type=int, nargs="+", default=[10, 1_000, 100_000, 1_000_000])
    options.add_argument("--decisions", type=int, default=5_000)
    chosen = options.parse_args()
    print(table.machine())
    found = [measure("addresses, domains; one account", plain, size, chosen.decisions) for size in chosen.sizes]
    found += [
        measure("patterns, 5,000 a scope", patterns, size, chosen.decisions) for size in chosen.sizes if size <= 100_000
    ]
    if max(chosen.sizes) >= A_SCOPE:
        found.append(measure("5,000 patterns in each of 3 scopes", three_scopes, A_SCOPE, chosen.decisions))
    table.show("Decisions", HEADS, [each[0] for each in found])
    table.show("The twin, by time alone", TWIN, [each[1] for each in found])


if __name__ == "__main__":
    main()
