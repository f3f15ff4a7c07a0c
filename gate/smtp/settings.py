"""What gate.toml says to the SMTP front, made ready for its sessions; and what can be wrong with it.

A session keeps the settings it began with; a reload makes new ones for the sessions that follow.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gate.config import Config, LimitsSection
from gate.smtp.certificate import Certificate
from gate.smtp.exchange import Terms

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session goes by.

    Attributes:
        trusted: networks whose clients may send anywhere the backend lets them.
        proxies: networks whose connections first tell for whom they come: see `introduction`.
        tls: for STARTTLS; None: it is not offered.
        delimiter: each octet is a recipient delimiter of the backend's.
    """

    terms: Terms
    limits: LimitsSection
    trusted: tuple[Network, ...]
    proxies: tuple[Network, ...]
    tls: Certificate | None
    delimiter: bytes

    @classmethod
    def of(cls, config: Config, before: Certificate | None = None) -> "Settings":
        """`before`: the certificate in use; it stays where its paths do, whatever lies there now.

        Raises `SmtpError` (`smtp.certificate`).
        """
        tls = _certificate(config.tls.certificate, config.tls.key or config.tls.certificate, before)
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


def contains(networks: Sequence[Network], host: str) -> bool:
    """Whether an IP address is in one of the networks; mapped IPv4 was unmapped before."""
    if not networks:
        return False
    address = ipaddress.ip_address(host)
    return any(address in network for network in networks)


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def _certificate(certificate: str, key: str, before: Certificate | None) -> Certificate | None:
    if not certificate:
        return None
    if before is not None and (before.certificate, before.key) == (certificate, key):
        before.look()
        return before
    return Certificate(certificate, key)
