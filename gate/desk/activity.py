"""What would be answered, and what was."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from gate.desk import typed
from gate.desk.errors import DeskError
from gate.desk.ledger import By, Ledger
from gate.desk.pages import fitting
from gate.forms import Check, CheckQuery, EntryRef, ListName, LogPage, LogQuery
from gate.guard import Guard
from gate.rules import address
from gate.rules.address import NULL
from gate.store import Log


class Activity:
    """Attributes: enforcing: tells whether the gate refuses at all (not in the state `open`)."""

    def __init__(self, ledger: Ledger, log: Log, enforcing: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._log = log
        self.enforcing = enforcing

    def check(self, params: CheckQuery, _by: By) -> Check:
        """The guard's own answer, by the rules that were published last. Raises AddressError."""
        sender, recipient = address.parse(params.sender), address.parse(params.recipient)
        if recipient == NULL:
            raise DeskError("check.recipient", text=params.recipient.strip() or "<>")
        guard = Guard()
        guard.load(self._ledger.publisher.ruleset)
        guard.enforcing = self.enforcing()
        verdict = guard.judge(sender.text, recipient.text)
        entry = verdict.entry
        list_: ListName = "allow" if entry is not None and entry.list == "allow" else "deny"
        return Check(
            verdict=verdict.verdict,
            because=verdict.because,
            account=verdict.account,
            entry=None if entry is None else EntryRef(scope=entry.scope, list=list_, pattern=entry.pattern),
            would=verdict.would,
        )

    def log(self, params: LogQuery, _by: By) -> LogPage:
        """Decisions, the newest last. Raises DeskError, and StoreError where the log cannot be read."""
        query = msgspec.structs.replace(
            params, limit=typed.page_limit(params.limit), filter=typed.sought(params.filter)
        )
        page = self._log.page(query, None if params.since is None else _time(params.since))
        rows = fitting(page.rows, from_end=params.after_id is None)
        return LogPage(rows=rows, more=page.more or len(rows) < len(page.rows))


def _time(text: str) -> str:
    """A time as the rows have it; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DeskError("query.time", given=text) from error
    return found.strftime("%Y-%m-%dT%H:%M:%S")
