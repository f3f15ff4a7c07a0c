"""Options that several nouns share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The account's address, or one of its aliases.")]
Scope = Annotated[str, typer.Argument(metavar="SCOPE", help="An account's address, @domain, or * for every account.")]
Patterns = Annotated[
    list[str], typer.Argument(metavar="PATTERN...", help="An address, @domain, @.domain, keyword:TEXT, a*b or /regex/.")
]
