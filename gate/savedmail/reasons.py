"""Why a row of a survey is as it is, and why something could not be read: stable codes and their English sentences.

The one table of each; the app translates by code. To add one: 1. a line here; 2. give the code in `suggest` or in
`reading`; 3. the app's words in `app.importing.words` (a test compares the codes).
"""

from typing import Final

WHY: Final[dict[str, str]] = {
    # ticked
    "domain": "Everything under a spammer's domain",
    "address": "An address that wrote",
    "freemail": "Address only: a freemail or provider domain",
    "carrier": "Address only: others send through this carrier too",
    "shared": "Address only: mailing lists or people you know write from this domain",
    # never ticked
    "known": "You know this sender",
    "allowed": "On an allow list",
    "expected": "Expected at this address",
    "own": "Your own domain: a forged sender",
    "list": "A mailing list",
    "bounces": "Nearly all forged, but real bounces too",
    "unusable": "No entry can be made of it",
}
"""Of `Candidate.why`."""

UNREADABLE: Final[dict[str, str]] = {
    "missing": "there is no such file",
    "denied": "it may not be read",
    "failed": "reading it failed",
    "special": "it is neither a file nor a folder",
    "compressed": "it is compressed: unpack it first",
    "not-mail": "it is not saved mail",
    "no-header": "a message without header lines",
    "no-sender": "a message that names no sender",
}
"""Of `Unreadable.why`."""
