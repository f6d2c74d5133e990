"""keys: API keys, made, listed and revoked."""

import getpass
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table

from service.api.operation import Scope
from service.commands.terminal import err, with_database
from service.domain import forms
from service.domain.bounds import Bounds

app: Final = App(name="keys", help="Make, list and revoke API keys.")
_Days = Annotated[float, Parameter(validator=Number(gt=0, lte=36_500))]


@app.command
def create(
    actor: str,
    *,
    scope: Annotated[list[Scope], Parameter(negative="")],
    expires_in_days: _Days | None = None,
    namespaces: str | None = None,
    subdivisions: str | None = None,
) -> None:
    """
    Make an API key and print it: the only time that it can be seen.

    Parameters
    ----------
    actor
        The name under which its events are recorded, such as `newsroom`.
    scope
        What it may do; give it once for each.
    expires_in_days
        After how many days it stops working; never, if not given.
    namespaces
        The namespaces of external ids that it may write, with commas between; it then writes no other incidents than
        those that have an external id in them.
    subdivisions
        The subdivisions (ISO 3166-2) that it may write of, with commas between; it then writes no incidents elsewhere.

    """
    from service import keys  # noqa: PLC0415

    bounds = Bounds(_namespaces(namespaces), _subdivisions(subdivisions))
    expires_at = None if expires_in_days is None else datetime.now(UTC) + timedelta(days=expires_in_days)
    try:
        print(with_database(lambda db: keys.create(db, actor, scope, expires_at, bounds=bounds, by=_operator())))  # noqa: T201
    except keys.WrongActor as error:
        sys.exit(str(error))


def _namespaces(given: str | None) -> tuple[str, ...]:
    found = _apart(given)
    for each in found:
        if re.fullmatch(forms.ENTRY_ID_PATTERN, each) is None:
            words = forms.PATTERNS_IN_WORDS[forms.ENTRY_ID_PATTERN]
            sys.exit(f"{each!r} cannot be a namespace of external ids: it is {words}.")
    return found


def _subdivisions(given: str | None) -> tuple[str, ...]:
    from service import codes  # noqa: PLC0415

    found = _apart(given)
    known = codes.load().subdivisions if found else frozenset()
    for each in found:
        if each not in known:
            sys.exit(f"{each!r} is no ISO 3166-2 code.")
    return found


def _apart(given: str | None) -> tuple[str, ...]:
    return () if given is None else tuple(dict.fromkeys(each.strip() for each in given.split(",")))


def _operator() -> str:
    """Return who runs the command, as the machine knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have a user without a name
        return f"uid {os.getuid()}"


@app.command(name="list")
def list_keys() -> None:
    """List the keys, newest first; the secrets are nowhere."""
    from service import keys  # noqa: PLC0415

    table = Table("prefix", "actor", "scopes", "bound to", "created", "expires", "revoked", box=None)
    for key in with_database(keys.list_all):
        times = (key.created_at, key.expires_at, key.revoked_at)
        bound = " ".join((*key.bounds.namespaces, *key.bounds.subdivisions)) or "-"
        table.add_row(
            key.prefix, key.actor, " ".join(key.scopes), bound, *(f"{t:%Y-%m-%d %H:%M}" if t else "-" for t in times)
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@app.command
def revoke(prefix: str) -> None:
    """
    Revoke a key; servers that have just seen it may take it for five seconds more.

    Parameters
    ----------
    prefix
        The part of the key between `ilk_` and the next `_`.

    """
    from service import keys  # noqa: PLC0415

    if not with_database(lambda db: keys.revoke(db, prefix, _operator())):
        sys.exit(f"There is no key {prefix}.")
    err.print(f"revoked {prefix}", highlight=False)
