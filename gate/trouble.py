"""One shape for what nobody foresaw: the log keeps the traceback under a reference, whoever is told gets the reference.

For the outermost edges alone; what can be foreseen is a `gate.errors.Fault`.
"""

import logging
import secrets


def keep(log: logging.Logger, what: str) -> str:
    """Log the exception being handled; returns its reference."""
    reference = secrets.token_hex(4)
    log.exception("%s; reference %s", what, reference)
    return reference
