"""What the desk refuses, each in one clear line."""

from typing import ClassVar

from gate.errors import Fault
from gate.store import JournalError


class DeskError(Fault):
    """Something an owner asked for that cannot be."""

    texts: ClassVar[dict[str, str]] = {
        "account.unknown": "{account} is no account; make it with: irusu-gate account add {account}",
        "account.exists": "{account} is an account already",
        "account.is_alias": "{address} is an alias of {account} already",
        "account.alias_is_account": "{address} is an account of its own and cannot be an alias too",
        "account.alias_itself": "{address} is the account itself and cannot be its alias too",
        "account.no_address": "{text} cannot be an account: it needs an address with a domain",
        "account.foreign_domain": "{address} is not in a domain of the server behind the gate; "
        "name {domain} in gate.toml: [gate] domains",
        "scope.foreign_domain": "{scope} is no domain of your own; name {domain} in gate.toml: [gate] domains",
        "scope.not_an_account": "{scope} is no account: only an account can be closed or refuse bounces",
        "domain.built_in": "in {domain} only accounts exist already: the built-in mail server knows no other names",
        "domain.by_option": "what exists in {domain} cannot be written: the gate was started with --domain; name the "
        "domains in {file} instead",
        "domain.no_settings": "there is no gate.toml to write {domain} to",
        "domain.keep_elsewhere": "{address} is not in {domain}",
        "entry.not_there": "{pattern} stands on no list of {scope}",
        "entry.not_on_list": "{pattern} does not stand on the {list} list of {scope}",
        "entry.unknown": "there is no entry {id} any more",
        "entry.exists": "{pattern} stands on the {list} list of {scope} already",
        "entry.no_patterns": "no pattern was given",
        "entry.expect_pattern": "{text} cannot be an expected sender: {why}",
        "text.too_long": "the {what} is longer than {limit} characters",
        "text.hidden": "the {what} holds a control or invisible character ({char})",
        "query.limit": "a page holds 1 to {limit} rows, not {given}",
        "query.days": "the log is looked through for 1 to {limit} days, not {given}",
        "query.after": "{given} is no place to go on from",
        "query.time": "{given} is no time; write 2026-11-24 or 2026-11-24T08:00:00Z",
        "check.recipient": "{text} is no recipient",
        "import.stage_unknown": "what was prepared for this import is no longer there; begin the import again",
        "import.too_large": "an import holds at most {limit} patterns",
        "import.nothing": "there is nothing to import",
        **JournalError.texts,
    }
