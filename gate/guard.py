"""Decides for every front, from the rules it was last given. It holds no list, no log, and knows no protocol."""

from gate.errors import Fault
from gate.rules import address
from gate.rules.address import Address
from gate.rules.ruleset import Ruleset, Verdict


class GuardError(Fault):
    """No verdict can be given. A front answers 451: the client tries again, nobody learns anything."""

    texts = {"guard.no_rules": "the rules are not loaded yet"}


class Guard:
    """The one judge of a gate; usable from any thread, a verdict sees one ruleset from beginning to end.

    Attributes:
        enforcing: False in the state `open`: nobody is refused but what is no own recipient.
    """

    def __init__(self) -> None:
        self.enforcing = True
        self._ruleset: Ruleset | None = None

    @property
    def ruleset(self) -> Ruleset | None:
        """What is in force; None before the first `load`."""
        return self._ruleset

    def load(self, ruleset: Ruleset) -> None:
        """Put other rules in force: the next verdict sees them."""
        self._ruleset = ruleset

    def judge(self, sender: str, recipient: str, *, trusted: bool = False) -> Verdict:
        """`decide`, of texts as in the SMTP path, without `<` and `>`; never raises over them."""
        return self.decide(address.from_wire(sender), address.from_wire(recipient), trusted=trusted)

    def decide(self, sender: Address, to: Address, *, trusted: bool = False) -> Verdict:
        """The verdict on one recipient.

        A recipient that is not own is refused with `relay`, in any state and whatever the lists say (never an open
        relay); `trusted` clients skip that check alone. Raises `GuardError` before rules were loaded.
        """
        rules = self._ruleset
        if rules is None:
            raise GuardError("guard.no_rules")
        if not rules.owns(to):
            if not trusted:
                return Verdict("refuse", "relay")
            if not rules.in_own_domain(to):
                return Verdict("accept", "none")
        verdict = rules.judge(sender, to)
        return verdict if self.enforcing else verdict.let_through("open")
