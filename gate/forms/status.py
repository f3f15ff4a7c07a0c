"""The gate itself: its state, its warnings, what a subscriber is told first."""

from typing import Any

from gate.errors import Fault
from gate.forms.form import Form, GateState
from gate.forms.history import Change


class Warning(Form, frozen=True, kw_only=True):  # noqa: A001 (the key in `status --json` is `warnings`)
    """Something the owner should know or do. `code` is stable, `text` one English line."""

    code: str
    text: str
    params: dict[str, Any] = {}

    @classmethod
    def of(cls, fault: Fault) -> "Warning":
        """What did not work, told beside all else."""
        return cls(code=fault.code, text=str(fault), params=dict(fault.params))


class RelayFacts(Form, frozen=True, kw_only=True):
    """What came of asking the mail server to take mail for others' domains, as a stranger would."""

    passed: bool | None
    """It took none; false: it took `taken`; null: that could not be asked, see `text`."""
    client: str
    """As whom it was asked: an IP address, or `the gate itself` where the client's address is not passed on."""
    taken: str | None = None
    """A foreign recipient that it took."""
    time: str
    text: str
    """In one English line."""


class Status(Form, frozen=True, kw_only=True):
    """`status`. With no gate running: state `not running`, pid null."""

    state: GateState
    pid: int | None = None
    listen: list[str] = []
    """The addresses the mail port is really open on, `HOST:PORT`; empty while stopped."""
    deliver: str = "built-in"
    policy: list[str] = []
    """Where Postfix may ask (`[policy] listen`), as it is really open, `HOST:PORT`."""
    policy_asked: int = 0
    """Questions that came there since the start; 0 for long: main.cf does not name it."""
    refused: int = 0
    """Recipients refused since the log began."""
    accepted: int = 0
    version: str = ""
    warnings: list[Warning] = []
    sessions: int = 0
    """Client sessions under way."""
    own_domains: list[str] = []
    listed_domains: list[str] = []
    """Of these: only what was made in Irusu exists there."""
    home: str = ""
    """The data folder in use: lists, log, mail of the built-in server."""
    settings: str = ""
    """The gate.toml in use; it need not exist."""
    offer: str | None = None
    """A name for `setup.lines`: the way that suits this machine, while no mail server is set up with Irusu."""
    since: str | None = None
    """When this gate process started."""
    relay: RelayFacts | None = None
    """Null: the mail server has not been asked yet."""


class Subscribed(Form, frozen=True, kw_only=True):
    """Answer to `subscribe`: the present state, and the number of the last event before it."""

    seq: int
    status: Status
    undo: "Change | None" = None
    redo: "Change | None" = None


class ListsChanged(Form, frozen=True, kw_only=True):
    """Data of an event of kind `lists`."""

    scopes: list[str] | None = None
    """Scopes whose entries or settings changed; null: any may have."""
    undo: "Change | None" = None
    """What `undo` without an ID would take back now."""
    redo: "Change | None" = None
