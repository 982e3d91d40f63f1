"""When may a model be called? Every adapter asks here first; bootstrap and the tests set the switch."""

import ipaddress
from urllib.parse import urlsplit

from zhida.database import unit_of_work_is_open


class CallRules:
    """The process-wide switch. On: only loopback addresses, so that no test ever spends money or leaks a text."""

    loopback_only = False


def forbid_real_calls() -> None:
    """From now on, until the process ends, only loopback addresses may be called."""
    CallRules.loopback_only = True


def require_no_open_unit() -> None:
    """Refuse to ask any model, a local one included, inside a transaction, which would be held while it works.

    Raises:
        RuntimeError: a mistake of ours, never of the user.
    """
    if unit_of_work_is_open():
        message = "A model is called while a unit of work is open: load, close it, ask, then open another to save."
        raise RuntimeError(message)


def require_call_permitted(url: str) -> None:
    """Refuse a call that breaks a rule of the house.

    Raises:
        RuntimeError: a mistake of ours, never of the user: a real model is called where that is forbidden, or a
            transaction is open (it would be held for as long as the model talks).
    """
    require_no_open_unit()
    if CallRules.loopback_only and not _is_loopback(urlsplit(url).hostname or ""):
        message = f"Real models may not be called here: {urlsplit(url).hostname} is not a loopback address."
        raise RuntimeError(message)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
