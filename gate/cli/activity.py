"""`check` and `log`: what would be answered, and what was."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import typer

from gate.cli import link, output
from gate.cli.backend import check_backend
from gate.cli.options import Json
from gate.control.client import Client
from gate.forms import PAGE_LIMIT, Check, CheckQuery, Decision, LogPage, LogQuery

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def register(root: typer.Typer) -> None:
    root.command()(check)
    root.command()(log)


def check(
    sender: Annotated[
        str | None, typer.Argument(metavar="SENDER", help="The envelope sender; '' or <> for a bounce.")
    ] = None,
    recipient: Annotated[str | None, typer.Argument(metavar="RECIPIENT")] = None,
    backend: Annotated[
        bool, typer.Option("--backend", help="Ask the mail server behind instead, and say whether mail may flow.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What a sender would be answered now, and why."""
    if backend:
        if sender is not None:
            raise typer.BadParameter("--backend takes neither SENDER nor RECIPIENT")
        check_backend(as_json)
        return
    if sender is None or recipient is None:
        raise typer.BadParameter("SENDER and RECIPIENT are needed, or --backend")
    found: Check = link.call("check", CheckQuery(sender=sender, recipient=recipient))
    if as_json:
        output.show_json(found)
        return
    why = f"because: {found.because}"
    if found.entry is not None:
        why = f"because {found.entry.scope} has {found.entry.pattern} on its {found.entry.list} list"
    would = " (it would be refused)" if found.would else ""
    output.say(f"{found.verdict}{would}, {why}")


def _time(text: str) -> str:
    """ISO 8601 (UTC where it names no zone, as the log does), or a span back from now such as `2h`, in UTC with `Z`."""
    span = re.fullmatch(r"([0-9]{1,6})([smhdw])", text)
    try:
        if span:
            moment = datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text} is no time; write one such as 2026-01-31, 2026-01-31T08:00Z, or a span such as 2h or 7d"
        ) from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="The newest N only.")] = 100,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", parser=_time, help="From this time on (ISO 8601, or 2h, 7d).")
    ] = None,
    as_json: Json = False,
) -> None:
    """What the gate decided, the newest last."""
    if follow:
        with link.the_gate() as gate:
            _follow(gate, limit, since, as_json)
        return
    with link.link() as open_link:
        rows = _newest(open_link, limit, since)
    if as_json:
        output.show_json([_told(row) for row in rows])
        return
    for row in rows:
        output.say(_line(row))
    if not rows and limit:
        output.note("irusu-gate: " + ("Nothing has been decided yet" if since is None else "Nothing since then"))


def _newest(open_link: link.Link, limit: int, since: str | None) -> list[Decision]:
    """The newest `limit` decisions since then, oldest first, fetched in pages from the newest back."""
    rows: list[Decision] = []
    before: int | None = None
    while len(rows) < limit:
        query = LogQuery(limit=min(limit - len(rows), PAGE_LIMIT), since=since, before=before)
        page: Any = open_link.call("log.list", query)
        rows = [*page.rows, *rows]
        if not page.more or not page.rows:
            break
        before = page.rows[0].id
    return rows


def _newer(gate: Client, than: int) -> Iterator[Decision]:
    while True:
        page = gate.call("log.list", LogQuery(limit=PAGE_LIMIT, after_id=than))
        assert isinstance(page, LogPage)  # noqa: S101 (METHODS says so)
        yield from page.rows
        if not page.more or not page.rows:
            return
        than = page.rows[-1].id


def _follow(gate: Client, limit: int, since: str | None, as_json: bool) -> None:
    last = 0

    def tell(row: Decision) -> None:
        nonlocal last
        if row.id and row.id <= last:
            return
        last = max(last, row.id)
        if as_json:
            output.show_json(_told(row))
        else:
            output.say(_line(row))

    try:
        gate.subscribe()
        with link.the_gate() as asking:
            for row in _newest(asking, limit, since):
                tell(row)
            if not last:  # nothing shown: what is there already is not news
                last = max((row.id for row in _newest(asking, 1, None)), default=0)
            for event in gate.events():
                if event.kind == "decisions":
                    for row in msgspec.convert(event.data, list[Decision]):
                        tell(row)
                elif event.kind == "resync":
                    for row in _newer(asking, last):
                        tell(row)
        output.note("irusu-gate: the gate has ended")
    except KeyboardInterrupt:
        return


def _told(row: Decision) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(row).items() if name != "decoy"}


def _line(row: Decision) -> str:
    """`passed` says that the gate let it through and the server behind refused it by itself."""
    sender = row.sender or "<>"
    why = row.pattern or row.because
    would = " (would be refused)" if row.would else ""
    reply = row.reply.splitlines()[0] if row.reply else ""
    verdict: str = row.verdict
    if verdict == "accept" and reply[:1] in ("4", "5"):
        verdict, reply = "passed", f"the server: {reply}"
    return f"{row.time}  {verdict}{would}  {sender} -> {row.recipient}  [{why}]  from {row.client}  {reply}"
