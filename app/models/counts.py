"""The pages' sentences with a number in them. One class, because the extraction of plurals knows only `self.tr` with a
number.

To add one: a method here; `%Ln` is the number as the owner's country writes it.
"""

from PySide6.QtCore import QObject

from app.language import plural


class PageCounts(QObject):
    """The sentences; each method takes the number."""

    def denied(self, n: int) -> str:
        return plural(self.tr("%Ln denied", "", n), n)

    def allowed(self, n: int) -> str:
        return plural(self.tr("%Ln allowed", "", n), n)

    def only_known(self, n: int) -> str:
        return plural(self.tr("Only %Ln known sender(s)", "", n), n)

    def refused_lately(self, n: int) -> str:
        return plural(self.tr("%Ln refused in 7 days", "", n), n)

    def were_denied(self, n: int) -> str:
        return plural(self.tr("%Ln sender(s) denied.", "", n), n)

    def were_allowed(self, n: int) -> str:
        return plural(self.tr("%Ln sender(s) allowed.", "", n), n)

    def denied_of(self, n: int) -> str:
        """`%1` says how many were there."""
        return plural(self.tr("%Ln sender(s) denied, %1.", "", n), n)

    def allowed_of(self, n: int) -> str:
        """`%1` says how many were there."""
        return plural(self.tr("%Ln sender(s) allowed, %1.", "", n), n)

    def some_there(self, n: int) -> str:
        return plural(self.tr("%Ln (was|were) there already", "", n), n)

    def were_there(self, n: int) -> str:
        return plural(self.tr("All %Ln (was|were) on the list already.", "", n), n)

    def removed(self, n: int) -> str:
        return plural(self.tr("%Ln entr(y|ies) removed.", "", n), n)

    def remove(self, n: int) -> str:
        """What a menu offers."""
        return plural(self.tr("Remove %Ln entr(y|ies)", "", n), n)

    def deny(self, n: int) -> str:
        """What a button offers."""
        return plural(self.tr("Deny %Ln", "", n), n)

    def deny_good(self, n: int) -> str:
        """What a button offers while other lines are wrong."""
        return plural(self.tr("Deny the %Ln good one(s)", "", n), n)

    def allow_good(self, n: int) -> str:
        return plural(self.tr("Allow the %Ln good one(s)", "", n), n)

    def and_more(self, n: int) -> str:
        return plural(self.tr("and %Ln more", "", n), n)

    def would_vanish(self, n: int) -> str:
        words = self.tr(
            "%Ln other (address|addresses) received mail here in the last 90 days. Ticked, (it becomes an account|they "
            "become accounts) and mail goes on; unticked, nobody reaches (it|them) any more.",
            "",
            n,
        )
        return plural(words, n)

    def keep_ticked(self, n: int) -> str:
        """What a button offers."""
        return plural(self.tr("Switch on, keep the %Ln ticked", "", n), n)

    def tick_shown(self, n: int) -> str:
        return plural(self.tr("Tick the %Ln shown", "", n), n)

    def untick_shown(self, n: int) -> str:
        return plural(self.tr("Untick the %Ln shown", "", n), n)

    def kept(self, n: int) -> str:
        """`%1` is a domain."""
        return plural(self.tr("Only made addresses exist in %1 now, %Ln of them new.", "", n), n)

    def new(self, n: int) -> str:
        """Rows that wait above."""
        return plural(self.tr("%Ln new", "", n), n)

    def tries_today(self, n: int) -> str:
        return plural(self.tr("%Ln today", "", n), n)

    def tries_of_a_month(self, n: int) -> str:
        """`%1` are those of today."""
        return plural(self.tr("%1, %Ln in 30 days", "", n), n)

    def tries_and_more(self, n: int) -> str:
        """`%1` are those of today; the gate told no more than `n`."""
        return plural(self.tr("%1, more than %Ln in 30 days", "", n), n)


counts = PageCounts()
