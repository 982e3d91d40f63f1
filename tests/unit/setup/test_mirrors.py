"""What people set for pip holds for uv and Node as well."""

from pathlib import Path

from deploy.setup.mirrors import PipSettings, node_variables, pip_configuration_files, pip_settings, uv_variables


def written(folder: Path, text: str) -> list[Path]:
    """A pip.conf with that text."""
    path = folder / "pip.conf"
    path.write_text(text, encoding="utf-8")
    return [path]


def test_a_mirror_set_for_pip_is_uv_s_default_index(tmp_path: Path) -> None:
    files = written(tmp_path, "[global]\nindex-url = https://mirror.example/simple\n")
    assert uv_variables(pip_settings({}, files), {})["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"


def test_the_environment_is_stronger_than_a_file(tmp_path: Path) -> None:
    files = written(tmp_path, "[global]\nindex-url = https://file.example/simple\n")
    assert (
        pip_settings({"PIP_INDEX_URL": "https://env.example/simple"}, files).index_url == "https://env.example/simple"
    )


def test_the_section_install_is_stronger_than_global(tmp_path: Path) -> None:
    files = written(tmp_path, "[install]\nindex_url = https://b.example/\n[global]\nindex_url = https://a.example/\n")
    assert pip_settings({}, files).index_url == "https://b.example/"


def test_a_percent_sign_in_a_password_is_no_interpolation(tmp_path: Path) -> None:
    files = written(tmp_path, "[global]\nindex-url = https://me:a%40b@mirror.example/simple\n")
    assert pip_settings({}, files).index_url == "https://me:a%40b@mirror.example/simple"


def test_a_folder_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    there = tmp_path / "simple"
    there.mkdir()
    environment = {
        "PIP_EXTRA_INDEX_URL": f"file:///nowhere/simple file://{there} https://extra.example/simple",
        "PIP_FIND_LINKS": f"/nowhere {there}",
    }
    settings = pip_settings(environment, [])
    assert settings.extra_index_urls == (f"file://{there}", "https://extra.example/simple")
    assert settings.find_links == (str(there),)


def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    assert pip_settings({}, written(tmp_path, "index-url without a section")) == PipSettings()


def test_a_certificate_goes_to_uv_and_to_node(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.crt"
    certificate.touch()
    settings = pip_settings({"PIP_CERT": str(certificate)}, [])
    assert uv_variables(settings, {})["SSL_CERT_FILE"] == str(certificate)
    assert node_variables(settings, {})["NODE_EXTRA_CA_CERTS"] == str(certificate)


def test_without_a_certificate_the_system_s_store_is_meant() -> None:
    assert uv_variables(PipSettings(), {})["UV_SYSTEM_CERTS"] == "1"
    assert node_variables(PipSettings(), {})["NODE_USE_SYSTEM_CA"] == "1"


def test_what_a_person_has_set_for_uv_stays() -> None:
    settings = PipSettings(index_url="https://pip.example/simple")
    assert "UV_DEFAULT_INDEX" not in uv_variables(settings, {"UV_DEFAULT_INDEX": "https://uv.example/simple"})
    assert "UV_DEFAULT_INDEX" not in uv_variables(settings, {"UV_INDEX_URL": "https://uv.example/simple"})


def test_a_proxy_set_for_pip_is_used_unless_one_is_set_already() -> None:
    settings = PipSettings(proxy="http://proxy.example:3128")
    assert uv_variables(settings, {})["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "HTTPS_PROXY" not in uv_variables(settings, {"https_proxy": "http://other.example:1"})


def test_pip_can_be_told_to_read_no_file(tmp_path: Path) -> None:
    assert pip_configuration_files({"PIP_CONFIG_FILE": "/dev/null"}, tmp_path) == []


def test_a_person_s_own_file_is_read_after_the_machine_s(tmp_path: Path) -> None:
    files = pip_configuration_files({}, tmp_path)
    assert files.index(Path("/etc/pip.conf")) < files.index(tmp_path / ".config" / "pip" / "pip.conf")
