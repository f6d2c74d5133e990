"""`incident-ledger migrate`: it says what it applied, once."""

from pathlib import Path

from tests.running import ROOT, command, make_database

FILES = sorted(file.name for file in (ROOT / "migrations").glob("V*.sql"))


def test_it_applies_what_is_missing_and_says_so(postgres_url: str) -> None:
    with make_database(postgres_url) as url:
        first = command("migrate", environ={"DATABASE_URL": url})
        again = command("migrate", environ={"DATABASE_URL": url})
    assert first.stderr.splitlines() == [f"applied {name}" for name in FILES]
    assert first.stdout == ""
    assert again.stderr == ""


def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    done = command("migrate", environ={"DATABASE_URL": "", "DATA_DIR": str(tmp_path)}, check=False)
    assert done.returncode == 1
    assert "start `serve`" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_owners_address_is_the_one_that_counts(postgres_url: str) -> None:
    with make_database(postgres_url) as url:
        environ = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "OWNER_DATABASE_URL": url}
        assert command("migrate", environ=environ).stderr.splitlines()[0] == f"applied {FILES[0]}"
