"""The mail server behind, examined for `check --backend`: with a gate by its mail port, here without one.

It reads gate.toml and asks the server; it opens no port and no database, so that it may be asked beside anything.
"""

import asyncio
import logging
import secrets

import msgspec

from gate import config as settings
from gate.backend.probes import Backend
from gate.backend.report import report
from gate.backend.target import parse_deliver
from gate.config import BUILT_IN, Config
from gate.folders import Folders
from gate.forms import BackendReport, Warning  # noqa: A004 (the form of that name)
from gate.postfix.learning import Learner
from gate.postfix.refusal import chosen
from gate.postfix.report import report as report_beside
from gate.rules.domain import canonical_domain
from gate.service.policy import HERE
from gate.service.port import unasked, wants_ipv6, without_domains
from gate.smtp.certificate import notices
from gate.smtp.errors import SmtpError
from gate.smtp.settings import Settings


def _beside(config: Config, domains: list[str], listed: frozenset[str]) -> BackendReport:
    """Of a Postfix that no mail reaches through the gate only its words matter."""
    fixed = chosen(config.policy.reply) if config.policy.reply else None
    learner = Learner(
        HERE if config.gate.deliver == BUILT_IN else parse_deliver(config.gate.deliver),
        secrets.token_bytes(16),
        wish=config.gate.client_address,
        domains=lambda: domains,
        listed=lambda: listed,
        fixed=fixed,
        measures=False,
    )
    asyncio.run(learner.ask_now())
    return report_beside(learner, deliver=config.gate.deliver, domains=domains, listed=listed)


def check(folders: Folders) -> BackendReport:
    """What gate.toml names, asked from here. Raises the Fault of a file that cannot be used."""
    config = settings.load(folders.config_file)
    beside = bool(config.policy.listen) and not config.gate.listen
    if config.gate.deliver == BUILT_IN and not beside:
        return unasked(_of_certificate(config, offered=False))
    domains = sorted(map(canonical_domain, config.gate.domains))
    listed = frozenset(map(canonical_domain, config.gate.listed))
    logging.getLogger("gate").addHandler(logging.NullHandler())  # the one line is the command's to say
    if beside:
        return _beside(config, domains, listed)
    backend = Backend(
        parse_deliver(config.gate.deliver),
        client_address=config.gate.client_address,
        domains=lambda: domains,
        listed=lambda: listed,
        ipv6_wanted=wants_ipv6(config),
    )
    asyncio.run(backend.examine())
    closed = without_domains(config, folders.config_file)
    found = report(backend, deliver=config.gate.deliver, domains=domains, listed=listed, closed=closed)
    warnings = [*found.warnings, *_of_certificate(config, offered=backend.offers_tls)]
    return msgspec.structs.replace(found, warnings=warnings)


def _of_certificate(config: Config, *, offered: bool) -> list[Warning]:
    """As a gate would warn; of a pair that cannot be used too, with which none would start."""
    try:
        return notices(Settings.of(config).tls, offered=offered)
    except SmtpError as error:
        return [Warning.of(error)]
