"""The PostgreSQL that we start ourselves: first start, crashes, leftovers, accounts."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from zhida.database import ClusterVersionError, EmbeddedPostgres, EmbeddedStartError, InstanceRunningError
from zhida.database.accounts import LAUNCH, Account, choose_account, system_account
from zhida.database.cluster import Endpoint, endpoint_for, on_loopback
from zhida.database.leftovers import server_processes

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 30


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    own = EmbeddedPostgres(tmp_path / "postgres")
    yield own
    own.stop()


@contextmanager
def supervisor(data_dir: Path, *arguments: str, before: tuple[str, ...] = ()) -> Generator[subprocess.Popen[str]]:
    """A process that runs a server; killed at the end of the block."""
    command = [*before, sys.executable, "-m", "tests.integration.database.supervisor", str(data_dir), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def wait_for(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: not server.is_alive())


def is_gone(pid: int) -> bool:
    """Whether a process that is not our child has ended; one that nobody reaps counts as ended."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_first_start_makes_a_database_that_holds_any_language(server: EmbeddedPostgres) -> None:
    url = server.start()
    assert server.is_alive()
    assert value(url, "SHOW server_encoding") == "UTF8"
    assert value(url, "SHOW fsync") == "on"
    assert value(url, "SHOW data_checksums") == "on"
    assert value(url, "SELECT '知答' || 'é'") == "知答é"


def test_the_applications_role_is_no_superuser(server: EmbeddedPostgres) -> None:
    url = server.start()
    assert value(url, "SELECT current_user") == "zhida"
    assert value(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(url, "COPY (SELECT 1) TO PROGRAM 'true'")


def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    url = server.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace("zhida:", "zhida:x"))


def test_no_folder_but_our_own_changes_its_rights(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "data" / "postgres")
    server.start()
    server.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == os.geteuid()


def test_a_start_while_it_runs_changes_nothing(server: EmbeddedPostgres) -> None:
    url = server.start()
    pid = server.pid
    assert server.start() == url
    assert server.pid == pid


def test_rows_outlive_a_stop(server: EmbeddedPostgres) -> None:
    run(server.start(), "CREATE TABLE kept AS SELECT 1 AS n")
    server.stop()
    assert not server.is_alive()
    assert server.pid is None
    assert value(server.start(), "SELECT n FROM kept") == 1


def test_every_acknowledged_row_outlives_a_killed_server(server: EmbeddedPostgres) -> None:
    url = server.start()
    run(url, "CREATE TABLE kept (n int)")
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(200):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])
        kill(server)
    assert value(server.start(), "SELECT count(*) FROM kept") == 200


