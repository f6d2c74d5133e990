"""Migrations run once, in order, whoever else is starting; what ran is never edited."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from service import migrate
from tests.running import ROOT, Ledger, make_database

FILES: Final = sorted(file.name for file in (ROOT / "migrations").glob("V*.sql"))
AT_ONCE: Final = 6


def test_six_processes_at_once_apply_each_file_once(postgres_url: str) -> None:
    with make_database(postgres_url) as url:
        running = [_migrating(url) for _ in range(AT_ONCE)]
        said = [process.communicate(timeout=120)[1] for process in running]
        assert [process.returncode for process in running] == [0] * AT_ONCE, said
        applied = [line for text in said for line in text.splitlines()]
        assert applied == [f"applied {name}" for name in FILES]
        assert _history(url) == FILES


def _migrating(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "service", "migrate"], cwd=ROOT, env=os.environ | {"DATABASE_URL": url},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _history(url: str) -> list[str]:
    rows = Ledger(url).sql(
        "SELECT script, success FROM dblift_schema_history WHERE type = 'SQL' ORDER BY installed_rank"
    )
    assert all(success for _, success in rows)
    return [script for script, _ in rows]


def test_a_second_run_does_nothing(postgres_url: str) -> None:
    with make_database(postgres_url) as url:
        assert migrate.migrate(url) == FILES
        assert migrate.migrate(url) == []
        assert _history(url) == FILES


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations in a folder where they can be edited."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder)
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_edited_after_it_ran_is_refused_by_name(postgres_url: str, copied: Path, name: str) -> None:
    with make_database(postgres_url) as url:
        migrate.migrate(url)
        edited = copied / name
        edited.write_text(edited.read_text(encoding="utf-8") + "\nCREATE TABLE sneaked_in (x integer);\n")
        with pytest.raises(migrate.MigrationRefused, match=name.partition("__")[0].removeprefix("V")):
            migrate.migrate(url)
        assert Ledger(url).sql("SELECT to_regclass('sneaked_in')") == [(None,)]


def test_a_file_that_fails_leaves_nothing_behind_and_the_next_run_goes_on(postgres_url: str, copied: Path) -> None:
    added = copied / "V9001__added.sql"
    with make_database(postgres_url) as url:
        migrate.migrate(url)
        added.write_text("CREATE TABLE half (x integer);\nSELECT 1 / 0;\n")
        with pytest.raises(migrate.MigrationRefused, match="9001"):
            migrate.migrate(url)
        assert Ledger(url).sql("SELECT to_regclass('half')") == [(None,)]
        added.write_text("CREATE TABLE half (x integer);\n")
        assert migrate.migrate(url) == [added.name]


def test_the_service_brings_its_own_database_up(postgres_url: str) -> None:
    with make_database(postgres_url) as url, Ledger(url) as running, running.client() as client:
        assert client.get("/v1/head").json() == {"position": 0, "recorded_at": None}
        assert _history(url) == FILES
