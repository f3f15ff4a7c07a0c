"""What can be wrong with the mail port itself, in words. Pure data."""

from collections.abc import Mapping
from typing import ClassVar

from gate.errors import Fault


class SmtpError(Fault):
    """The mail port cannot be opened as the settings want it."""

    texts: ClassVar[Mapping[str, str]] = {
        "smtp.listen": "the mail port cannot be opened on {listen}: {why}; [gate] listen takes an address of this "
        "machine and a free port, such as 127.0.0.1:25",
        "smtp.ipv6": "the mail port is not opened on {listen}: the mail server takes no clients with IPv6 addresses",
        "smtp.certificate": "tls.certificate = {certificate!r}, tls.key = {key!r} cannot be used: {why}",
    }
