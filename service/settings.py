"""Every setting, read once from the environment into one frozen struct."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

_ISSUER: Final = (
    r"^(https://[^\s/?#@]+(/[^\s/?#]+)*/?|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/[^\s/?#]+)*/?)?$"
)
"""TLS, but for this machine itself."""
_Address = Annotated[str, Meta(pattern="^(postgres(ql)?://.+)?$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the process was told: a setting called `queue_size` is read from QUEUE_SIZE."""

    database_url: _Address = ""
    """PostgreSQL 15 to 18, as the service's role or one that may SET ROLE to it. Empty: an embedded one."""
    owner_database_url: _Address = ""
    """The same database as its owner, for migrations. Empty: `database_url`."""
    data_dir: Path = Path("~/.local/share/incident-ledger")
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8000
    demo: bool = False
    """Record the story's four incidents if the log is empty, and make an API key to try things with."""
    cors_origins: Annotated[str, Meta(pattern=r"^(\*|https?://[^,\s]+(,https?://[^,\s]+)*)?$")] = ""
    """The origins whose pages may call the API from a browser, with commas between, or `*`. Empty: none."""
    anonymous_read: bool = False
    """Whether incidents may be read without an API key."""
    oidc_issuer: Annotated[str, Meta(pattern=_ISSUER)] = ""
    """The issuer whose tokens count beside API keys: its address, as `iss` and its discovery say it. Empty: none."""
    oidc_audience: str = ""
    """Who the service is to the issuer: what the `aud` of its tokens must name."""
    public_url: Annotated[str, Meta(pattern=r"^(https?://[^\s/?#]+(/[^\s/?#]+)*)?$")] = ""
    """Where the public finds the service, as feeds say it. Empty: their addresses are relative ones."""
    feed_sender: Annotated[str, Meta(pattern=r"^([a-z0-9._+-]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+$")] = (
        "incident-ledger.invalid"
    )
    """Who sends the feeds: a domain or an address of e-mail (CAP `sender`, with which each message is named)."""
    projector: bool = True
    """Whether `serve` runs a projector beside the server; 0 where `incident-ledger project` runs elsewhere."""
    signing_key: str = ""
    """The private key that signs the log. Empty: one is made beside the embedded database; another is not sealed."""
    witnesses: str = ""
    """Who is to cosign the log: the public key and the address of each, all apart by spaces. Empty: nobody."""
    witness_key: str = ""
    """The private key of `incident-ledger witness`, which cosigns the logs of others."""
    webhook_networks: Annotated[str, Meta(pattern=r"^([0-9A-Fa-f:.]+/[0-9]{1,3}(,[0-9A-Fa-f:.]+/[0-9]{1,3})*)?$")] = ""
    """Networks that are not public and that webhooks may be sent to all the same, such as 10.2.0.0/16,fd00::/8."""
    nats_url: Annotated[str, Meta(pattern="^((nats|tls)://.+)?$")] = ""
    """The NATS server, with JetStream, to which every event is published. Empty: nothing is published."""
    nats_stream: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,64}$")] = "INCIDENTS"
    """The stream there; it is made if there is none."""
    nats_subject: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,64}$")] = "incidents"
    """What the subjects begin with."""
    queue_size: Annotated[int, Meta(ge=1, le=100_000)] = 2000
    """Commands that may wait for the writer; one more is answered 503."""
    pool_size: Annotated[int, Meta(ge=1, le=200)] = 8
    """Connections for reading; the writer has one of its own."""
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"


class WrongSetting(Exception):
    """A setting that cannot be used; the message names the variable."""


def read(environ: Mapping[str, str]) -> Settings:
    """Read the settings, or raise WrongSetting with a sentence that names the variable."""
    given = {name: environ[name.upper()] for name in Settings.__struct_fields__ if environ.get(name.upper())}
    for name, value in given.items():
        try:
            msgspec.convert({name: value}, Settings, strict=False, dec_hook=_path)
        except msgspec.ValidationError as error:
            if name.endswith("_url"):  # not shown: it may hold a password
                form = {"nats_url": "nats://... or tls://...", "public_url": "https://..."}.get(
                    name, "postgresql://..."
                )
                raise WrongSetting(f"{name.upper()} cannot be used: it must be {form}") from error
            reason = str(error).partition(" - at ")[0]
            raise WrongSetting(f"{name.upper()}={value!r} cannot be used: {reason}.") from error
    settings = msgspec.convert(given, Settings, strict=False, dec_hook=_path)
    if bool(settings.oidc_issuer) != bool(settings.oidc_audience):
        raise WrongSetting("OIDC_ISSUER and OIDC_AUDIENCE go together: a token for somebody else must not count here.")
    return msgspec.structs.replace(settings, data_dir=settings.data_dir.expanduser())


def _path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError
