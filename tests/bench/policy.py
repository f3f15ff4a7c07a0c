"""What the policy front costs a Postfix, and whether a denied sender can tell by time: one Postfix, two of its ports.

`python -m tests.bench.policy [--seconds S] [--rounds N] [--pairs N]`. One port asks the gate by the lines that
`irusu-gate lines postfix-policy` prints, the other is as without Irusu; they are played turn about.
"""

import argparse
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from gate.forms import ImportItem
from tests.bench import race, stage, table, timing
from tests.bench.race import Way, Work
from tests.servers.policy import lines_of
from tests.servers.postfix import Postfix
from tests.servers.process import free_ports
from tests.wire.gate_process import Gate, Home

SYSTEM = "system.test"
"""A domain whose accounts are those of the machine, which Postfix looks for by proxymap."""
HELD = "held back"
ALONE, ASKING = "Postfix alone", "asking the gate"
ORDERS = [
    Work("accepted, 1 KB, c=10", 10),
    Work("refused, c=10", 10, refused=True),
    Work("refused, c=1", 1, refused=True),
]


@dataclass
class Beside:
    """A Postfix, its port that asks, and the gate that is asked."""

    postfix: Postfix
    asking: int
    gate: Gate


def master_lines(printed: str, port: int) -> str:
    """A second smtpd with what is printed for main.cf."""
    found = re.findall(r"^(\w+) =\s*((?:.+\n(?:[ \t].*\n)*)|(?:\n(?:[ \t].*\n)+))", printed, re.MULTILINE)
    options = "".join(f"    -o {{ {name} = {' '.join(value.split())} }}\n" for name, value in found)
    return f"{port} inet n - n - - smtpd\n{options}"


@contextlib.contextmanager
def beside() -> Iterator[Beside]:
    with stage.folder() as place:
        asking, policy = free_ports(2)
        home = Home(place / "home")
        file = home.path / "config" / "gate.toml"
        file.parent.mkdir(parents=True)
        text = f'[gate]\ndomains = ["{stage.DOMAIN}", "{SYSTEM}"]\ndeliver = "smtp://127.0.0.1:9"\n'
        text += f'[policy]\nlisten = ["127.0.0.1:{policy}"]\n'
        file.write_text(text)
        lines = master_lines(lines_of(home, "postfix-policy", "main.cf"), asking)
        # Nobody is in mynetworks: those are let through before they are asked about.
        with stage.postfix(
            master_lines=lines, mynetworks="", in_flow_delay="0", mydestination=SYSTEM, myorigin=SYSTEM
        ) as server:
            file.write_text(text.replace(":9", f":{asking}"))
            home.done("account", "add", stage.ACCOUNT)
            home.done("deny", stage.ACCOUNT, stage.SPAMMER)
            with home.gate(listen=None) as gate:
                gate.wait_line(HELD)
                yield Beside(server, asking, gate)


def speeds(found: Beside, rounds: int, seconds: float) -> list[list[object]]:
    ways = [Way(ALONE, found.postfix.plain), Way(ASKING, found.asking, found.gate.process.pid)]
    rows: list[list[object]] = []
    for work in ORDERS:
        times = race.run(
            work,
            ways,
            rounds=rounds,
            seconds=seconds,
            gates=[ASKING],
            settled=lambda: stage.wait_until_idle(found.postfix),
        )
        alone, asking = times[ALONE], times[ASKING]
        middle = [sorted(each)[len(each) // 2] for each in (alone.speeds, asking.speeds, asking.cpu)]
        rows.append(
            [
                work.name,
                f"{middle[0]:.0f}",
                f"{middle[1]:.0f}",
                table.spread(race.ratios(asking, alone)),
                f"{middle[2]:.3f} s",
            ]
        )
    return rows


def by_time(found: Beside, pairs: int) -> list[list[object]]:
    """As `tests.bench.timing` does before a Postfix, beside one."""
    denied, missing, others, cold = (
        timing.names(prefix, pairs * len(timing.WAYS)) for prefix in ("dead", "gone", "none", "cold")
    )
    also = [name.replace(stage.DOMAIN, SYSTEM) for name in denied[:pairs]]
    with stage.client(found.gate.home) as link:
        stage.apply(link, "bench", [ImportItem(scope=name, patterns=[stage.SPAMMER]) for name in denied + also])
    rows = []
    for number, (ask, told) in enumerate(timing.WAYS):
        part = slice(number * pairs, (number + 1) * pairs)
        both, plain = list(zip(denied, missing, strict=True))[part], list(zip(others, cold, strict=True))[part]
        ask(found.asking, plain[-60:], Random(0))
        for when, port, these in (
            ("asking the gate, first", found.asking, both),
            ("asking the gate, again", found.asking, both),
            ("Postfix alone, missing against missing", found.postfix.plain, plain),
        ):
            for name, took in zip(told, ask(port, these, Random(number)), strict=True):
                rows.append(timing.row(f"{when}: {name}", took))
    for form in (f"@{SYSTEM}", "", "@[127.0.0.1]"):
        both = [tuple(name.partition("@")[0] + form for name in pair) for pair in zip(denied, missing, strict=True)]
        (took,) = timing.together(found.asking, both[:pairs], Random(0))
        rows.append(timing.row(f"asking the gate, in one session, a system account: name{form}", took))
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=0.6, help="of each way in a round")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--pairs", type=int, default=1_000)
    chosen = options.parse_args()
    print(table.machine())
    if (why := stage.why_no_postfix()) is not None:
        print(why)
        return
    with beside() as found:
        race.run(ORDERS[0], [Way(ASKING, found.asking)], rounds=1, seconds=0.1, gates=[ASKING], settled=lambda: None)
        rows = speeds(found, chosen.rounds, chosen.seconds)
        times = by_time(found, chosen.pairs)
    heads = ("work", "sessions/s alone", "sessions/s asking", "ratio, median (least to most)", "gate's CPU a 1,000")
    table.show("The policy front beside Postfix", heads, rows)
    heads = ("way", "pairs", "AUC", "denied, median us", "missing, median us")
    table.show("Denied against missing, by the time of the answer to RCPT", heads, times)


if __name__ == "__main__":
    main()
