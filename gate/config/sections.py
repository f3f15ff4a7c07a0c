"""What gate.toml may say, as values: a struct a section, with what holds where a key is left out. Pure data."""

from typing import Literal

import msgspec

PassingWish = Literal["auto", "proxy", "xclient", "none"]
"""How the mail server behind is told the client's address; `auto`: in the way that it turns out to take."""
BUILT_IN = "built-in"
"""`deliver`, where the mail server behind is the gate's own."""


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class GateSection(_Section, frozen=True, kw_only=True):
    listen: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.1:2525"])
    domains: list[str] = []
    listed: list[str] = []
    deliver: str = BUILT_IN
    client_address: PassingWish = "auto"
    trusted: list[str] = []
    trusted_proxies: list[str] = []
    recipient_delimiter: str = "+"
    bare_newline: Literal["reject", "normalize"] = "reject"
    hostname: str = ""


class TlsSection(_Section, frozen=True, kw_only=True):
    certificate: str = ""
    key: str = ""


class LimitsSection(_Section, frozen=True, kw_only=True):
    connections: int = 200
    connections_per_client: int = 20
    message_bytes: int = 52_428_800
    command_seconds: float = 300
    data_idle_seconds: float = 180
    final_reply_seconds: float = 600
    session_seconds: float = 3600


class PolicySection(_Section, frozen=True, kw_only=True):
    listen: list[str] = []
    reply: str = ""


class LogSection(_Section, frozen=True, kw_only=True):
    keep_days: int = 90
    max_rows: int = 2_000_000


class Config(_Section, frozen=True, kw_only=True):
    gate: GateSection = GateSection()
    tls: TlsSection = TlsSection()
    limits: LimitsSection = LimitsSection()
    policy: PolicySection = PolicySection()
    log: LogSection = LogSection()
