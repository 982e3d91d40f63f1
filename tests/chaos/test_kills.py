"""Whatever dies, whenever: every accepted document ends indexed exactly once or failed with a reason."""

import json
import sys
from pathlib import Path

import pytest

from tests.chaos.kills import run_kills
from tests.running import started_instance

SHORT_LEASES = {
    "ZHIDA_JOBS__HEARTBEAT_INTERVAL": "PT0.5S",
    "ZHIDA_JOBS__STALL_TIMEOUT": "PT2S",
    "ZHIDA_JOBS__RECOVERY_INTERVAL": "PT0.5S",
    "ZHIDA_JOBS__POLLING_INTERVAL": "PT0.5S",
    "ZHIDA_JOBS__RETRY_DELAY_FIRST": "PT0.3S",
    "ZHIDA_JOBS__RETRY_DELAY_MAX": "PT3S",
}
FEW_KILLS = 20
"""Up to so many, leases are short, so that a test need not wait; more run at real times."""


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_nothing_is_lost_doubled_or_half_visible_when_processes_are_killed(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    kills, seed = request.config.option.kills, request.config.option.seed
    variables = SHORT_LEASES if kills <= FEW_KILLS else {}
    with started_instance(tmp_path, ZHIDA_SAMPLE="false", **variables) as running:
        findings = run_kills(running, kills=kills, seed=seed)
        logs = running.logs()
    sys.stdout.write(json.dumps(findings.summary(), indent=1) + "\n")
    assert findings.searches > 0
    assert (findings.lost, findings.doubled, findings.half_visible) == ([], [], []), logs[-20_000:]
    assert findings.ready == findings.accepted
