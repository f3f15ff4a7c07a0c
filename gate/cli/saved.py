"""`survey` and `import`: the senders found in saved mail. Files are opened here, never by the gate."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from gate.cli import link, output
from gate.cli.options import Json
from gate.errors import Fault
from gate.forms import (
    Applied,
    ApplyImport,
    Candidate,
    ImportItem,
    ImportReport,
    StageImport,
    SurveyContext,
    SurveyLine,
)
from gate.rules import address
from gate.savedmail.reasons import UNREADABLE, WHY

STAGE_PATTERNS = 5000
"""Patterns of one message at most: far below the line limit."""

Paths = Annotated[list[str], typer.Argument(metavar="PATH...", help="mbox files, messages, Maildirs, folders of them.")]
Account = Annotated[
    str | None,
    typer.Option("--account", metavar="ADDRESS", help="The account of messages whose recipient cannot be told."),
]


class SavedError(Fault):
    """The saved mail cannot be looked at."""

    texts = {
        "saved.missing": "{path} is not there",
        "saved.nameless": "A path is empty: name a file or a folder",
        "saved.account": "--account {text}: no account can have that address",
        "saved.context": "The context {file} cannot be used: {why}",
    }


def register(root: typer.Typer) -> None:
    root.command()(survey)
    root.command("import")(import_)


def survey(
    paths: Paths,
    context: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="What the gate knows, as JSON; without it the gate is asked.")
    ] = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Look at saved mail and tell its senders, a line each."""
    _check(paths)
    account = _account(account)
    lines = _survey(paths, _context(context), account)
    if as_json:
        for line in lines:
            output.show_json(line)
        return
    from gate.savedmail.survey import report

    _show(report(_watched(lines)))


def import_(
    paths: Paths,
    account: Account = None,
    apply: Annotated[bool, typer.Option("--apply", help="Put what is suggested on the deny lists.")] = False,
    as_json: Json = False,
) -> None:
    """What saved mail suggests for the deny lists; with --apply, do it (one undo takes it back)."""
    from gate.savedmail.survey import items, report

    _check(paths)
    account = _account(account)
    context = _context(None)
    found = report(_watched(_survey(paths, context, account)))
    applied = None
    if apply and (chosen := items(found)):
        applied = _apply(", ".join(Path(path).name or path for path in paths)[:200], chosen)
        found = msgspec.structs.replace(found, applied=applied.applied)
    if as_json:
        output.show_json(found)
        return
    _show(found)
    if apply:
        output.say(f"{found.applied} new on the deny lists" + ("; irusu-gate undo takes it back" if applied else ""))
    elif any(candidate.suggested for each in found.accounts for candidate in each.candidates):
        output.say("Nothing was changed; --apply puts what is marked * on the deny lists")


def _check(paths: list[str]) -> None:
    for path in paths:
        if not path:
            raise SavedError("saved.nameless")
        if not Path(path).exists():
            raise SavedError("saved.missing", path=path)


def _account(text: str | None) -> str | None:
    """The address in its canonical form. Raises AddressError, SavedError: before anything is read."""
    if text is None:
        return None
    found = address.parse(text)
    if not found.local or not found.domain:
        raise SavedError("saved.account", text=text.strip() or "<>")
    return found.text


def _context(file: str | None) -> SurveyContext:
    if file is None:
        found: SurveyContext = link.call("survey.context")
        return found
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return msgspec.json.decode(text, type=SurveyContext)
    except OSError as problem:
        raise SavedError("saved.context", file=file, why=problem.strerror or str(problem)) from problem
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise SavedError("saved.context", file=file, why=str(problem)) from problem


def _survey(paths: list[str], context: SurveyContext, account: str | None) -> Iterator[SurveyLine]:
    from gate.savedmail.survey import survey as read

    return read(paths, context, account)


def _watched(lines: Iterable[SurveyLine]) -> Iterator[SurveyLine]:
    """The same lines; their progress is shown on a terminal, what cannot be read on stderr."""
    with _bar() as advance:
        for line in lines:
            if line.progress is not None:
                advance(line.progress.bytes, line.progress.of)
            if line.unreadable is not None:
                why = UNREADABLE.get(line.unreadable.why, line.unreadable.why)
                output.note(f"{line.unreadable.file}, byte {line.unreadable.offset}: {why}")
            yield line


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, markup=False, emoji=False)
    columns = (TextColumn("Reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Reading", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _apply(label: str, items: list[ImportItem]) -> Applied:
    """All of it in one undo, in as many messages as it needs."""
    with link.link() as open_link:
        stage: str | None = None
        *staged_parts, last = parts(items)
        for part in staged_parts:
            staged: Any = open_link.call("import.stage", StageImport(stage=stage, items=part))
            stage = staged.stage
        applied = open_link.call("import.apply", ApplyImport(label=label, stage=stage, items=last))
        assert isinstance(applied, Applied)  # noqa: S101 (METHODS says so)
        return applied


def parts(items: Iterable[ImportItem]) -> Iterator[list[ImportItem]]:
    """The same items, a long one cut, in lists of `STAGE_PATTERNS` patterns at most; at least one list."""
    part: list[ImportItem] = []
    size = 0
    for item in items:
        starts = range(0, max(len(item.patterns), 1), STAGE_PATTERNS)
        for some in (item.patterns[start : start + STAGE_PATTERNS] for start in starts):
            if part and size + len(some) > STAGE_PATTERNS:
                yield part
                part, size = [], 0
            part.append(msgspec.structs.replace(item, patterns=some))
            size += len(some)
    yield part


def _show(report: ImportReport) -> None:
    output.say(f"{report.messages} messages, {report.unreadable} unreadable; * marks what is suggested")
    for found in report.accounts:
        output.say()
        output.say(f"{found.account or 'account unknown (--account tells it)'}: {found.messages} messages")
        heads = ("", "PATTERN", "SENDERS", "MESSAGES", "LAST", "WHY")
        output.show_table(heads, (_row(candidate) for candidate in found.candidates))


def _row(candidate: Candidate) -> tuple[object, ...]:
    mark = "*" if candidate.suggested else ""
    last = (candidate.last or "").partition("T")[0]
    why = WHY.get(candidate.why, candidate.why)
    return (mark, candidate.pattern, candidate.senders, candidate.messages, last, why)
