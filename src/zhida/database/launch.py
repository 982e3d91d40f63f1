"""What stands between ``EmbeddedPostgres`` and the server? This small program, which becomes the server by exec.

PostgreSQL refuses to run as root. A root who starts us (a container, a quick trial) therefore gets a user namespace
in which the same files belong to an ordinary user: no account is made, and no folder changes hands. Where that is
refused, it becomes a system account, and does so here, because that account need not be able to run this Python.
The server is asked to end when the thread that started it does, so that a killed supervisor leaves no server behind.

Run as ``python -I -S launch.py [--namespace UID:GID | --account UID:GID] [--parent PID] PROGRAM ARGUMENT…``.
"""

import ctypes
import os
import signal
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
REFUSED = 125
"""Exit status when the kernel refuses a user namespace or account."""


def enter_namespace(uid: int, gid: int) -> None:
    """Become ``uid``/``gid`` inside a new user namespace; to the outside nothing changes (user_namespaces(7))."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123  pathlib doubles the start-up time
            file.write(line)


def become(uid: int, gid: int) -> None:
    """Drop root's rights for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def end_with_parent(parent: int) -> None:
    """Ask the kernel for a fast shutdown of the server when the thread that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Do what the options say, then become the program."""
    while arguments[0].startswith("--"):
        option, value, *arguments = arguments
        if option == "--parent":
            end_with_parent(int(value))
            continue
        uid, gid = map(int, value.split(":"))
        try:
            (enter_namespace if option == "--namespace" else become)(uid, gid)
        except OSError as error:
            sys.stderr.write(f"{option.lstrip('-')} refused: {error}\n")
            sys.exit(REFUSED)
    os.execv(arguments[0], arguments)  # noqa: S606  the point of this program


if __name__ == "__main__":
    main(sys.argv[1:])
