"""`check --backend`: what the mail server behind is, how it takes the client's address, and whether mail may flow."""

from collections.abc import Iterator

from gate.cli import link, output
from gate.forms import BackendReport, DomainFacts, RelayFacts

_PASSED = {
    "proxy": "passed on by the PROXY protocol",
    "xclient": "passed on by XCLIENT",
    "none": "not passed on: the mail server takes every client for the gate",
}


def check_backend(as_json: bool) -> None:
    """Ask it anew, by the running gate or from here. Exit 1, with the one line, where no mail may flow."""
    found = _report()
    if as_json:
        output.show_json(found)
    elif found.ok:
        for line in _lines(found):
            output.say(line)
        for warning in found.warnings:
            output.warn(warning)
    if not found.ok:
        output.fail(found.problem.text if found.problem is not None else "the mail server could not be asked")
        raise SystemExit(1)


def _report() -> BackendReport:
    gate = link.answering()
    if gate is not None:
        with gate:
            told = gate.call("backend.check")
            assert isinstance(told, BackendReport)  # noqa: S101 (METHODS says so)
            return told
    link.only_here()
    from gate.service import checking

    places = link.folders()
    places.check()
    return checking.check(places)


def _lines(found: BackendReport) -> Iterator[str]:
    if found.built_in:
        yield "mail server: the built-in one, into Maildirs of its own; it knows only the accounts made in Irusu"
    else:
        yield f"mail server: {found.target}, reached"
    if found.greeting:
        yield f"greeting: {found.greeting}"
        yield f"its name: {found.hostname}"
        yield f"extensions: {', '.join(found.extensions) or 'none'}"
    if found.tls is not None and not found.built_in:
        offered = "offered" if found.tls.offered else "not offered"
        yield f"TLS: {'used' if found.tls.used else 'not used'} ({offered}; deliver says {found.tls.wanted})"
    if found.client_address is not None and found.client_address.found is not None and not found.built_in:
        how = _PASSED[found.client_address.found]
        yield f"the client's address: {how} (client_address = {found.client_address.wanted})"
        yield f"clients with IPv6 addresses: {'taken' if found.client_address.ipv6 else 'not taken'}"
    yield from map(_domain, found.domains)
    if found.relay is not None:
        yield relay_line(found.relay)
    yield "what to do: see the warnings" if found.warnings else "what to do: nothing; mail may flow"


def relay_line(found: RelayFacts) -> str:
    """For `status` too."""
    outcome = {True: "passed", False: "failed", None: "not possible"}[found.passed]
    return f"relay test: {outcome}; {found.text}"


def _domain(one: DomainFacts) -> str:
    reply = " / ".join((one.reply or "").splitlines())
    told = {
        "refused": "an unknown user and a refused sender hear",
        "temporary": "unknown users are put off, and so is a refused sender:",
        "catch-all": "the mail server takes every name; a refused sender hears",
        "listed": "listed: only what was made in Irusu exists; all others hear",
        "unanswered": "the mail server did not say what it answers to an unknown user",
    }[one.unknown_user]
    return f"{one.domain}: {told} {reply}".rstrip()
