"""Everything an owner can ask for: methods take a request form and who asks, and return the answer form.

Synchronous; callable from any thread, changes come one after the other. It must never answer before the change is on
the disk, and never know a socket, a terminal or a window.
"""

from collections.abc import Callable

from gate.desk.accounts import Accounts
from gate.desk.activity import Activity
from gate.desk.domains import Domains
from gate.desk.entries import Entries
from gate.desk.errors import DeskError
from gate.desk.importing import Importing
from gate.desk.journal import Journal
from gate.desk.ledger import Ledger
from gate.desk.loading import Loading
from gate.desk.publish import Publisher
from gate.desk.server import ConfigView, DomainSettings, Lifecycle
from gate.events import Events
from gate.rules.ruleset import Ruleset
from gate.store import Lists, Log

__all__ = ["ConfigView", "Desk", "DeskError", "DomainSettings", "Lifecycle"]


class Desk:
    """The desk of one pair of databases.

    Attributes: accounts, entries, activity, domains, journal, importing: what can be asked, by noun.
    """

    def __init__(
        self,
        lists: Lists,
        log: Log,
        config_view: ConfigView,
        publish: Callable[[Ruleset], None],
        events: Events,
        *,
        enforcing: Callable[[], bool] = lambda: True,
        settings: DomainSettings | None = None,
    ) -> None:
        """`publish` gets every new ruleset, the first at once; `enforcing` tells `check` whether the gate refuses.
        `settings`: gate.toml, to be written to."""
        self._publisher = Publisher(config_view, publish)
        self._ledger = Ledger(lists, self._publisher, events, settings)
        self.accounts = Accounts(self._ledger, log)
        self.entries = Entries(self._ledger, log)
        self.activity = Activity(self._ledger, log, enforcing)
        self.domains = Domains(self._ledger, log, settings)
        self.journal = Journal(self._ledger)
        self.importing = Importing(self._ledger)
        self._ledger.publish()

    @property
    def ruleset(self) -> Ruleset:
        """What was published last."""
        return self._publisher.ruleset

    def bring_in(self) -> Loading | None:
        """Begin to bring long lists into memory, for who stays; end it. None: they are there."""
        return self._ledger.bring_in()

    def own_domains(self) -> list[str]:
        """Canonical: those of gate.toml and, with the built-in server, those of all accounts."""
        return self._publisher.own_domains()

    def configure(self, config_view: ConfigView) -> None:
        """gate.toml has changed: publish under it."""
        self._ledger.configure(config_view)
