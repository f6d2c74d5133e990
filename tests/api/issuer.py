"""An OIDC issuer on 127.0.0.1: real discovery, real keys, and whatever else a test has it say."""

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.api_jws import PyJWS

from tests.api.samples import Json

AUDIENCE: Final = "https://ledger.example"
DISCOVERY: Final = "/realm/.well-known/openid-configuration"
JWKS: Final = "/realm/jwks"
_RSA: Final = rsa.generate_private_key(65537, 2048)
"""Made once: it takes a while."""


class Key:
    """A key pair of an issuer."""

    def __init__(self, kid: str | None, algorithm: str, private: Any = None, **more: Any) -> None:
        made = {"ES256": lambda: ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate}
        self.private: Final = private or made.get(algorithm, lambda: _RSA)()
        self.kid: Final = kid
        self.algorithm: Final = algorithm
        self._more: Final = more

    @property
    def jwk(self) -> Json:
        """The public key, as an issuer publishes it."""
        form = {"ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}.get(self.algorithm, RSAAlgorithm)
        told = {"use": "sig"} | ({} if self.kid is None else {"kid": self.kid})
        return dict(form.to_jwk(self.private.public_key(), as_dict=True)) | told | self._more

    @property
    def pem(self) -> bytes:
        """The public key as text: what a forger would take for an HMAC secret."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


RSA: Final = Key("rsa", "RS256", alg="RS256")
PSS: Final = Key("pss", "PS256")
EC: Final = Key("ec", "ES256", alg="ES256")
ED: Final = Key("ed", "EdDSA", alg="EdDSA")
STRANGER: Final = Key("ec", "ES256")
"""Has the name of a key of the issuer, and is none."""


class Issuer:
    """What it publishes, and how often it was asked; a test changes what it says."""

    def __init__(self, port: int) -> None:
        self.address: Final = f"http://127.0.0.1:{port}/realm"
        self.keys: list[Json] = []
        self.discovered: Json = {"issuer": self.address, "jwks_uri": f"http://127.0.0.1:{port}{JWKS}"}
        self.status = 200
        self.delay = 0.0
        self.asked: list[str] = []
        self.bodies: dict[str, bytes] = {}
        """Instead of what it would say, by path."""

    def body(self, path: str) -> bytes:
        """Return what it says at a path."""
        said = {DISCOVERY: self.discovered, JWKS: {"keys": self.keys}}
        return self.bodies.get(path, json.dumps(said.get(path, {})).encode())

    def token(self, key: Key, headers: Json | None = None, **claims: Any) -> str:
        """Return an access token for every scope, unless the claims say otherwise; None takes one out."""
        now = int(time.time())
        said = {
            "iss": self.address, "aud": AUDIENCE, "sub": "olena", "iat": now, "exp": now + 300,
            "scope": "openid incidents:read incidents:write log:read admin:read",
        } | claims  # fmt: skip
        return sign(key, {name: value for name, value in said.items() if value is not None}, headers)


def sign(key: Key, claims: Json, headers: Json | None = None) -> str:
    """Sign claims with a key, whatever they are."""
    named = {"typ": "at+jwt"} | ({} if key.kid is None else {"kid": key.kid}) | (headers or {})
    return PyJWS().encode(json.dumps(claims).encode(), key.private, key.algorithm, named)


def unsigned(header: Json, claims: Json, signature: bytes = b"") -> str:
    """Return a token with this header, whatever it says, and this signature."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@contextlib.contextmanager
def issuing(*keys: Key) -> Iterator[Issuer]:
    """Run an issuer that publishes these keys."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            time.sleep(issuer.delay)
            body = issuer.body(self.path)
            with contextlib.suppress(OSError):
                self.send_response(issuer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Location", "http://127.0.0.1:9/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer = Issuer(server.server_port)
    issuer.keys = [key.jwk for key in keys]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
