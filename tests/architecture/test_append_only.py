"""The database itself keeps the log: who may do what there, by privilege and by trigger."""

from collections.abc import Callable, Iterator
from typing import Final

import httpx
import psycopg
import pytest
from psycopg import errors, sql

from service.db import SERVICE_ROLE
from tests.api.samples import FACTS, report
from tests.running import SCOPES, Ledger, make_database

CHANGES: Final = {
    "update": "UPDATE events SET actor = 'somebody else'",
    "update of no row": "UPDATE events SET actor = 'somebody else' WHERE false",
    "delete": "DELETE FROM events",
    "delete of no row": "DELETE FROM events WHERE false",
    "truncate": "TRUNCATE events",
    "truncate of all that refers to it": "TRUNCATE events CASCADE",
    "merge": "MERGE INTO events e USING log_head h ON e.position = h.position WHEN MATCHED THEN DELETE",
}
FORBIDDEN: Final = {
    "make a table": "CREATE TABLE mine (x integer)",
    "make a function": "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1",
    "make a schema": "CREATE SCHEMA mine",
    "make a role": "CREATE ROLE mine",
    "make a database": "CREATE DATABASE mine",
    "drop the log": "DROP TABLE events CASCADE",
    "drop the trigger": "DROP TRIGGER events_are_append_only ON events",
    "disable the trigger": "ALTER TABLE events DISABLE TRIGGER ALL",
    "disable triggers for the session": "SET session_replication_role = replica",
    "add a column": "ALTER TABLE events ADD COLUMN x integer",
    "replace the append": "DROP FUNCTION append_events",
    "replace the refusal": "ALTER FUNCTION refuse_change() RENAME TO refuse_nothing",
    "delete an incident": "DELETE FROM incidents",
    "empty the incidents": "TRUNCATE incidents",
    "delete the head": "DELETE FROM log_head",
    "make a second head": "INSERT INTO log_head VALUES (false, 0, now())",
    "delete a key": "DELETE FROM api_keys",
    "give a key more scopes": "UPDATE api_keys SET scopes = '{incidents:write}'",
    "give a key another secret": "UPDATE api_keys SET secret_sha256 = decode(repeat('00', 32), 'hex')",
    "give a key another actor": "UPDATE api_keys SET actor = 'somebody else'",
    "let a key write more": "UPDATE api_keys SET namespaces = '{}', subdivisions = '{}'",
    "say that another made a key": "UPDATE api_keys SET created_by = 'somebody else'",
    "forge an entry of the trail": (
        "INSERT INTO trail (deed, by, subject, details) VALUES ('key_made', 'somebody else', 'x', '{}')"
    ),
    "let a key live longer": "UPDATE api_keys SET expires_at = NULL",
    "move an external id": "UPDATE external_ids SET incident = gen_random_uuid()",
    "rewrite the history of migrations": "DELETE FROM dblift_schema_history",
}  # fmt: skip
GRANTED: Final = {
    **{
        name: {"SELECT", "INSERT", "UPDATE", "DELETE"} for name in ("webhooks", "webhook_secrets", "webhook_deliveries")
    },
    "events": {"SELECT", "INSERT"},
    "log_head": {"SELECT", "UPDATE"},
    "incidents": {"SELECT", "INSERT", "UPDATE"},
    "external_ids": {"SELECT", "INSERT", "DELETE"},
    "api_keys": {"SELECT", "INSERT"},
    "publications": {"SELECT", "INSERT", "UPDATE"},
    "followers": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "tree_hashes": {"SELECT", "INSERT"},
    "signed_checkpoints": {"SELECT", "INSERT"},
    "expunged": {"SELECT"},
    "trail": {"SELECT"},
    "cosignatures": {"SELECT", "INSERT"},
    "cosigned_checkpoints": {"SELECT"},
}
ONLY_ADDED_TO: Final = {
    "change an entry of the trail": "UPDATE trail SET by = 'somebody else'",
    "delete entries of the trail": "DELETE FROM trail",
    "empty the trail": "TRUNCATE trail",
    "update a hash": "UPDATE tree_hashes SET hashes = sha256(hashes)",
    "delete hashes": "DELETE FROM tree_hashes",
    "empty the tree": "TRUNCATE tree_hashes",
    "sign another root": "UPDATE signed_checkpoints SET root = sha256(root)",
    "delete a checkpoint": "DELETE FROM signed_checkpoints",
    "empty the checkpoints": "TRUNCATE signed_checkpoints CASCADE",
    "change a cosignature": "UPDATE cosignatures SET line = line",
    "delete cosignatures": "DELETE FROM cosignatures",
    "empty the cosignatures": "TRUNCATE cosignatures",
}


@pytest.fixture(scope="module")
def with_an_event(ledger: Ledger) -> str:
    """The address of a database whose log is not empty."""
    with ledger.client() as client:
        report(client)
    return ledger.database_url


