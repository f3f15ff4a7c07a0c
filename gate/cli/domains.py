"""`domains`: your own domains, and whether only addresses made in Irusu exist there."""

from typing import Annotated, Any

import typer

from gate.cli import link, output
from gate.cli.options import Json
from gate.forms import ListOnly, Nothing, OwnDomain, OwnDomains, Vanishing, VanishingQuery

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
        form = ListOnly(domain=domain, listed=listed, keep=[text for text in keep or () if text])
        output.show_changed(link.call("domains.list_only", form), as_json)


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


def _vanishing(domain: str, as_json: bool) -> None:
    with link.link() as open_link:
        rows: list[Vanishing] = []
        after: str | None = None
        while True:
            page: Any = open_link.call("domains.vanishing", VanishingQuery(domain=domain, after=after))
            rows += page.rows
            after = page.next
            if after is None:
                break
    if as_json:
        output.show_json(rows)
    elif not rows:
        output.note("No other address received mail there in the last 90 days")
    else:
        output.show_table(("ADDRESS", "MESSAGES", "LAST"), ((row.address, row.messages, row.last) for row in rows))
    if page.cut:
        output.note("irusu-gate: these are only the newest")
