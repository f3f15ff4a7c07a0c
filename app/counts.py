"""The window's sentences with a number in them. One class, because the extraction of plurals knows only `self.tr` with
a number. (The import's are in `importing.counts`.)

To add one: a method here; `%Ln` is the number as the owner's country writes it.
"""

from PySide6.QtCore import QObject

from app.language import plural


class WindowCounts(QObject):
    """The sentences; each method takes the number."""

    def finishing(self, n: int) -> str:
        return plural(self.tr("The mail port is closed; %Ln session(s) (is|are) finishing, 30 s at most.", "", n), n)

    def minutes_ago(self, n: int) -> str:
        return plural(self.tr("%Ln minute(s) ago", "", n), n)

    def hours_ago(self, n: int) -> str:
        return plural(self.tr("%Ln hour(s) ago", "", n), n)

    def and_more(self, n: int) -> str:
        """`%1` is the first."""
        return plural(self.tr("%1 (and %Ln more)", "", n), n)

    def seconds_to_try(self, n: int) -> str:
        return plural(self.tr("Trying again in %Ln s…", "", n), n)


counts = WindowCounts()
