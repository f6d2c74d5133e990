"""Access tokens (JWT): whose they are and what they let him do, held to the keys of the one issuer that is trusted."""

import hashlib
import time
from typing import Any, Final

import jwt

from service.issuer import ALGORITHMS, Issuer
from service.keys import OF_TOKENS, Memory
from service.tokens import Token, WrongToken

LEEWAY: Final = 60
"""Seconds by which the issuer's clock may differ from this one."""
_MOST: Final = 16_384
_TYPES: Final = frozenset(["jwt", "at+jwt", "application/at+jwt"])
"""What `typ` may say (RFC 9068): a token made for something else is none."""
_MOST_OF_SUBJECT: Final = 255
_SAYS: Final = {
    jwt.ExpiredSignatureError: "The token has expired",
    jwt.ImmatureSignatureError: "The token is not valid yet",
    jwt.InvalidAudienceError: "The token is for another audience",
    jwt.InvalidIssuerError: "The token is of another issuer",
    jwt.InvalidSignatureError: "The signature of the token is wrong",
    jwt.MissingRequiredClaimError: "The token lacks one of the claims iss, aud, sub and exp",
    jwt.InvalidTokenError: "The token cannot be read, or asks for what is not known here",
    jwt.PyJWTError: "The token is signed with a key that is too weak",
}


class Tokens:
    """Recognises tokens; remembers them for a few seconds, since a signature takes as long to check as a read."""

    def __init__(self, issuer: Issuer, audience: str) -> None:
        self._issuer: Final = issuer
        self._audience: Final = audience
        self._memory: Final = Memory[Token]()

    async def recognise(self, text: str) -> Token:
        """Return what the token says, or raise WrongToken, or IssuerAway if it cannot be told whether it counts."""
        token = self._memory.get(text)
        if token is None:
            token = await self._verified(text)
            self._memory.keep(text, token)
        elif token.expires_at + LEEWAY <= time.time():
            raise WrongToken(_SAYS[jwt.ExpiredSignatureError])
        return token

    async def _verified(self, text: str) -> Token:
        if len(text) > _MOST:
            raise WrongToken(f"The token is longer than {_MOST} characters")
        try:
            header = jwt.get_unverified_header(text)
            key = await self._issuer.key(header.get("kid"), _algorithm(header))
            if key is None:
                raise WrongToken("The token is signed with a key that its issuer does not have")
            claims = jwt.decode(
                text,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer.address,
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "sub", "exp"], "enforce_minimum_key_length": True},
            )
            return _read(claims)
        except jwt.PyJWTError as error:
            raise WrongToken(next(says for kind, says in _SAYS.items() if isinstance(error, kind))) from error


def _algorithm(header: dict[str, Any]) -> str:
    """Return the algorithm, if it is one that is taken; `jku`, `jwk`, `x5u` and `x5c` are not looked at."""
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise WrongToken(f"The token is not signed with one of {', '.join(ALGORITHMS)}")
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise WrongToken("The token is no access token: its typ is neither at+jwt nor JWT")
    return str(algorithm)


def _read(claims: dict[str, Any]) -> Token:
    issuer, subject, said = str(claims["iss"]), str(claims["sub"]), claims.get("scope", claims.get("scp", ""))
    if not 0 < len(subject) <= _MOST_OF_SUBJECT:
        raise WrongToken(f"The subject of the token has not 1 to {_MOST_OF_SUBJECT} characters")
    scopes = said.split(" ") if isinstance(said, str) else said if isinstance(said, list) else []
    named = frozenset(scope for scope in scopes if isinstance(scope, str))
    return Token(actor_of(issuer, subject), named, float(int(claims["exp"])))


def actor_of(issuer: str, subject: str) -> str:
    """Return the name under which the events of a subject are recorded: a hash, since the log keeps names for ever."""
    said = f"{issuer}\n{subject}".encode(errors="surrogatepass")
    return OF_TOKENS + hashlib.sha256(said).hexdigest()[:32]
