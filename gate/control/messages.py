"""The typed messages of the control socket: JSON-RPC 2.0 envelopes, and for every method what it takes and tells.

UTF-8, one message a line, `LINE_LIMIT` bytes at most. Pure: no socket, no file. The forms are re-exported here, because
this module is all that the app knows of the gate's data.

To add a method: 1. its request and answer in `gate.forms`; 2. a line in `METHODS`; 3. its function in
`gate.control.methods`, where a test compares both tables.
"""

from typing import Any, Literal, NamedTuple

import msgspec

from gate.errors import Fault as Fault  # noqa: PLC0414 (so that type checkers see the re-export)
from gate.forms import *  # noqa: F403 (re-export: see above)
from gate.forms import (
    Account,
    AccountPage,
    AddAccount,
    AddEntries,
    Applied,
    ApplyImport,
    BackendReport,
    Changed,
    ChangePage,
    Check,
    CheckQuery,
    EditEntry,
    EntryPage,
    EntryQuery,
    ForgetEntries,
    Form,
    ListOnly,
    ListQuery,
    LogPage,
    LogQuery,
    Nothing,
    OneAccount,
    OwnDomains,
    RemoveEntries,
    SetAccount,
    SetupLines,
    Staged,
    StageImport,
    Status,
    Subscribed,
    SurveyContext,
    UndoQuery,
    VanishingPage,
    VanishingQuery,
)

PROTOCOL = 1
NAME = "irusu-gate"
LINE_LIMIT = 4 * 1024 * 1024
"""Bytes of one message at most, its newline included."""

EventKind = Literal["state", "decisions", "lists", "leak", "resync"]
"""Data by kind: state `Status`; decisions `list[Decision]`; lists `ListsChanged`; leak (reserved); resync null."""


class MethodForms(NamedTuple):
    """What a method takes (its `params`) and what it tells (its `result`)."""

    params: type[Form]
    result: type[Form]


METHODS: dict[str, MethodForms] = {
    # These four, and `hello`, stay the same for every protocol number.
    "status": MethodForms(Nothing, Status),
    "stop": MethodForms(Nothing, Status),
    "quit": MethodForms(Nothing, Status),
    "start": MethodForms(Nothing, Status),
    "pause": MethodForms(Nothing, Status),
    "setup.lines": MethodForms(Nothing, SetupLines),
    "subscribe": MethodForms(Nothing, Subscribed),
    "account.add": MethodForms(AddAccount, Account),
    "account.set": MethodForms(SetAccount, Account),
    "account.show": MethodForms(OneAccount, Account),
    "account.remove": MethodForms(OneAccount, Changed),
    "account.list": MethodForms(ListQuery, AccountPage),
    "deny": MethodForms(AddEntries, Changed),
    "allow": MethodForms(AddEntries, Changed),
    "forget": MethodForms(ForgetEntries, Changed),
    "entries.list": MethodForms(EntryQuery, EntryPage),
    "entries.edit": MethodForms(EditEntry, Changed),
    "entries.remove": MethodForms(RemoveEntries, Changed),
    "check": MethodForms(CheckQuery, Check),
    "backend.check": MethodForms(Nothing, BackendReport),
    "log.list": MethodForms(LogQuery, LogPage),
    "history.list": MethodForms(ListQuery, ChangePage),
    "undo": MethodForms(UndoQuery, Changed),
    "redo": MethodForms(Nothing, Changed),
    "domains.list": MethodForms(Nothing, OwnDomains),
    "domains.vanishing": MethodForms(VanishingQuery, VanishingPage),
    "domains.list_only": MethodForms(ListOnly, Changed),
    "survey.context": MethodForms(Nothing, SurveyContext),
    "import.stage": MethodForms(StageImport, Staged),
    "import.apply": MethodForms(ApplyImport, Applied),
}

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
REFUSED = -32000
"""The code of every error of Irusu's own; `data` says which."""


class Hello(Form, frozen=True, kw_only=True):
    """`params` of the greeting notification `hello`. Compare `protocol` before anything but status, stop, quit."""

    name: str = NAME
    version: str
    protocol: int = PROTOCOL


class Event(Form, frozen=True, kw_only=True):
    """`params` of the notification `event`."""

    seq: int
    kind: EventKind
    data: Any = None


class Request(Form, frozen=True, kw_only=True):
    """A call; without `id` a notification. An `id` that is null is one all the same (JSON-RPC 2.0, section 4)."""

    jsonrpc: str = "2.0"
    id: int | str | msgspec.UnsetType | None = msgspec.UNSET
    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")

    @property
    def answers_to(self) -> int | str | None:
        """The `id` of the answer."""
        return None if self.id is msgspec.UNSET else self.id


class FaultData(Form, frozen=True, kw_only=True):
    """`error.data`: see `gate.errors.Fault`."""

    code: str
    params: dict[str, Any] = {}


class Error(Form, frozen=True, kw_only=True):
    code: int
    message: str
    data: FaultData | None = None
