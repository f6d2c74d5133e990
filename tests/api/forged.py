"""Tokens that are none: each way in which one is forged, and what is said of it."""

import hmac
import time
from collections.abc import Callable
from typing import Final

from tests.api.issuer import AUDIENCE, ED, RSA, STRANGER, Issuer, Key, sign, unsigned
from tests.api.samples import Json
from tests.running import SCOPES


def mallorys(issuer: Issuer) -> Json:
    return {
        "iss": issuer.address, "aud": AUDIENCE, "sub": "mallory", "exp": int(time.time()) + 300,
        "scope": " ".join(SCOPES),
    }  # fmt: skip


def _hmac(issuer: Issuer, secret: bytes, algorithm: str = "HS256", kid: str = "rsa") -> str:
    header, claims = {"alg": algorithm, "typ": "JWT", "kid": kid}, mallorys(issuer)
    signed = unsigned(header, claims).removesuffix(".").encode()
    return unsigned(header, claims, hmac.digest(secret, signed, algorithm.replace("HS", "sha")))


FORGED: Final[dict[str, tuple[Callable[[Issuer], str], str]]] = {
    "none": (lambda i: unsigned({"alg": "none"}, mallorys(i)), "not signed with one of RS256"),
    "None": (lambda i: unsigned({"alg": "NoNe", "kid": "rsa"}, mallorys(i)), "not signed with one of"),
    "no algorithm": (lambda i: unsigned({"kid": "rsa"}, mallorys(i)), "not signed with one of"),
    "a list of algorithms": (lambda i: unsigned({"alg": ["RS256"], "kid": "rsa"}, mallorys(i)), "not signed with one"),
    "HS256 with the public key": (lambda i: _hmac(i, RSA.pem), "not signed with one of"),
    "HS256 with its last line": (lambda i: _hmac(i, RSA.pem.strip()), "not signed with one of"),
    "HS512 with another": (lambda i: _hmac(i, ED.pem, "HS512", "ed"), "not signed with one of"),
    "HMAC called RS256": (
        lambda i: unsigned({"alg": "RS256", "kid": "rsa"}, mallorys(i), b"x" * 256), "signature of the token is",
    ),
    "RS256 with the id of an EdDSA key": (
        lambda i: sign(Key("ed", "RS256", RSA.private), mallorys(i)), "does not have",
    ),
    "PS256 with a key for RS256 alone": (
        lambda i: sign(Key("rsa", "PS256", RSA.private), mallorys(i)), "does not have",
    ),
    "ES384": (lambda i: unsigned({"alg": "ES384", "kid": "ec"}, mallorys(i), b"x" * 96), "not signed with one of"),
    "no signature": (lambda i: unsigned({"alg": "RS256", "kid": "rsa"}, mallorys(i)), "signature of the token is"),
    "an empty ECDSA signature": (
        lambda i: unsigned({"alg": "ES256", "kid": "ec"}, mallorys(i), bytes(64)), "signature of the token is",
    ),
    "a stranger's key of the same name": (lambda i: sign(STRANGER, mallorys(i)), "signature of the token is"),
    "jku": (lambda i: sign(STRANGER, mallorys(i), {"jku": f"{i.address}/evil"}), "signature of the token is"),
    "x5u": (lambda i: sign(STRANGER, mallorys(i), {"x5u": f"{i.address}/evil"}), "signature of the token is"),
    "jwk": (lambda i: sign(STRANGER, mallorys(i), {"jwk": STRANGER.jwk}), "signature of the token is"),
    "x5c": (lambda i: sign(STRANGER, mallorys(i), {"x5c": ["MIIB"]}), "signature of the token is"),
    "no key id, of several": (lambda i: sign(Key(None, "RS256", RSA.private), mallorys(i)), "does not have"),
    "no key id, and it is a stranger's": (lambda i: sign(Key(None, "EdDSA"), mallorys(i)), "signature of the token is"),
    "crit": (lambda i: sign(ED, mallorys(i), {"crit": ["exp"], "exp": 1}), "asks for what is not known"),
    "crit, empty": (lambda i: unsigned({"alg": "EdDSA", "kid": "ed", "crit": []}, mallorys(i)), "not known here"),
    "crit: b64": (
        lambda i: unsigned({"alg": "EdDSA", "kid": "ed", "crit": ["b64"], "b64": False}, mallorys(i)), "cannot be read",
    ),
    "a key id that is none": (lambda i: unsigned({"alg": "EdDSA", "kid": 7}, mallorys(i)), "cannot be read"),
    "a key id with a path": (
        lambda i: unsigned({"alg": "EdDSA", "kid": "../../../../dev/null"}, mallorys(i)), "does not have",
    ),
    "a key id with SQL": (lambda i: unsigned({"alg": "EdDSA", "kid": "' OR 1=1 --"}, mallorys(i)), "does not have"),
    "a key id of a header": (lambda i: unsigned({"alg": "EdDSA", "kid": "a\r\nX: y"}, mallorys(i)), "does not have"),
    "another sort of token": (lambda i: sign(ED, mallorys(i), {"typ": "logout+jwt"}), "no access token"),
    "a DPoP proof": (lambda i: sign(ED, mallorys(i), {"typ": "dpop+jwt"}), "no access token"),
    "no JWT": (lambda _: "hello", "cannot be read"),
    "a dot": (lambda _: ".", "cannot be read"),
    "two dots": (lambda _: "..", "cannot be read"),
    "letters of another alphabet": (lambda _: "ключ.ключ.ключ", "cannot be read"),
    "padding": (lambda _: "e30==.e30=.=", "cannot be read"),
    "an id that is half a character": (
        lambda i: unsigned({"alg": "EdDSA", "kid": "\ud800"}, mallorys(i)), "does not have",
    ),
    "five parts": (lambda _: unsigned({"alg": "EdDSA"}, {}) + ".a.b", "cannot be read"),
    "claims that are no object": (lambda _: unsigned({"alg": "EdDSA", "kid": "ed"}, [1]), "signature"),  # type: ignore[arg-type]
    "a header that is no object": (lambda _: unsigned([], {}), "cannot be read"),  # type: ignore[arg-type]
    "a header 5,000 deep": (lambda _: "W1tb" * 2_500 + ".e30.", "cannot be read"),
    "a changed claim": (lambda i: _changed(i.token(ED)), "signature of the token is"),
}  # fmt: skip


def _changed(token: str) -> str:
    head, _, signature = token.split(".")
    body = unsigned({}, {"sub": "root"}).split(".")[1]
    return f"{head}.{body}.{signature}"
