"""What gate.toml says to the SMTP front, made ready for its sessions; and what can be wrong with it.

A session keeps the settings it began with; a reload makes new ones for the sessions that follow.
"""

import ipaddress
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from gate.config import Config, LimitsSection
from gate.errors import Fault
from gate.smtp.exchange import Terms

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SmtpError(Fault):
    """The mail port cannot be opened as the settings want it."""

    texts: ClassVar[Mapping[str, str]] = {
        "smtp.listen": "the mail port cannot be opened on {listen}: {why}",
        "smtp.ipv6": "the mail port is not opened on {listen}: the mail server takes no clients with IPv6 addresses",
        "smtp.certificate": "tls.certificate = {certificate!r}, tls.key = {key!r} cannot be used: {why}",
    }


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session goes by.

    Attributes:
        trusted: networks whose clients may send anywhere the backend lets them.
        proxies: networks whose connections begin with a PROXY v2 header.
        tls: for STARTTLS; None: it is not offered.
        delimiter: the backend's recipient delimiter, one character or none.
    """

    terms: Terms
    limits: LimitsSection
    trusted: tuple[Network, ...]
    proxies: tuple[Network, ...]
    tls: ssl.SSLContext | None
    delimiter: bytes

    @classmethod
    def of(cls, config: Config) -> "Settings":
        """Raises `SmtpError` (`smtp.certificate`)."""
        tls = _context(config.tls.certificate, config.tls.key)
        terms = Terms(
            hostname=config.gate.hostname.encode("ascii"),
            message_bytes=config.limits.message_bytes,
            normalize=config.gate.bare_newline == "normalize",
            starttls=tls is not None,
        )
        return cls(
            terms=terms,
            limits=config.limits,
            trusted=_networks(config.gate.trusted),
            proxies=_networks(config.gate.trusted_proxies),
            tls=tls,
            delimiter=config.gate.recipient_delimiter.encode("ascii"),
        )


def contains(networks: Iterable[Network], host: str) -> bool:
    """Whether an IP address is in one of the networks; mapped IPv4 was unmapped before."""
    address = ipaddress.ip_address(host)
    return any(address in network for network in networks)


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def _context(certificate: str, key: str) -> ssl.SSLContext | None:
    if not certificate and not key:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SmtpError("smtp.certificate", certificate=certificate, key=key, why=why) from None
    return context
