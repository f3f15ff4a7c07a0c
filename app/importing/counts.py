"""The import's sentences with a number in them. One class, because the extraction of plurals knows only `self.tr` with
a number.

To add one: a method here; `%Ln` is the number as the owner's country writes it.
"""

from PySide6.QtCore import QObject

from app.language import plural


class Counts(QObject):
    """The sentences; each method takes the number."""

    def mails(self, n: int) -> str:
        return plural(self.tr("%Ln mail(s)", "", n), n)

    def accounts(self, n: int) -> str:
        return plural(self.tr("%Ln account(s)", "", n), n)

    def unreadable(self, n: int) -> str:
        return plural(self.tr("%Ln could not be read", "", n), n)

    def ticked(self, n: int) -> str:
        return plural(self.tr("all %Ln ticked", "", n), n)

    def denied(self, n: int) -> str:
        return plural(self.tr("%Ln sender(s) denied", "", n), n)

    def denied_everywhere(self, n: int) -> str:
        return plural(self.tr("%Ln sender(s) denied for everyone", "", n), n)

    def made(self, n: int) -> str:
        """`%1` are the accounts."""
        return plural(self.tr("%Ln account(s) made: %1.", "", n), n)

    def unclear(self, n: int) -> str:
        return plural(self.tr("It is unclear to whom %Ln mail(s) came. For which account?", "", n), n)

    def seconds(self, n: int) -> str:
        return plural(self.tr("About %Ln second(s) left.", "", n), n)

    def minutes(self, n: int) -> str:
        return plural(self.tr("About %Ln minute(s) left.", "", n), n)

    def mails_word(self, n: int) -> str:
        """Stands below the number."""
        return plural(self.tr("mail(s) read", "", n), n)

    def senders_word(self, n: int) -> str:
        return plural(self.tr("sender(s) found", "", n), n)

    def unreadable_word(self, n: int) -> str:
        return plural(self.tr("could not be read", "", n), n)

    def deny(self, n: int) -> str:
        """What the button offers."""
        return plural(self.tr("Deny the %Ln ticked", "", n), n)

    def deny_everywhere(self, n: int) -> str:
        return plural(self.tr("Deny the %Ln ticked everywhere", "", n), n)

    def all(self, n: int) -> str:
        return plural(self.tr("All %Ln", "", n), n)

    def only_ticked(self, n: int) -> str:
        return plural(self.tr("Ticked %Ln", "", n), n)

    def not_ticked(self, n: int) -> str:
        return plural(self.tr("Not ticked %Ln", "", n), n)

    def ticked_of(self, n: int) -> str:
        """`%1` of them are ticked."""
        return plural(self.tr("%1 of %Ln ticked", "", n), n)

    def and_more(self, n: int) -> str:
        """`%1` is the first."""
        return plural(self.tr("%1 and %Ln more", "", n), n)


counts = Counts()
