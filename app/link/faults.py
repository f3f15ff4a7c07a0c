"""What the gate refuses, in the owner's words: one line a code, for translation. `{name}` stands for a parameter.

A code that is not here is shown in the gate's own English line. To add one: its line in `FAULTS`; a test compares the
parameters with the gate's.
"""

from app.language import QT_TRANSLATE_NOOP

FAULTS: dict[str, str] = {
    # accounts
    "account.unknown": QT_TRANSLATE_NOOP("Fault", "{account} is not an account of yours."),
    "account.exists": QT_TRANSLATE_NOOP("Fault", "{account} is an account already."),
    "account.is_alias": QT_TRANSLATE_NOOP("Fault", "{address} is an alias of {account} already."),
    "account.alias_is_account": QT_TRANSLATE_NOOP(
        "Fault", "{address} is an account of its own, so it cannot be an alias too."
    ),
    "account.alias_itself": QT_TRANSLATE_NOOP("Fault", "{address} is the account itself; an alias is another address."),
    "account.no_address": QT_TRANSLATE_NOOP("Fault", "{text} cannot be an account: it needs an address with a domain."),
    "account.foreign_domain": QT_TRANSLATE_NOOP(
        "Fault",
        "{address} is not in a domain of your mail server. If {domain} is yours, name it in gate.toml: [gate] domains.",
    ),
    # addresses
    "address.empty": QT_TRANSLATE_NOOP("Fault", "An address is missing."),
    "address.too_long": QT_TRANSLATE_NOOP("Fault", "The address is longer than {limit} characters."),
    "address.no_domain": QT_TRANSLATE_NOOP("Fault", "{text} is no address: the @ and the domain are missing."),
    "address.no_local": QT_TRANSLATE_NOOP("Fault", "{text} is no address: nothing stands before the @."),
    "address.null": QT_TRANSLATE_NOOP("Fault", "<> is no address."),
    "address.hidden": QT_TRANSLATE_NOOP("Fault", "The address holds an invisible character ({char})."),
    "address.quote": QT_TRANSLATE_NOOP("Fault", "{text} is no address: a quotation mark is not closed."),
    "address.comment": QT_TRANSLATE_NOOP("Fault", "{text} is no address: a bracket is not closed."),
    "address.space": QT_TRANSLATE_NOOP("Fault", "{text} is no address: it holds a space."),
    "address.character": QT_TRANSLATE_NOOP("Fault", "{text} is no address: {char} may not stand there."),
    "address.domain": QT_TRANSLATE_NOOP("Fault", "{domain} is no domain name."),
    "address.domain_empty": QT_TRANSLATE_NOOP("Fault", "A domain name is missing after the @."),
    # entries
    "entry.not_there": QT_TRANSLATE_NOOP("Fault", "{pattern} is on no list of {scope}."),
    "entry.not_on_list": QT_TRANSLATE_NOOP("Fault", "{pattern} is no longer on this list of {scope}."),
    "entry.unknown": QT_TRANSLATE_NOOP("Fault", "This entry is no longer there."),
    "entry.exists": QT_TRANSLATE_NOOP("Fault", "{pattern} is on the list of {scope} already."),
    "entry.no_patterns": QT_TRANSLATE_NOOP("Fault", "A sender is missing."),
    "entry.expect_pattern": QT_TRANSLATE_NOOP("Fault", "{text} cannot be an expected sender: {why}."),
    "text.too_long": QT_TRANSLATE_NOOP("Fault", "This text is longer than {limit} characters."),
    "text.hidden": QT_TRANSLATE_NOOP("Fault", "This text holds an invisible character ({char})."),
    "scope.foreign_domain": QT_TRANSLATE_NOOP(
        "Fault", "{scope} is not a domain of yours. If it is, name {domain} in gate.toml: [gate] domains."
    ),
    # patterns
    "pattern.empty": QT_TRANSLATE_NOOP("Fault", "A sender is missing."),
    "pattern.too_long": QT_TRANSLATE_NOOP("Fault", "This is longer than {limit} characters."),
    "pattern.hidden": QT_TRANSLATE_NOOP("Fault", "This holds an invisible character ({char})."),
    "pattern.null": QT_TRANSLATE_NOOP("Fault", "Bounces (<>) are refused in the settings of an account."),
    "pattern.word": QT_TRANSLATE_NOOP("Fault", "A word by itself is no address. To deny the word: keyword:{text}"),
    "pattern.keyword_empty": QT_TRANSLATE_NOOP("Fault", "keyword: needs a word after it."),
    "pattern.domain_empty": QT_TRANSLATE_NOOP("Fault", "A domain name is missing after the @."),
    "pattern.domain": QT_TRANSLATE_NOOP("Fault", "{domain} is no domain name."),
    "pattern.number": QT_TRANSLATE_NOOP("Fault", "A network address as a domain is written @[{text}]."),
    "pattern.leading_dot": QT_TRANSLATE_NOOP("Fault", "A domain and all under it is written @{text}"),
    "pattern.subdomains_literal": QT_TRANSLATE_NOOP("Fault", "Nothing lies under a network address."),
    "pattern.suffix": QT_TRANSLATE_NOOP(
        "Fault", "This would match everyone who has a domain under {suffix}. Name the domain itself."
    ),
    "pattern.glob_local": QT_TRANSLATE_NOOP("Fault", "* and ? are about the whole address: write *{text}"),
    "pattern.glob_stars": QT_TRANSLATE_NOOP("Fault", "At most {limit} stars."),
    "pattern.regex_open": QT_TRANSLATE_NOOP("Fault", "A regex begins and ends with /"),
    "pattern.regex_empty": QT_TRANSLATE_NOOP("Fault", "The regex between the / is empty."),
    "pattern.regex": QT_TRANSLATE_NOOP("Fault", "This regex cannot be read: {why}"),
    "pattern.look_around": QT_TRANSLATE_NOOP("Fault", "A regex here knows no look-around ({what})."),
    "pattern.back_reference": QT_TRANSLATE_NOOP("Fault", "A regex here knows no back-references ({what})."),
    "pattern.regex_large": QT_TRANSLATE_NOOP("Fault", "This regex is too large: {size} steps, {limit} are allowed."),
    "pattern.everything": QT_TRANSLATE_NOOP("Fault", "This would match every sender."),
    "ruleset.too_many": QT_TRANSLATE_NOOP(
        "Fault", "At most {limit} keywords, globs and regexes a list; addresses and domains have no limit."
    ),
    "ruleset.too_large": QT_TRANSLATE_NOOP("Fault", "The keywords, globs and regexes of this list are too large."),
    # cautions: it is done all the same
    "pattern.own_domain": QT_TRANSLATE_NOOP("Fault", "{domain} is your own domain: forged mail from it is common."),
    "pattern.own_account": QT_TRANSLATE_NOOP("Fault", "{account} is your own address: forged mail from it is common."),
    "pattern.private_suffix": QT_TRANSLATE_NOOP("Fault", "Many people have a name under {domain}: it denies them all."),
    # history
    "journal.unknown": QT_TRANSLATE_NOOP("Fault", "This change is not in the history."),
    "journal.already_undone": QT_TRANSLATE_NOOP("Fault", "This is taken back already: {text}"),
    "journal.touched_later": QT_TRANSLATE_NOOP(
        "Fault", "A later change is about the same: “{later_text}”. Take that back first."
    ),
    "journal.nothing_to_undo": QT_TRANSLATE_NOOP("Fault", "There is nothing to take back."),
    "journal.nothing_to_redo": QT_TRANSLATE_NOOP("Fault", "There is nothing to do again."),
    # import
    "import.stage_unknown": QT_TRANSLATE_NOOP("Fault", "What was prepared is no longer there. Begin the import again."),
    "import.too_large": QT_TRANSLATE_NOOP("Fault", "An import holds at most {limit} senders."),
    "import.nothing": QT_TRANSLATE_NOOP("Fault", "There is nothing to import."),
    # the mail port
    "smtp.listen": QT_TRANSLATE_NOOP("Fault", "The mail port cannot be opened on {listen}: {why}."),
    "smtp.ipv6": QT_TRANSLATE_NOOP(
        "Fault", "The mail port is not opened on {listen}: the mail server takes no clients with IPv6 addresses."
    ),
    "port.domains": QT_TRANSLATE_NOOP(
        "Fault",
        "The mail port stays closed: [gate] domains in {file} is empty. Name there the domains that {deliver} is "
        "responsible for.",
    ),
    # the store
    "store.locked": QT_TRANSLATE_NOOP("Fault", "Another program holds {file} locked. Nothing was changed."),
    "store.full": QT_TRANSLATE_NOOP("Fault", "The disk is full. Nothing was changed."),
    "store.read_only": QT_TRANSLATE_NOOP("Fault", "{file} cannot be written. Nothing was changed."),
}
