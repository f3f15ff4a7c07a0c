"""The forms in which Irusu's facts are asked for and told: on the control socket, in `--json`, in the app.

Pure data: msgspec structs and nothing else. Field names are a contract, other programs read them; more fields may
come, none is renamed. Times are ISO 8601 in UTC with `Z`. What the owner may type (addresses, patterns, scopes) is text
here and is parsed by `gate.rules` where it is used.

A request struct bears the name of what is asked (`AddAccount`), an answer the name of the thing (`Account`).

A module a noun; everything is had from here.
"""

from gate.forms.accounts import Account, AccountPage, AddAccount, ListQuery, OneAccount, ScopeCount, SetAccount
from gate.forms.backend import BackendReport, ClientAddressFacts, DomainFacts, TlsFacts
from gate.forms.decisions import Check, CheckQuery, Decision, EntryRef, LogPage, LogQuery
from gate.forms.domains import ListOnly, OwnDomain, OwnDomains, Vanishing, VanishingPage, VanishingQuery
from gate.forms.entries import (
    AddEntries,
    Changed,
    EditEntry,
    Entry,
    EntryPage,
    EntryQuery,
    ForgetEntries,
    RemoveEntries,
)
from gate.forms.form import PAGE_LIMIT, Because, Form, GateState, KindName, ListName, Mode, Nothing, VerdictName
from gate.forms.history import Change, ChangePage, UndoQuery
from gate.forms.saved_mail import (
    AccountCandidates,
    AccountProgress,
    Applied,
    ApplyImport,
    Candidate,
    ImportItem,
    ImportReport,
    Member,
    Progress,
    Staged,
    StageImport,
    SurveyContext,
    SurveyDone,
    SurveyLine,
    Unreadable,
)
from gate.forms.setup import SetupLines, Snippet, Way, WayName
from gate.forms.status import ListsChanged, RelayFacts, Status, Subscribed, Warning  # noqa: A004 (the form of that name)

__all__ = [
    "PAGE_LIMIT",
    "Account",
    "AccountCandidates",
    "AccountPage",
    "AccountProgress",
    "AddAccount",
    "AddEntries",
    "Applied",
    "ApplyImport",
    "BackendReport",
    "Because",
    "Candidate",
    "Change",
    "ChangePage",
    "Changed",
    "Check",
    "CheckQuery",
    "ClientAddressFacts",
    "Decision",
    "DomainFacts",
    "EditEntry",
    "Entry",
    "EntryPage",
    "EntryQuery",
    "EntryRef",
    "ForgetEntries",
    "Form",
    "GateState",
    "ImportItem",
    "ImportReport",
    "KindName",
    "ListName",
    "ListOnly",
    "ListQuery",
    "ListsChanged",
    "LogPage",
    "LogQuery",
    "Member",
    "Mode",
    "Nothing",
    "OneAccount",
    "OwnDomain",
    "OwnDomains",
    "Progress",
    "RelayFacts",
    "RemoveEntries",
    "ScopeCount",
    "SetAccount",
    "SetupLines",
    "Snippet",
    "StageImport",
    "Staged",
    "Status",
    "Subscribed",
    "SurveyContext",
    "SurveyDone",
    "SurveyLine",
    "TlsFacts",
    "UndoQuery",
    "Unreadable",
    "Vanishing",
    "VanishingPage",
    "VanishingQuery",
    "VerdictName",
    "Warning",
    "Way",
    "WayName",
]
