"""What a decision costs, and what it costs to make the rules ready, from ten entries to a hundred thousand.

`python -m tests.bench.verdicts [--sizes 10 1000 100000]`. A decision is `Guard.judge`, from the texts of the SMTP path
to the verdict; each sender of a run is another, so that no cache helps. The last column is one more entry beside them.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterable, Iterator

from gate.guard import Guard
from gate.rules.ruleset import AccountRule, EntryRule, Ruleset, compile_ruleset
from tests.bench import table

DOMAIN = "virtual.test"
A_SCOPE = 5_000
"""Patterns that one scope may hold."""


def accounts(count: int) -> list[AccountRule]:
    return [AccountRule(f"user{number}@{DOMAIN}") for number in range(count)]


def plain(count: int) -> Iterator[EntryRule]:
    """Addresses and domains, all for one account."""
    for number in range(count):
        host = f"bad{number}.example"
        yield EntryRule(number, f"user0@{DOMAIN}", "deny", f"@{host}" if number % 4 == 0 else f"spam{number}@{host}")


def patterns(count: int) -> Iterator[EntryRule]:
    """Keywords, globs and regexes by turns, as many a scope as may be; the first scope is an account's."""
    for number in range(count):
        text = (f"keyword:casino{number}", f"bounce{number}-*@*.bad.example", f"/^promo{number}[0-9]+@/")[number % 3]
        yield EntryRule(number, f"user{number // A_SCOPE}@{DOMAIN}", "deny", text)


def three_scopes(_: int) -> Iterator[EntryRule]:
    """The dearest decision: as many patterns as may be in each scope that concerns one recipient."""
    for place, scope in enumerate((f"user0@{DOMAIN}", f"@{DOMAIN}", "*")):
        for rule in patterns(A_SCOPE):
            yield EntryRule(rule.id + place * A_SCOPE, scope, rule.list, rule.pattern)


def compiled(entries: Iterable[EntryRule], *, scopes: int, previous: Ruleset | None = None) -> Ruleset:
    return compile_ruleset(accounts(scopes), entries, own_domains=[DOMAIN], previous=previous)


def microseconds(guard: Guard, senders: list[str]) -> float:
    """A decision, the best of three runs over the senders."""
    to = f"user0@{DOMAIN}"

    def run() -> None:
        for sender in senders:
            guard.judge(sender, to)

    return table.seconds(run, 3) / len(senders) * 1e6


def measure(name: str, make: Callable[[int], Iterator[EntryRule]], count: int, decisions: int) -> list[object]:
    entries = list(make(count))
    scopes = max(1, -(-count // A_SCOPE))
    gc.collect()
    start = time.perf_counter()
    rules = compiled(entries, scopes=scopes)
    fresh = time.perf_counter() - start
    more = [*entries, EntryRule(len(entries), f"user0@{DOMAIN}", "deny", "one@more.example")]
    one_more = table.seconds(lambda: compiled(more, scopes=scopes, previous=rules), 3)
    guard = Guard()
    guard.load(rules)
    unknown = [f"friend{number}@good{number}.example" for number in range(decisions)]
    denied = [_caught(entries[number % min(len(entries), A_SCOPE)].pattern) for number in range(decisions)]
    assert all(guard.judge(sender, f"user0@{DOMAIN}").verdict == "refuse" for sender in denied)
    assert all(guard.judge(sender, f"user0@{DOMAIN}").verdict == "accept" for sender in unknown)
    return [
        name,
        f"{len(entries):,}",
        f"{microseconds(guard, unknown):.1f}",
        f"{microseconds(guard, denied):.1f}",
        f"{fresh * 1e3:.1f}",
        f"{one_more * 1e3:.1f}",
    ]


def _caught(pattern: str) -> str:
    """A sender that the pattern catches."""
    if pattern.startswith("keyword:"):
        return f"x{pattern.removeprefix('keyword:')}@any.example"
    if pattern.startswith("/"):
        return pattern[2:].partition("[")[0] + "1@any.example"
    return pattern.replace("*", "x") if not pattern.startswith("@") else f"any{pattern}"


HEADS = ("entries of", "number", "us a decision, no match", "us, refused", "compile, ms", "with one more, ms")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", type=int, nargs="+", default=[10, 1_000, 100_000])
    options.add_argument("--decisions", type=int, default=5_000)
    chosen = options.parse_args()
    print(table.machine())
    rows = [measure("addresses, domains; one account", plain, size, chosen.decisions) for size in chosen.sizes]
    rows += [measure("patterns, 5,000 a scope", patterns, size, chosen.decisions) for size in chosen.sizes]
    if max(chosen.sizes) >= A_SCOPE:
        rows.append(measure("5,000 patterns in each of 3 scopes", three_scopes, A_SCOPE, chosen.decisions))
    table.show("Decisions", HEADS, rows)


if __name__ == "__main__":
    main()
