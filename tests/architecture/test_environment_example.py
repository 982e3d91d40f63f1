"""``.env.example`` lists every setting there is, as the settings themselves say them."""

from deploy.setup.environment_example import example, variables
from tests.architecture.tree import ROOT


def test_the_example_is_what_the_settings_say() -> None:
    written = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert written == example(), "make docs writes it anew"


def test_the_contract_s_variables_are_among_them() -> None:
    promised = {"DATA_DIR", "HOST", "PORT", "ADMIN_EMAIL", "ADMIN_PASSWORD", "DATABASE__URL"}
    assert {f"ZHIDA_{name}" for name in promised} <= set(variables())
