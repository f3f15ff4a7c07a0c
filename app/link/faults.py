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
    "address.too_long": QT_TRANSLATE_NOOP("Fault", "The address is longer than {limit} characters."),
    "address.no_domain": QT_TRANSLATE_NOOP("Fault", "{text} is no address: the @ and the domain are missing."),
    "address.no_local": QT_TRANSLATE_NOOP("Fault", "{text} is no address: nothing stands before the @."),
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
    # domains
    "domain.built_in": QT_TRANSLATE_NOOP("Fault", "In {domain} only accounts exist already."),
    "domain.by_option": QT_TRANSLATE_NOOP(
        "Fault",
        "What exists in {domain} cannot be changed here: the gate was started with --domain. Name the domains in "
        "{file} instead.",
    ),
    "domain.no_settings": QT_TRANSLATE_NOOP("Fault", "There is no gate.toml to write {domain} to."),
    "domain.keep_elsewhere": QT_TRANSLATE_NOOP("Fault", "{address} is not in {domain}."),
    # gate.toml
    "config.unreadable": QT_TRANSLATE_NOOP("Fault", "{file} cannot be read: {why}. Nothing was changed."),
    "config.unwritable": QT_TRANSLATE_NOOP("Fault", "{file} cannot be written: {why}. Nothing was changed."),
    "config.syntax": QT_TRANSLATE_NOOP("Fault", "{file} is not valid TOML: {why}. Nothing was changed."),
    "config.unknown_key": QT_TRANSLATE_NOOP("Fault", "{file}: there is no key {key}. Nothing was changed."),
    "config.value": QT_TRANSLATE_NOOP(
        "Fault", "{file}: {key} = {value} cannot be used. Nothing was changed. Allowed: {allowed}."
    ),
    "config.one_port": QT_TRANSLATE_NOOP(
        "Fault", "{file}: mail and Postfix's questions cannot both come to port {port} of {host}. Give each its own."
    ),
    # the mail port
    "smtp.listen": QT_TRANSLATE_NOOP(
        "Fault", "The mail port cannot be opened on {listen}: {why}. It takes a free port of this computer."
    ),
    "smtp.ipv6": QT_TRANSLATE_NOOP(
        "Fault", "The mail port is not opened on {listen}: the mail server takes no clients with IPv6 addresses."
    ),
    "port.domains": QT_TRANSLATE_NOOP(
        "Fault",
        "The mail port stays closed: [gate] domains in {file} is empty. Name there the domains that {deliver} is "
        "responsible for.",
    ),
    "port.given_up": QT_TRANSLATE_NOOP("Fault", "The mail port was not opened: the gate was told to stop meanwhile."),
    # the mail server: what is wrong with it, and what is only told (warnings)
    "backend.unreachable": QT_TRANSLATE_NOOP("Fault", "No connection to the mail server at {target}: {why}."),
    "backend.timeout": QT_TRANSLATE_NOOP("Fault", "The mail server at {target} does not answer in time."),
    "backend.lost": QT_TRANSLATE_NOOP("Fault", "The mail server at {target} closed the connection."),
    "backend.garbled": QT_TRANSLATE_NOOP("Fault", "What answers at {target} does not speak SMTP: {why}."),
    "backend.tls": QT_TRANSLATE_NOOP("Fault", "No TLS with the mail server at {target}: {why}."),
    "backend.not_ready": QT_TRANSLATE_NOOP("Fault", "The mail server at {target} is not ready: {reply}"),
    "backend.unexamined": QT_TRANSLATE_NOOP("Fault", "The mail server at {target} has not been looked at yet."),
    "backend.down": QT_TRANSLATE_NOOP(
        "Fault", "The mail server at {target} cannot be reached. Senders are asked to come again; no mail is lost."
    ),
    "backend.client_address": QT_TRANSLATE_NOOP(
        "Fault",
        "The mail port stays closed: the mail server at {target} would take every client for Irusu. It needs a few "
        "lines.",
    ),
    "backend.xclient": QT_TRANSLATE_NOOP(
        "Fault", "The mail port stays closed: the mail server at {target} does not offer XCLIENT to Irusu."
    ),
    "backend.xclient_refused": QT_TRANSLATE_NOOP(
        "Fault", "The mail server at {target} refused to be told who is calling: {reply}"
    ),
    "backend.relays": QT_TRANSLATE_NOOP(
        "Fault",
        "The mail port stays closed: the mail server at {target} took mail for {recipient} from a stranger, and would "
        "be abused.",
    ),
    "backend.untested": QT_TRANSLATE_NOOP(
        "Fault", "Whether the mail server at {target} would relay for strangers could not be tried: it says {reply}"
    ),
    "backend.wants_tls": QT_TRANSLATE_NOOP("Fault", "The mail server at {target} takes mail only over TLS: {remedy}."),
    "backend.wants_login": QT_TRANSLATE_NOOP(
        "Fault",
        "The mail server at {target} wants a login: that port is for your own people to send from. Name another one in "
        "deliver.",
    ),
    "backend.none_mode": QT_TRANSLATE_NOOP(
        "Fault",
        "Your mail server takes every client for Irusu (client_address is “none”): its block lists, SPF and limits by "
        "client do not work.",
    ),
    "backend.plain": QT_TRANSLATE_NOOP("Fault", "Mail goes to the mail server unencrypted: {problem}"),
    "backend.ipv6": QT_TRANSLATE_NOOP(
        "Fault", "Your mail server takes no clients with IPv6 addresses, so Irusu does not listen on IPv6."
    ),
    "backend.catch_all": QT_TRANSLATE_NOOP(
        "Fault", "At {domain} every name is taken: a refusal there does not look like a missing account."
    ),
    "backend.relayed": QT_TRANSLATE_NOOP(
        "Fault",
        "Your mail server takes mail for any domain from Irusu, so it cannot be told whether {domain} is one of its "
        "own. Look whether it is.",
    ),
    "backend.only_temporary": QT_TRANSLATE_NOOP(
        "Fault", "At {domain} unknown names are told “come again”, and so are denied senders."
    ),
    "backend.no_answer": QT_TRANSLATE_NOOP(
        "Fault", "At {domain} the mail server gives no answer to unknown names, so denied senders wait as long."
    ),
    # the policy front
    "policy.listen": QT_TRANSLATE_NOOP(
        "Fault",
        "The port for Postfix's questions cannot be opened on {listen}: {why}. It takes a free port of this computer.",
    ),
    "policy.domains": QT_TRANSLATE_NOOP(
        "Fault", "Postfix may ask, but there is nobody to guard yet: name your domains in gate.toml, [gate] domains."
    ),
    "policy.unlearnt": QT_TRANSLATE_NOOP(
        "Fault",
        "How Postfix at {target} refuses a missing account could not be asked ({why}). Until then refusals use the "
        "words known before.",
    ),
    "policy.wording": QT_TRANSLATE_NOOP(
        "Fault",
        "A missing account of {domain} is refused with words that Postfix cannot be told: {reply} Choose others in "
        "gate.toml: [policy] reply.",
    ),
    "policy.unmeasured": QT_TRANSLATE_NOOP(
        "Fault",
        "Postfix takes {us} µs to look for an account of {domain}, and a denied sender is refused sooner: who measures "
        "can tell. docs/postfix.md has a listener with which Irusu waits as long.",
    ),
    "policy.differs": QT_TRANSLATE_NOOP(
        "Fault",
        "The right words have to be set in gate.toml, [policy] reply: a missing account such as {recipient} hears "
        "“{missing}”, but a denied sender “{refused}”.",
    ),
    "policy.not_yet": QT_TRANSLATE_NOOP(
        "Fault", "The server of {domain} has put off telling how it refuses a missing account: {reply}"
    ),
    # TLS, settings, log
    "smtp.certificate": QT_TRANSLATE_NOOP("Fault", "The certificate {certificate} cannot be used: {why}."),
    "tls.unusable": QT_TRANSLATE_NOOP(
        "Fault", "The new certificate {certificate} cannot be used: {why}. The one before stays in use."
    ),
    "tls.expires": QT_TRANSLATE_NOOP(
        "Fault", "The certificate {certificate} is at its end ({on}). Renew it; the gate takes it up by itself."
    ),
    "tls.missing": QT_TRANSLATE_NOOP(
        "Fault",
        "Mail comes in unencrypted: your mail server offers TLS, but Irusu before it has no certificate. Set [tls] in "
        "gate.toml.",
    ),
    "settings.unusable": QT_TRANSLATE_NOOP(
        "Fault", "The settings were changed but cannot be used, so the old ones hold: {why}"
    ),
    "settings.late": QT_TRANSLATE_NOOP(
        "Fault", "{keys} changed in gate.toml. The gate takes that up when it starts anew."
    ),
    "entry.unreadable": QT_TRANSLATE_NOOP(
        "Fault", "An entry on a list of {scope} cannot be read and matches nothing: {pattern}"
    ),
    "log.unavailable": QT_TRANSLATE_NOOP("Fault", "What is decided is not kept in the log: {why}"),
    "log.set_aside": QT_TRANSLATE_NOOP("Fault", "The log was broken. A new one was begun; the old one is {file}."),
    "log.dropped": QT_TRANSLATE_NOOP("Fault", "The log could not keep up: {count} decisions are missing in it."),
    "log.clock": QT_TRANSLATE_NOOP(
        "Fault", "The clock leapt. For a day nothing is removed from the log for being old."
    ),
    # the store
    "store.locked": QT_TRANSLATE_NOOP("Fault", "Another program holds {file} locked. Nothing was changed."),
    "store.full": QT_TRANSLATE_NOOP("Fault", "The disk is full. Nothing was changed."),
    "store.read_only": QT_TRANSLATE_NOOP("Fault", "{file} cannot be written. Nothing was changed."),
}
