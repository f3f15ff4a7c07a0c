"""What the desk's domains need of gate.toml and of the server behind: fills `gate.desk.server.DomainSettings`.

It writes one key of that file, `gate.listed`, and leaves the rest of it to its owner.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gate import config
from gate.backend.asking import UnknownUser
from gate.desk import DeskError
from gate.folders import resource
from gate.rules.domain import canonical_domain


class GateToml:
    """gate.toml as the desk writes it, from the desk's threads.

    Attributes:
        changed: called from such a thread when the file says something else.
        unknown_users: what the backend answered to an unknown name, by own domain; nothing where no gate runs.
    """

    def __init__(self, file: Path, given: Mapping[str, Any]) -> None:
        """`given`: keys of [gate] that the command line overrides."""
        self._file = file
        self._given = given
        self.changed: Callable[[], None] = lambda: None
        self.unknown_users: Callable[[], Mapping[str, UnknownUser]] = dict

    @property
    def writes_domains(self) -> bool:
        return "domains" not in self._given

    def list_only(self, domain: str, listed: bool) -> None:
        if not self.writes_domains:
            raise DeskError("domain.by_option", domain=domain, file=str(self._file))
        section = config.load(self._file).gate
        names = [name for name in section.listed if canonical_domain(name) != domain]
        if listed:
            written = [name for name in section.domains if canonical_domain(name) == domain]
            names.append(written[0] if written else domain)
        if names != section.listed:
            template = "" if self._file.exists() else resource("gate.toml").read_text("utf-8")
            config.write(self._file, {"gate.listed": names}, template=template)
            self.changed()

    def unknown_name(self, domain: str) -> str | None:
        found = self.unknown_users().get(domain)
        if found is None or found.relayed:
            return None
        return "\n".join(line.decode("utf-8", "replace") for line in found.wording.reply.lines)
