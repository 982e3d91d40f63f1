"""The OpenAPI document tells the truth: generated requests never meet a 5xx, nor an answer that breaks its schema."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import RunningInstance

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_generated_requests_meet_no_server_error_and_no_break_of_the_schema(
    running_instance: RunningInstance, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")),
            "run",
            f"{running_instance.url}/openapi.json",
            f"--header=Authorization: Bearer {running_instance.api_key}",
            f"--checks={CHECKS}",
            "--phases=examples,coverage,fuzzing",
            "--max-examples=10",
            "--seed=1",
            "--suppress-health-check=all",
            "--continue-on-failure",
            "--request-timeout=60",
            "--warnings=off",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert "Operations:" in ran.stdout