@pytest.fixture
def owner(with_an_event: str) -> Iterator[psycopg.Connection]:
    """A connection of the schema's owner, in a transaction that is undone."""
    with psycopg.connect(with_an_event) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def service(owner: psycopg.Connection) -> psycopg.Connection:
    """The same in the role of the service, and nothing but that role."""
    owner.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(SERVICE_ROLE)))
    return owner


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_service_has_no_privilege_to_change_the_log(service: psycopg.Connection, change: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table events"):
        service.execute(change.encode())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_trigger_refuses_even_the_owner_to_change_the_log(owner: psycopg.Connection, change: str) -> None:
    with pytest.raises(
        errors.InsufficientPrivilege, match=r"events is append-only: (UPDATE|DELETE|TRUNCATE) is refused"
    ):
        owner.execute(change.encode())


@pytest.mark.parametrize("change", ONLY_ADDED_TO.values(), ids=ONLY_ADDED_TO)
def test_nobody_may_change_the_tree_or_the_trail(owner: psycopg.Connection, change: str) -> None:
    owner.execute("SAVEPOINT before")
    with pytest.raises(errors.InsufficientPrivilege, match="is append-only"):
        owner.execute(change.encode())
    owner.execute("ROLLBACK TO before")
    owner.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(SERVICE_ROLE)))
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table"):
        owner.execute(change.encode())


@pytest.mark.parametrize("deed", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_service_may_not(service: psycopg.Connection, deed: str) -> None:
    if deed.startswith("CREATE DATABASE"):  # which no transaction allows
        service.execute(b"SET SESSION AUTHORIZATION DEFAULT")
        service.commit()
        service.autocommit = True
        service.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(SERVICE_ROLE)))
    with pytest.raises(errors.InsufficientPrivilege):
        service.execute(deed.encode())


def test_the_service_may_revoke_a_key(service: psycopg.Connection) -> None:
    assert service.execute("UPDATE api_keys SET revoked_at = now()").rowcount > 0


def test_a_revoked_key_stays_revoked_even_for_the_owner(owner: psycopg.Connection) -> None:
    owner.execute("UPDATE api_keys SET revoked_at = now()")
    with pytest.raises(errors.InsufficientPrivilege, match="was revoked: make another"):
        owner.execute("UPDATE api_keys SET revoked_at = NULL")


def test_the_service_has_these_privileges_and_no_others(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = %s AND table_schema = 'public'",
        [SERVICE_ROLE],
    ).fetchall()
    found: dict[str, set[str]] = {}
    for table, privilege in rows:
        found.setdefault(table, set()).add(privilege)
    assert found == GRANTED


def test_the_service_owns_only_what_it_can_make_again_and_cannot_log_in(owner: psycopg.Connection) -> None:
    row = owner.execute(
        "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication,"
        " (SELECT count(*) FROM pg_class WHERE relowner = r.oid AND relkind <> 't' AND relname NOT LIKE 'pg_toast%%'"
        "   AND relnamespace NOT IN ('serving'::regnamespace, 'building'::regnamespace)),"
        " has_schema_privilege(r.oid, 'public', 'CREATE'), has_database_privilege(r.oid, current_database(), 'CREATE')"
        " FROM pg_roles r WHERE rolname = %s",
        [SERVICE_ROLE],
    ).fetchone()
    assert row == (False, False, False, False, False, False, 0, False, False)


@pytest.fixture(scope="module")
def deprived(postgres_url: str, template: str) -> Iterator[Ledger]:
    """A service of its own: privileges are taken from it."""
    with make_database(postgres_url, template) as url, Ledger(url) as running:
        yield running


@pytest.mark.parametrize(
    ("privilege", "asks"),
    [
        ("SELECT ON incidents", lambda client: client.get("/v1/incidents")),
        ("SELECT ON events", lambda client: client.get("/v1/log")),
        ("INSERT ON events", lambda client: client.post("/v1/incidents", json={"facts": FACTS})),
        ("SELECT ON api_keys", lambda client: client.get("/v1/head")),
    ],
    ids=["reading", "the log", "writing", "keys"],
)  # fmt: skip
def test_the_service_works_in_that_role(
    deprived: Ledger, privilege: str, asks: Callable[[httpx.Client], httpx.Response]
) -> None:
    """Its login could do more: it is seen that the role counts by taking something from the role."""
    unknown = deprived.make_key(*SCOPES)  # one that was looked up is remembered for a while
    deprived.sql(f"REVOKE {privilege} FROM {SERVICE_ROLE}")
    with deprived.client(unknown) as client:
        assert asks(client).status_code == 500
    deprived.sql(f"GRANT {privilege} TO {SERVICE_ROLE}")
    with deprived.client() as client:
        assert asks(client).status_code in {200, 201}
