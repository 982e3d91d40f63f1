"""Is the running instance well? The checks of ``zhida doctor`` that ask it."""

from typing import Any

import httpx

from zhida.cli.checks import Check, Health

_SECONDS = 10.0


def check_instance(address: str, key: str, *, is_local: bool) -> list[Check]:
    """The instance, each of its dependencies, and the jobs that nobody will run again."""
    try:
        with httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=_SECONDS, trust_env=not is_local
        ) as client:
            ready: dict[str, Any] = dict(client.get("/ready").json())
            dead = client.get("/api/v1/jobs", params={"state": "dead", "limit": 200})
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError) as error:
        detail = f"{address}: {error or type(error).__name__}"
        return [Check("instance", Health.FAILED, detail, "“zhida logs” may say why.")]
    if "status" not in ready:
        return [Check("instance", Health.FAILED, f"What answers at {address} is not Zhida.", "Check the address.")]
    checks = [Check("instance", Health.OK, f"answers at {address}")]
    dependencies: dict[str, str] = ready.get("dependencies") or {}
    if not dependencies:
        checks.append(Check("key", Health.FAILED, "It does not work.", "Check ZHIDA_KEY."))
    for name, state in dependencies.items():
        health = Health.OK if state == "ok" else Health.FAILED
        checks.append(Check(f"instance: {name}", health, "answers" if state == "ok" else state))
    if dead.is_success and dead.json()["items"]:
        count = len(dead.json()["items"])
        advice = "See “zhida job list --state dead”; “zhida job requeue ID” tries again."
        checks.append(Check("jobs", Health.WARNING, f"{count} dead", advice))
    return checks
