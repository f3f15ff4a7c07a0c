"""A mail server that would take no mail from the gate for a reason that no sender can mend: 530.

Pure. RFC 3207 4 says 530 where TLS must come first, RFC 4954 6 where a login must. Passed on, either would be a bounce
to every sender; only the owner can clear it away.
"""

from gate.backend.reply import Reply
from gate.backend.target import BackendError, Target

CODES = frozenset({"backend.wants_tls", "backend.wants_login"})


def wants_tls(reply: Reply) -> bool:
    """Whether the reply says that TLS must come first."""
    if reply.code != 530:
        return False
    text = reply.text.upper()
    return "STARTTLS" in text or "TLS" in text.replace("-", " ").split() or "ENCRYPTION" in text


def barred(target: Target, reply: Reply) -> BackendError | None:
    """What keeps the gate out, of a reply to EHLO, XCLIENT, MAIL, or RCPT for an own domain; None: it is another
    reply. (A foreign recipient may hear 530 from a server that relays for nobody without a login.)"""
    if reply.code != 530:
        return None
    if not wants_tls(reply):
        return BackendError("backend.wants_login", target=str(target), reply=reply.one_line)
    if target.tls == "none":
        remedy = f'set deliver = "smtp://{target}?tls=opportunistic" (or require)'
    else:
        remedy = "TLS, which deliver allows, could not be had; see whether it offers STARTTLS, and its log"
    return BackendError("backend.wants_tls", target=str(target), reply=reply.one_line, remedy=remedy)
