"""Where do packages come from on this machine? Reads pip's settings and says them in uv's words.

uv ignores pip's configuration, but people behind a proxy or a mirror have written theirs for pip.
"""

import configparser
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SECTIONS = ("global", "install")
_LISTS = {"extra-index-url", "find-links", "trusted-host"}


@dataclass(frozen=True, slots=True)
class PipSettings:
    """The part of pip's settings that decides where packages come from. Empty: not set."""

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificates: str = ""
    client_certificate: str = ""
    proxy: str = ""
    timeout_s: str = ""
    no_index: bool = False


@dataclass(slots=True)
class _Found:
    values: dict[str, str] = field(default_factory=dict[str, str])

    def read_file(self, path: Path) -> None:
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            print(f"Set-up passes over {path}, which pip could not read either: {error}", file=sys.stderr)
            return
        for section in _SECTIONS:
            if parser.has_section(section):
                self.values.update({name.replace("_", "-"): value for name, value in parser.items(section)})

    def read_environment(self, environment: Mapping[str, str]) -> None:
        for name, value in environment.items():
            if name.startswith("PIP_") and value:
                self.values[name.removeprefix("PIP_").lower().replace("_", "-")] = value


def pip_settings(environment: Mapping[str, str], files: Iterable[Path]) -> PipSettings:
    """What pip is set to: ``files`` from the weakest to the strongest, then PIP_* variables, as pip reads them."""
    found = _Found()
    for path in files:
        found.read_file(path)
    found.read_environment(environment)
    one = {name: value.strip() for name, value in found.values.items() if name not in _LISTS}
    many = {name: tuple(found.values.get(name, "").split()) for name in _LISTS}
    return PipSettings(
        index_url=one.get("index-url", ""),
        extra_index_urls=tuple(url for url in many["extra-index-url"] if _answers(url)),
        find_links=tuple(place for place in many["find-links"] if _answers(place)),
        trusted_hosts=many["trusted-host"],
        certificates=one.get("cert", ""),
        client_certificate=one.get("client-cert", ""),
        proxy=one.get("proxy", ""),
        timeout_s=one.get("timeout", one.get("default-timeout", "")),
        no_index=one.get("no-index", "").lower() in {"1", "true", "yes", "on"},
    )


def pip_configuration_files(environment: Mapping[str, str], home: Path) -> list[Path]:
    """The files that pip reads, weakest first (pip's documentation, "Configuration files")."""
    only = environment.get("PIP_CONFIG_FILE", "")
    if only == os.devnull:
        return []
    places = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf")]
    if sys.platform == "darwin":
        places += [
            Path("/Library/Application Support/pip/pip.conf"),
            home / "Library" / "Application Support" / "pip" / "pip.conf",
        ]
    configuration = Path(environment.get("XDG_CONFIG_HOME", "") or home / ".config")
    places += [home / ".pip" / "pip.conf", configuration / "pip" / "pip.conf", Path(sys.prefix) / "pip.conf"]
    return [*places, Path(only)] if only else places


def uv_variables(settings: PipSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment of uv; a variable that the person has set stays as it is."""
    wanted = {
        "UV_DEFAULT_INDEX": "" if "UV_INDEX_URL" in environment else settings.index_url,
        "UV_INDEX": "" if "UV_EXTRA_INDEX_URL" in environment else " ".join(settings.extra_index_urls),
        "UV_FIND_LINKS": ",".join(settings.find_links),
        "UV_INSECURE_HOST": " ".join(settings.trusted_hosts),
        "UV_HTTP_TIMEOUT": settings.timeout_s,
        "UV_NO_INDEX": "1" if settings.no_index else "",
        "SSL_CLIENT_CERT": settings.client_certificate,
        "HTTP_PROXY": "" if "http_proxy" in environment else settings.proxy,
        "HTTPS_PROXY": "" if "https_proxy" in environment else settings.proxy,
        # pip looks into all indexes for the best match; every file is pinned by its hash, so no index can slip one in.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_PYTHON_DOWNLOADS": "never",
        **_certificate_variables(settings),
    }
    return {name: value for name, value in wanted.items() if value and name not in environment}


def node_variables(settings: PipSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """The same for Node and npm, which have their own settings for everything but the certificates."""
    wanted = {"NODE_USE_SYSTEM_CA": "1"}
    if settings.certificates and Path(settings.certificates).is_file():
        wanted["NODE_EXTRA_CA_CERTS"] = settings.certificates
    if Path("/etc/npmrc").is_file():
        wanted["NPM_CONFIG_GLOBALCONFIG"] = "/etc/npmrc"
    return {name: value for name, value in wanted.items() if name not in environment}


def _certificate_variables(settings: PipSettings) -> dict[str, str]:
    if not settings.certificates:
        return {"UV_SYSTEM_CERTS": "1"}
    return {"SSL_CERT_DIR" if Path(settings.certificates).is_dir() else "SSL_CERT_FILE": settings.certificates}


def _answers(place: str) -> bool:
    """False for a folder that is not there: pip passes over it, uv would stop."""
    parts = urlsplit(place)
    if parts.scheme in {"http", "https"} or "+" in parts.scheme:
        return True
    return Path(unquote(parts.path) if parts.scheme == "file" else place).exists()
