"""Where the socket goes, what the URL says, and what is left of an earlier server."""

import os
import stat
import sys
from pathlib import Path

import pytest
from psycopg import conninfo

from zhida.database import ClusterVersionError
from zhida.database.accounts import Account
from zhida.database.cluster import Endpoint, configure, credentials_of, endpoint_for, refuse_other_major
from zhida.database.leftovers import clear_leftovers, server_processes


def account(home: Path) -> Account:
    return Account(binaries=Path("/nowhere"), home=home)


def test_the_socket_lies_beside_the_cluster_in_a_private_folder(tmp_path: Path) -> None:
    endpoint = endpoint_for(account(tmp_path))
    assert endpoint.folder == tmp_path / "socket"
    assert stat.S_IMODE((tmp_path / "socket").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["deep" * 40, "with,comma", "with'quote"])
def test_a_path_that_cannot_hold_a_socket_gets_a_short_private_folder_elsewhere(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    home.mkdir()
    folder = endpoint_for(account(home)).folder
    assert folder is not None
    assert tmp_path not in folder.parents
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(str(folder / ".s.PGSQL.5432")) <= 107
    folder.rmdir()


@pytest.mark.parametrize("folder", [Path("/tmp/a folder/套接字"), None])
def test_the_url_survives_unusual_paths_and_passwords(folder: Path | None) -> None:
    told = conninfo.conninfo_to_dict(Endpoint(folder, 6543).url("zhida", "p@ss/w:rd?", "zhida"))
    assert (told["user"], told["password"], told["dbname"]) == ("zhida", "p@ss/w:rd?", "zhida")
    assert told["host"] == (str(folder) if folder else "127.0.0.1")


def test_passwords_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    made = credentials_of(tmp_path)
    assert credentials_of(tmp_path) == made
    assert made.role != made.superuser
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600


def test_without_a_socket_the_server_listens_on_the_loopback_alone(tmp_path: Path) -> None:
    configure(account(tmp_path), tmp_path, Endpoint(None, 6543))
    text = (tmp_path / "postgresql.conf").read_text()
    assert "listen_addresses = '127.0.0.1'" in text
    assert "port = 6543" in text
    assert "trust" not in (tmp_path / "pg_hba.conf").read_text()


def test_a_cluster_of_another_major_version_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("13\n")
    with pytest.raises(ClusterVersionError, match=r"PostgreSQL 13.*starts 16"):
        refuse_other_major(tmp_path)


def test_an_empty_folder_is_no_other_major_version(tmp_path: Path) -> None:
    refuse_other_major(tmp_path)


def test_a_process_file_that_names_an_unrelated_program_is_removed_and_the_program_lives(tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    file.write_text(f"{os.getpid()}\n{tmp_path}\n")
    clear_leftovers(tmp_path)
    assert not file.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="zombies are looked up in /proc")
def test_a_process_file_that_names_a_zombie_is_removed(tmp_path: Path) -> None:
    zombie = os.fork()
    if zombie == 0:
        os.chdir(tmp_path)
        os._exit(0)
    os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
    (tmp_path / "postmaster.pid").write_text(f"{zombie}\n{tmp_path}\n")
    assert server_processes(tmp_path) == []
    clear_leftovers(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()
    os.waitpid(zombie, 0)