def test_a_query_that_outlived_a_killed_server_does_not_hinder_the_next_one(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    url = server.start()
    spinning = "DO $$ BEGIN PERFORM count(*) FROM generate_series(1, 1000000000000) a; END $$"

    def spin() -> None:
        with suppress(psycopg.OperationalError):
            run(url, spinning)

    thread = threading.Thread(target=spin)
    thread.start()
    wait_for(lambda: value(url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'") == 1)
    kill(server)
    assert server_processes(tmp_path / "postgres" / "cluster")
    assert value(server.start(), "SELECT 1") == 1
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()


def test_a_second_instance_on_the_same_directory_is_refused_and_names_the_first(tmp_path: Path) -> None:
    with supervisor(tmp_path / "postgres") as first:
        assert said(first).isdigit()
        with supervisor(tmp_path / "postgres") as second:
            assert f"database.instance_running Process {first.pid} already runs" in said(second)
        with pytest.raises(InstanceRunningError) as refusal:
            EmbeddedPostgres(tmp_path / "postgres").start()
        assert refusal.value.facts["pid"] == first.pid


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_the_server_ends_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with supervisor(tmp_path / "postgres") as killed:
        pid = int(said(killed))
        killed.kill()
        killed.wait()
        wait_for(lambda: is_gone(pid))
    log = (tmp_path / "postgres" / "server.log").read_text()
    assert "database system is shut down" in log


def test_an_orphaned_server_is_ended_before_the_next_one_starts(server: EmbeddedPostgres, tmp_path: Path) -> None:
    with supervisor(tmp_path / "postgres", "thread") as killed:
        orphan = int(said(killed))
        killed.kill()
        killed.wait()
    assert not is_gone(orphan)
    assert value(server.start(), "SELECT 1") == 1
    assert is_gone(orphan)


def test_a_first_start_that_was_killed_halfway_is_begun_again(server: EmbeddedPostgres, tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("16\n")
    assert value(server.start(), "SELECT 1") == 1
    assert not half.exists()


def test_a_deep_data_directory_works(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("deep" * 30) / "with, comma" / "postgres")
    assert value(server.start(), "SELECT 1") == 1
    server.stop()


@pytest.mark.parametrize("endpoint", [endpoint_for, on_loopback])
def test_a_server_that_died_comes_back_where_others_were_told_that_it_is(
    tmp_path: Path, endpoint: Callable[[Account], Endpoint]
) -> None:
    data_dir = tmp_path / ("deep" * 40) / "postgres"
    own = EmbeddedPostgres(data_dir, endpoint=endpoint)
    url = own.start()
    try:
        kill(own)
        assert own.start() == url
        kill(own)
        (data_dir / "custom.conf").write_text("no_such_setting = 1\n")
        with pytest.raises(EmbeddedStartError):
            own.start()
        (data_dir / "custom.conf").unlink()
        assert own.start() == url
        assert value(url, "SELECT 1") == 1
    finally:
        own.stop()


def test_where_no_socket_can_be_made_the_server_listens_on_the_loopback_with_a_password(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", endpoint=on_loopback)
    url = server.start()
    assert "@127.0.0.1:" in url
    assert value(url, "SELECT inet_server_addr()::text") == "127.0.0.1/32"
    server.stop()


def test_the_operators_own_settings_are_read(server: EmbeddedPostgres, tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "custom.conf").write_text("work_mem = 5MB\n")
    assert value(server.start(), "SHOW work_mem") == "5MB"


def test_a_setting_that_stops_the_server_is_reported_with_its_last_words(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "custom.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedStartError, match="no_such_setting"):
        server.start()
    (tmp_path / "postgres" / "custom.conf").unlink()
    assert value(server.start(), "SELECT 1") == 1


def test_a_cluster_of_another_major_version_is_refused_and_left_alone(server: EmbeddedPostgres, tmp_path: Path) -> None:
    server.start()
    server.stop()
    version = tmp_path / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(ClusterVersionError):
        server.start()
    version.write_text("16\n")
    server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_an_ordinary_user_needs_no_namespace(tmp_path: Path) -> None:
    """Inside a user namespace this process is an ordinary user to itself, one that may read our files."""
    become_nobody = (sys.executable, "-I", "-S", str(LAUNCH), "--namespace", "65534:65534")
    with supervisor(tmp_path / "postgres", before=become_nobody) as nobody:
        assert said(nobody).isdigit()
        assert Path(f"/proc/{nobody.pid}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a system account")
def test_where_user_namespaces_are_refused_root_uses_a_system_account(tmp_path: Path) -> None:
    base = Path(tempfile.mkdtemp(prefix="zhida-system-"))
    base.chmod(0o755)
    user = pwd.getpwnam("nobody")

    def account(data_dir: Path) -> Account:
        return system_account(data_dir, user, base)

    server = EmbeddedPostgres(tmp_path / "postgres", account=account)
    try:
        url = server.start()
        run(url, "CREATE TABLE kept AS SELECT 1 AS n")
        assert Path(f"/proc/{server.pid}").stat().st_uid == user.pw_uid
        kill(server)
        assert value(server.start(), "SELECT n FROM kept") == 1
    finally:
        server.stop()
        shutil.rmtree(base)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has no choice")
def test_root_gets_a_namespace_where_the_kernel_grants_one(tmp_path: Path) -> None:
    account = choose_account(tmp_path)
    assert account.namespace is not None
    assert account.home == tmp_path
