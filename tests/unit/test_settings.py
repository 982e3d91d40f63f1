"""What cannot be set is refused by its name, so that a misspelt variable never does nothing in silence."""

import pytest

from zhida.settings import SettingsInvalidError, read_settings


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ZHIDA_PORT", "99999", "less than or equal to 65535"),
        ("ZHIDA_JOBS__STALL_TIMEOUT", "soon", "duration"),
        ("ZHIDA_DATABASE__URL", "mysql://user:hidden@host/name", "must begin with postgresql"),
        ("ZHIDA_INFERENCE__CHAT__BASEURL", "http://127.0.0.1:9/v1", "no such setting"),
        ("ZHIDA_HTTP__LIMIT", "1", "no such setting"),
        ("ZHIDA_ANSWERING__TOPK", "3", "no such setting"),
    ],
)
def test_a_variable_that_cannot_be_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalidError) as caught:
        read_settings()
    assert variable in caught.value.message
    assert said in caught.value.message
    assert "hidden" not in str(caught.value)
