"""`domains`: your own domains, and whether only addresses made in Irusu exist there."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import typer

from gate.cli import link, output
from gate.cli.options import Json
from gate.errors import Fault
from gate.forms import Changed, ListOnly, Nothing, OwnDomain, OwnDomains, Vanishing, VanishingQuery
from gate.rules.domain import canonical_domain

SHOWN_LIMIT = 10


class DomainsError(Fault):
    """Nothing was changed."""

    texts: ClassVar[Mapping[str, str]] = {
        "domains.deserted": (
            "{domain} has no account yet, so that no address at all would exist there; name those that are to exist "
            "with --keep ADDRESS, or make them with: irusu-gate account add ADDRESS (irusu-gate domains {domain} shows "
            "which received mail)"
        ),
    }


Domain = Annotated[
    str | None, typer.Argument(metavar="DOMAIN", help="Show what received mail there and was not made in Irusu.")
]
Listed = Annotated[
    bool | None,
    typer.Option("--listed/--no-listed", help="Let only addresses made in Irusu exist there; or the server decide."),
]
Keep = Annotated[
    list[str] | None, typer.Option("--keep", metavar="ADDRESS", help="An address that is to exist: make it an account.")
]


def register(root: typer.Typer) -> None:
    root.command()(domains)


def domains(
    context: typer.Context, domain: Domain = None, listed: Listed = None, keep: Keep = None, as_json: Json = False
) -> None:
    """Your own domains, and which addresses exist there."""
    if listed is None and keep:
        raise typer.BadParameter("--keep goes with --listed or --no-listed", ctx=context)
    if domain is None:
        if listed is not None:
            raise typer.BadParameter("name the DOMAIN", ctx=context)
        _all(as_json)
    elif listed is None:
        _vanishing(domain, as_json)
    else:
        _list_only(ListOnly(domain=domain, listed=listed, keep=[text for text in keep or () if text]), as_json)


def _all(as_json: bool) -> None:
    found: OwnDomains = link.call("domains.list", Nothing())
    if as_json:
        output.show_json(found.rows)
    elif not found.rows:
        output.note("No domains yet; name them in gate.toml: [gate] domains")
    else:
        heads = ("DOMAIN", "WHAT EXISTS", "ACCOUNTS", "REPLY TO AN UNKNOWN NAME")
        output.show_table(heads, ((row.name, _what(row), row.accounts, row.reply) for row in found.rows))


def _what(row: OwnDomain) -> str:
    if row.listed:
        return "only what was made in Irusu"
    return "every name" if row.catch_all else "what the server knows"


def _list_only(form: ListOnly, as_json: bool) -> None:
    """No domain is deserted by a slip, and what ceases to exist is told."""
    with link.link() as open_link:
        own: Any = open_link.call("domains.list", Nothing())
        name = canonical_domain(form.domain.strip().removeprefix("@"))
        before = next((row for row in own.rows if row.name == name), None)
        begins = form.listed and before is not None and before.changeable and not before.listed
        if begins and before is not None and not before.accounts and not form.keep:
            raise DomainsError("domains.deserted", domain=name)
        changed: Any = open_link.call("domains.list_only", form)
        assert isinstance(changed, Changed)  # noqa: S101 (METHODS says so)
        rows, cut = _received(open_link, form.domain) if begins else ([], False)
    output.show_changed(changed, as_json)
    if rows:
        shown = ", ".join(row.address for row in rows[:SHOWN_LIMIT])
        more = f" and more (irusu-gate domains {name})" if cut or len(rows) > SHOWN_LIMIT else ""
        output.note(f"irusu-gate: these received mail and exist no more: {shown}{more}; undo, or --keep ADDRESS")


def _received(open_link: link.Link, domain: str) -> tuple[list[Vanishing], bool]:
    """Who received mail there and was not made in Irusu, and whether these are only the newest."""
    rows: list[Vanishing] = []
    after: str | None = None
    while True:
        page: Any = open_link.call("domains.vanishing", VanishingQuery(domain=domain, after=after))
        rows += page.rows
        after = page.next
        if after is None:
            return rows, page.cut


def _vanishing(domain: str, as_json: bool) -> None:
    with link.link() as open_link:
        rows, cut = _received(open_link, domain)
    if as_json:
        output.show_json(rows)
    elif not rows:
        output.note("No other address received mail there in the last 90 days")
    else:
        output.show_table(("ADDRESS", "MESSAGES", "LAST"), ((row.address, row.messages, row.last) for row in rows))
    if cut:
        output.note("irusu-gate: these are only the newest")
