"""What an access token comes to, and why one does not count; jwts.py finds out."""

from msgspec import Struct

from service.domain.bounds import FREE, Bounds


class WrongToken(Exception):
    """A token that does not count; the message says why, in ASCII."""


class IssuerAway(Exception):
    """The issuer does not answer as it should, and the key that is asked for is not known here."""


class Token(Struct, frozen=True):
    """What an access token says. Its holder may write whatever its scopes allow."""

    actor: str
    scopes: frozenset[str]
    expires_at: float
    """In seconds since 1970, without the leeway."""
    bounds: Bounds = FREE

    def __str__(self) -> str:
        return "token"
