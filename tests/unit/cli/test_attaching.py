"""A running instance is found by its lock and its file; what a killed one left behind is no instance."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zhida.cli.attaching import find_running, stated
from zhida.cli.file_lock import FileLock, is_held
from zhida.cli.surroundings import InstancePlaces


@pytest.fixture
def at(tmp_path: Path) -> InstancePlaces:
    (tmp_path / "run").mkdir()
    return InstancePlaces(tmp_path)


def write_instance_file(at: InstancePlaces, pid: int) -> None:
    at.instance_file.write_text(json.dumps({"pid": pid, "address": "http://127.0.0.1:1"}))


def dead_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_nothing_runs_on_an_empty_directory(tmp_path: Path) -> None:
    assert find_running(InstancePlaces(tmp_path)) is None


def test_a_file_of_a_dead_process_is_no_instance(at: InstancePlaces) -> None:
    write_instance_file(at, dead_pid())
    assert stated(at.instance_file) is None
    assert find_running(at) is None


def test_a_file_whose_process_number_was_given_to_another_is_no_instance(at: InstancePlaces) -> None:
    write_instance_file(at, os.getpid())
    assert find_running(at) is None


def test_a_running_instance_is_found(at: InstancePlaces) -> None:
    write_instance_file(at, os.getpid())
    lock = FileLock(at.running_lock)
    assert lock.try_alone()
    running = find_running(at)
    assert running is not None
    assert (running.pid, running.address) == (os.getpid(), "http://127.0.0.1:1")
    lock.release()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x", "address": "y"}', '{"pid": 1}'])
def test_a_damaged_file_says_nothing(at: InstancePlaces, content: str) -> None:
    at.instance_file.write_text(content)
    assert stated(at.instance_file) is None


def test_a_lock_is_held_alone_or_together(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second, alone = FileLock(path), FileLock(path), FileLock(path)
    first.share(on_wait=pytest.fail)
    second.share(on_wait=pytest.fail)
    assert not alone.try_alone()
    first.release()
    assert not alone.try_alone()
    second.release()
    assert alone.try_alone()
    assert is_held(path)
    alone.release()
    assert not is_held(path)


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, pathlib; from zhida.cli.file_lock import FileLock; lock = FileLock(pathlib.Path(sys.argv[1]));"
        "assert lock.try_alone(); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert is_held(path)
    holder.kill()
    holder.communicate()
    assert not is_held(path)
