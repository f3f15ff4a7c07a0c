"""`account add|set|list|show|remove`: the addresses that the owner looks after."""

from typing import Annotated, Any, Literal

import msgspec
import typer

from gate.cli import link, output
from gate.cli.options import Address, Json
from gate.forms import Account, AddAccount, Form, ListQuery, OneAccount, SetAccount

ModeChoice = Literal["deny", "allow", "closed"]
Mode = Annotated[
    ModeChoice | None, typer.Option(help="deny: all but the denied get in; allow: only the allowed; closed: nobody.")
]
Aliases = Annotated[
    list[str] | None, typer.Option("--alias", metavar="ADDRESS", help="Another address of this account.")
]
GivenTo = Annotated[
    str | None, typer.Option("--given-to", metavar="TEXT", help="The one service this address was given to.")
]
Expected = Annotated[
    list[str] | None, typer.Option("--expect", metavar="PATTERN", help="A sender that belongs to that service.")
]

app = typer.Typer(no_args_is_help=True, help="The addresses you look after.", rich_markup_mode=None)


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="account")


@app.command()
def add(
    address: Address,
    *,
    mode: Mode = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Let all in, and record what would have been refused.")
    ] = False,
    refuse_bounces: Annotated[bool, typer.Option("--refuse-bounces", help="Refuse the empty sender too.")] = False,
    alias: Aliases = None,
    given_to: GivenTo = None,
    expect: Expected = None,
    as_json: Json = False,
) -> None:
    """Look after an address."""
    request = AddAccount(
        address=address,
        mode=mode or "deny",
        watch=watch,
        refuse_bounces=refuse_bounces,
        aliases=_filled(alias),
        given_to=given_to or None,
        expect=_filled(expect),
    )
    _show(link.call("account.add", request), as_json)


@app.command(name="set")
def set_(
    context: typer.Context,
    address: Address,
    *,
    mode: Mode = None,
    no_mode: Annotated[bool, typer.Option("--no-mode", help="Back to deny.")] = False,
    watch: Annotated[bool | None, typer.Option("--watch/--no-watch", help="Only record what would be refused.")] = None,
    refuse_bounces: Annotated[bool | None, typer.Option("--refuse-bounces/--no-refuse-bounces")] = None,
    alias: Aliases = None,
    no_alias: Annotated[bool, typer.Option("--no-alias", help="Without aliases.")] = False,
    given_to: GivenTo = None,
    no_given_to: Annotated[bool, typer.Option("--no-given-to", help="Given to nobody in particular.")] = False,
    expect: Expected = None,
    no_expect: Annotated[bool, typer.Option("--no-expect", help="Without expected senders.")] = False,
    as_json: Json = False,
) -> None:
    """Change an account; what is not named stays. An empty text ('') clears."""
    for name, given, cleared in (
        ("mode", mode is not None, no_mode),
        ("alias", alias is not None, no_alias),
        ("given-to", given_to is not None, no_given_to),
        ("expect", expect is not None, no_expect),
    ):
        if given and cleared:
            raise typer.BadParameter(f"--{name} and --no-{name} exclude each other", ctx=context)
    changes: dict[str, Any] = {
        "mode": "deny" if no_mode else mode,
        "watch": watch,
        "refuse_bounces": refuse_bounces,
        "aliases": [] if no_alias else _filled(alias) if alias is not None else None,
        "given_to": "" if no_given_to else given_to,
        "expect": [] if no_expect else _filled(expect) if expect is not None else None,
    }
    wanted = {name: value for name, value in changes.items() if value is not None}
    if not wanted:
        raise typer.BadParameter("nothing to change: name at least one option", ctx=context)
    _show(link.call("account.set", SetAccount(address=address, **wanted)), as_json)


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """All accounts."""
    with link.link() as open_link:
        rows: list[Account] = list(link.pages(open_link, "account.list", ListQuery()))
    if as_json:
        output.show_json(rows)
    elif not rows:
        output.note("No accounts yet; make one with: irusu-gate account add ADDRESS")
    else:
        heads = ("ADDRESS", "MODE", "DENIED", "ALLOWED", "REFUSED (7 DAYS)", "ALIASES", "GIVEN TO")
        output.show_table(heads, (_row(account) for account in rows))


@app.command()
def show(address: Address, as_json: Json = False) -> None:
    """One account."""
    _show(link.call("account.show", OneAccount(address=address)), as_json)


@app.command()
def remove(address: Address, as_json: Json = False) -> None:
    """Look after an address no longer; its entries go with it (undo brings them back)."""
    output.show_changed(link.call("account.remove", OneAccount(address=address)), as_json)


def _filled(texts: list[str] | None) -> list[str]:
    return [text for text in texts or () if text]


def _row(account: Account) -> tuple[object, ...]:
    mode = f"{account.mode} (watch)" if account.watch else account.mode
    aliases = ", ".join(account.aliases)
    return (account.address, mode, account.denied, account.allowed, account.refused_7_days, aliases, account.given_to)


def _show(account: Form, as_json: bool) -> None:
    if as_json:
        output.show_json(account)
        return
    for name, value in msgspec.to_builtins(account).items():
        if value not in (None, []):
            output.say(f"{name.replace('_', ' ')}: {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
