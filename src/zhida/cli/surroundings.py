"""Where is the instance, as the operator set it? Reads the few variables that attaching needs, and no other setting.

The settings' root would import every room; these few are read as it reads them: the environment first, then ``.env``,
in capital letters or small ones. A test holds both to the same answer.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

DATA_DIR_DEFAULT = Path(".zhida")


@dataclass(frozen=True, slots=True)
class InstancePlaces:
    """What a command needs to know of a data directory; bootstrap's ``Places`` knows the rest."""

    root: Path

    @property
    def run(self) -> Path:
        """What describes the running instance."""
        return self.root / "run"

    @property
    def instance_file(self) -> Path:
        """Process and address of the running instance."""
        return self.run / "instance.json"

    @property
    def local_key_file(self) -> Path:
        """The key of commands on this machine."""
        return self.run / "local.key"

    @property
    def running_lock(self) -> Path:
        """Locked for as long as an instance runs."""
        return self.run / "running.lock"

    @property
    def in_use_lock(self) -> Path:
        """Shared by the commands that use the instance; one that was started for them ends when nobody holds it."""
        return self.run / "in-use.lock"

    @property
    def logs(self) -> Path:
        """Log files of the processes."""
        return self.root / "logs"


def read_variables(names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every variable of the environment and of ``.env``, names in capitals; the environment wins."""
    in_file = {name.upper(): value for name, value in dotenv_values(".env").items() if value is not None}
    environment = os.environ if names is None else names
    return in_file | {name.upper(): value for name, value in environment.items()}


def instance_places(variables: Mapping[str, str]) -> InstancePlaces:
    """The data directory that the variables name."""
    stated = variables.get("ZHIDA_DATA_DIR")
    return InstancePlaces((DATA_DIR_DEFAULT if stated is None else Path(stated)).expanduser().absolute())
