"""What must not be seen: keys, passwords and addresses of databases in logs, figures, errors and files."""

import secrets
import stat
from urllib.parse import urlsplit

import httpx

from tests.running import RunningInstance

PAGE = {"X-Zhida-Page": "1"}


def used_secrets(instance: RunningInstance) -> dict[str, str]:
    """Every kind of secret, each used rightly and wrongly."""
    password, wrong = secrets.token_urlsafe(16), f"zk_{secrets.token_urlsafe(32)}"
    email = f"{secrets.token_hex(4)}@example.test"
    with instance.client() as admin, httpx.Client(base_url=instance.url, trust_env=False) as browser:
        key = admin.post("/api/v1/keys", json={"name": "watched"}).json()["key"]
        admin.post("/api/v1/users", json={"email": email, "password": password})
        link = instance.one_time_link().rsplit("/", 1)[1]
        browser.get(f"/link/{link}")
        session = browser.cookies["zhida_session"]
        browser.post("/api/v1/knowledge-bases", json={"name": password, "wrong": key}, headers=PAGE)
        browser.post("/api/v1/sessions", json={"email": email, "password": password})
        browser.post("/api/v1/sessions", json={"email": email, "password": f"{password}!"})
        for secret in (key, wrong):
            with instance.client(secret) as caller:
                caller.get("/api/v1/me", params={"key": "x"})
        httpx.get(instance.url + "/api/v1/me", headers={"Cookie": f"zhida_session=zs_{wrong}"}, trust_env=False)
    return {"key": key, "wrong key": wrong, "password": password, "session": session, "link": link}


def test_no_secret_is_in_the_logs_the_figures_or_the_description(running_instance: RunningInstance) -> None:
    hidden = used_secrets(running_instance)
    hidden["administrator's key"] = running_instance.api_key
    hidden["administrator's password"] = "correct-horse-battery"
    database = urlsplit((running_instance.data_dir / "run" / "record.url").read_text())
    if database.password:
        hidden["database's password"] = database.password
    with running_instance.client() as admin:
        shown = {
            "logs": running_instance.logs(),
            "metrics": admin.get("/metrics").text,
            "description": admin.get("/openapi.json").text,
            "readiness": admin.get("/ready").text,
            "jobs": admin.get("/api/v1/jobs").text,
            "keys": admin.get("/api/v1/keys", params={"limit": 200}).text,
            "users": admin.get("/api/v1/users", params={"limit": 200}).text,
        }
    assert len(shown["logs"]) > 0
    for name, secret in hidden.items():
        assert [where for where, text in shown.items() if secret in text] == [], name


def test_a_problem_repeats_no_secret_that_it_was_sent(running_instance: RunningInstance) -> None:
    secret = secrets.token_urlsafe(16)
    with running_instance.client() as admin:
        replies = [
            admin.post("/api/v1/sessions", json={"email": "a@b", "password": secret, "more": 1}),
            admin.post("/api/v1/sessions", json={"email": 5, "password": secret}),
            admin.post("/api/v1/users", json={"email": "a@b", "password": secret * 60}),
            admin.get("/api/v1/me", headers={"Authorization": f"Basic {secret}"}),
        ]
    for reply in replies:
        assert 400 <= reply.status_code < 500
        assert secret not in reply.text


def test_files_are_their_owner_s_alone(running_instance: RunningInstance, client: httpx.Client, base: str) -> None:
    running_instance.upload(client, base, {"private.md": b"# Private\n\nWords.\n"})
    root = running_instance.data_dir
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    private = [path for path in (root / "originals", root / "run", root / "logs") for path in path.rglob("*")]
    assert len(private) > 5
    open_to_others = [path for path in private if not path.is_symlink() and path.stat().st_mode & 0o077]
    assert [path.name for path in open_to_others if path.stat().st_size > 0 and not path.is_socket()] == []
