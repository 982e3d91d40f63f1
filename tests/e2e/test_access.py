"""Who may do what, through the real door: strangers, scoped keys, readers, editors, browsers from elsewhere."""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.running import RunningInstance, wait_until

PAGE = {"X-Zhida-Page": "1"}
SECRET = "The vault of Alderney opens with the word marzipan."


@dataclass(frozen=True)
class Hidden:
    """What a caller without rights must not notice."""

    base: str
    name: str
    document: str
    batch: str

    def requests(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every way to reach it: method, path, arguments."""
        for base in (self.base, self.name):
            at = f"/api/v1/knowledge-bases/{base}"
            yield "GET", at, {}
            yield "DELETE", at, {}
            yield "GET", f"{at}/documents", {}
            yield "POST", f"{at}/documents", {"files": [("files", ("x.md", b"# x"))]}
            yield "POST", "/api/v1/search", {"json": {"query": "vault of Alderney", "knowledge_base": base}}
            question = {"question": "Which word opens the vault of Alderney?"}
            yield "POST", "/api/v1/ask", {"json": question | {"knowledge_base": base}}
            yield "POST", "/api/v1/ask", {"json": question | {"assistant": base, "stream": True}}
            yield "POST", "/api/v1/keys", {"json": {"name": "more", "knowledge_bases": [base]}}
        document = f"/api/v1/documents/{self.document}"
        for path in (document, f"{document}/content", f"{document}/elements"):
            yield "GET", path, {}
        yield "DELETE", document, {}
        yield "POST", f"{document}/retry", {}
        yield "PUT", document, {"files": {"file": ("x.md", b"# x")}}
        yield "GET", f"/api/v1/batches/{self.batch}", {}
        yield "GET", f"/api/v1/batches/{self.batch}/events", {}


@pytest.fixture(scope="module")
def hidden(running_instance: RunningInstance) -> Hidden:
    """A knowledge base with one document."""
    with running_instance.client() as admin:
        name = f"hidden {secrets.token_hex(4)}"
        base = admin.post("/api/v1/knowledge-bases", json={"name": name}).json()["id"]
        upload = running_instance.upload(admin, base, {"vault.md": f"# Vault\n\n{SECRET}\n".encode()})
        running_instance.await_batch(admin, upload["batch_id"])
        return Hidden(base, name, upload["documents"][0]["id"], upload["batch_id"])


def nowhere() -> Hidden:
    """The same without anything behind it."""
    return Hidden(*(f"01a1fe00-0000-7000-8000-{secrets.token_hex(6)}" for _ in range(4)))


def key(admin: httpx.Client, **wishes: object) -> dict[str, Any]:
    reply = admin.post("/api/v1/keys", json={"name": "test", **wishes})
    assert reply.status_code == 201, reply.text
    return reply.json()


def outcome(reply: httpx.Response, base: Hidden) -> tuple[int, str]:
    """What a caller can tell two replies apart by, once the names that they asked for are taken out."""
    text = reply.text
    body = json.loads(text) if reply.headers["content-type"] == "application/problem+json" else {"detail": text}
    shown = f"{body.get('code')} {body['detail']} {body.get('advice')} {body.get('facts')}"
    for name in (base.base, base.name, base.document, base.batch):
        shown = shown.replace(name, "…")
    return reply.status_code, shown


def ways(instance: RunningInstance) -> Iterator[tuple[str, str]]:
    """Every operation of the API, with names in its path that nobody has."""
    with instance.client() as admin:
        paths = admin.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method in operations:
            filled = path.replace("{knowledge_base}", "sample").replace("{job_id}", "1")
            for name in ("document_id", "batch_id", "key_id", "user_id"):
                filled = filled.replace(f"{{{name}}}", "01a1fe00-0000-7000-8000-000000000000")
            assert "{" not in filled, path
            yield method.upper(), filled


OPEN = {("GET", "/health"), ("GET", "/ready"), ("POST", "/api/v1/sessions")}


def test_everything_but_health_readiness_and_log_in_wants_a_key(running_instance: RunningInstance) -> None:
    closed = set(ways(running_instance)) - OPEN
    assert len(closed) >= 25
    with running_instance.client() as admin:
        expired = {"expires_at": (datetime.now(UTC) + timedelta(seconds=1)).isoformat()}
        revoked, expiring = key(admin), key(admin, **expired)
        assert admin.delete(f"/api/v1/keys/{revoked['id']}").status_code == 204
    with running_instance.client(expiring["key"]) as ending:
        wait_until(lambda: ending.get("/api/v1/me").status_code == 401, seconds=20, what="the key expires")
    garbage = [None, "", "x", "zk_" + "a" * 43, "zs_" + "a" * 43, "zk_é", revoked["key"], expiring["key"]]
    with httpx.Client(base_url=running_instance.url, trust_env=False) as stranger:
        for secret in garbage:
            authorization = [] if secret is None else [(b"Authorization", f"Bearer {secret}".encode().strip())]
            for method, path in closed if secret in (None, revoked["key"]) else [("GET", "/api/v1/me")]:
                reply = stranger.request(method, path, headers=authorization, content=b"{not even JSON")
                assert reply.status_code == 401, (secret, method, path, reply.text)
                assert reply.headers["www-authenticate"].startswith("Bearer")
                assert reply.json()["code"] == "access.unauthenticated"


def test_an_upload_of_a_stranger_or_a_reader_is_refused_before_it_is_read(running_instance: RunningInstance) -> None:
    with running_instance.client() as admin:
        reader = key(admin)["key"]
    for secret, status in (("zk_" + "a" * 43, 401), (reader, 403)):
        with running_instance.client(secret) as caller:
            head = {"Content-Type": "multipart/form-data; boundary=x", "Expect": "100-continue"}
            with caller.stream(
                "POST", "/api/v1/knowledge-bases/sample/documents", headers=head, content=_endless()
            ) as reply:
                assert reply.status_code == status


def _endless() -> Iterator[bytes]:
    """A body that would fill a disk, if it were read."""
    yield b"--x\r\n"
    for _ in range(64):
        yield b"x" * 65536


@pytest.mark.parametrize("role", ["reader", "editor", "admin"])
def test_a_scoped_key_cannot_tell_another_knowledge_base_from_none(
    running_instance: RunningInstance, base: str, hidden: Hidden, role: str
) -> None:
    nothing = nowhere()
    with running_instance.client() as admin:
        scoped = key(admin, role=role, knowledge_bases=[base])["key"]
    with running_instance.client(scoped) as caller:
        for (method, path, arguments), (_, elsewhere, others) in zip(
            hidden.requests(), nothing.requests(), strict=True
        ):
            seen = caller.request(method, path, **arguments)
            assert outcome(seen, hidden) == outcome(caller.request(method, elsewhere, **others), nothing), path
            assert seen.status_code in (403, 404), (method, path, seen.text)
            assert SECRET not in seen.text
        listed = caller.get("/api/v1/knowledge-bases").json()["items"]
        assert [item["id"] for item in listed] == [base]
        for path in ("jobs", "jobs/1", "users", "indexes"):
            assert caller.get(f"/api/v1/{path}").status_code == 403
        assert caller.get("/metrics").status_code == 403
        assert caller.post("/api/v1/knowledge-bases", json={"name": "mine"}).status_code == 403
        assert caller.post("/api/v1/keys", json={"name": "wider"}).status_code == 403
        assert caller.post("/api/v1/one-time-links").status_code == 403
    with running_instance.client() as admin:
        assert admin.get(f"/api/v1/documents/{hidden.document}").status_code == 200


def test_a_reader_reads_what_everyone_may_and_changes_nothing(running_instance: RunningInstance) -> None:
    with running_instance.client() as admin:
        reader = key(admin, role="reader")["key"]
        document = admin.get("/api/v1/knowledge-bases/sample/documents").json()["items"][0]["id"]
    with running_instance.client(reader) as caller:
        assert caller.get("/api/v1/knowledge-bases/sample").status_code == 200
        assert caller.get(f"/api/v1/documents/{document}/content").status_code == 200
        changes: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "/api/v1/knowledge-bases", {"json": {"name": "mine"}}),
            ("DELETE", "/api/v1/knowledge-bases/sample", {}),
            ("POST", "/api/v1/knowledge-bases/sample/documents", {"files": [("files", ("x.md", b"x"))]}),
            ("PUT", f"/api/v1/documents/{document}", {"files": {"file": ("x.md", b"x")}}),
            ("DELETE", f"/api/v1/documents/{document}", {}),
            ("POST", f"/api/v1/documents/{document}/retry", {}),
            ("POST", "/api/v1/keys", {"json": {"name": "k"}}),
            ("POST", "/api/v1/users", {"json": {"email": "a@b", "password": "long enough to pass"}}),
            ("POST", "/api/v1/jobs/1/requeue", {}),
            ("POST", "/api/v1/indexes/sample/rebuild", {}),
            ("POST", "/api/v1/one-time-links", {}),
        ]
        for method, path, arguments in changes:
            assert caller.request(method, path, **arguments).status_code == 403, (method, path)


def test_an_editor_changes_only_what_is_the_editor_s_own(running_instance: RunningInstance, hidden: Hidden) -> None:
    account = {"email": f"{secrets.token_hex(4)}@example.test", "password": secrets.token_urlsafe(12)}
    with running_instance.client() as admin:
        assert admin.post("/api/v1/users", json=account | {"role": "editor"}).status_code == 201
        other = key(admin)["id"]
    with httpx.Client(base_url=running_instance.url, headers=PAGE, trust_env=False) as caller:
        assert caller.post("/api/v1/sessions", json=account).json()["role"] == "editor"
        mine = caller.post("/api/v1/knowledge-bases", json={"name": f"mine {secrets.token_hex(4)}"}).json()["id"]
        assert {base["name"] for base in caller.get("/api/v1/knowledge-bases").json()["items"]} >= {"sample"}
        for method, path, arguments in hidden.requests():
            assert caller.request(method, path, **arguments).status_code == 404, (method, path)
        assert caller.delete("/api/v1/knowledge-bases/sample").status_code == 403
        sample = caller.get("/api/v1/knowledge-bases/sample/documents").json()["items"][0]["id"]
        assert caller.delete(f"/api/v1/documents/{sample}").status_code == 403
        assert caller.delete(f"/api/v1/keys/{other}").status_code == 404
        assert caller.get("/api/v1/keys").json()["items"] == []
        for path in ("/api/v1/users", "/api/v1/jobs", "/api/v1/indexes", "/metrics"):
            assert caller.get(path).status_code == 403
        assert caller.post("/api/v1/keys", json={"name": "k", "role": "admin"}).status_code == 403
        assert caller.delete(f"/api/v1/knowledge-bases/{mine}").status_code == 204


@pytest.fixture
def browser(running_instance: RunningInstance) -> Iterator[httpx.Client]:
    """A browser that was signed in by a one-time link."""
    with httpx.Client(base_url=running_instance.url, trust_env=False) as opened:
        landed = opened.get(running_instance.one_time_link())
        assert (landed.status_code, landed.headers["location"]) == (303, "/")
        yield opened


def test_the_cookie_is_for_our_page_alone(running_instance: RunningInstance) -> None:
    landed = httpx.get(running_instance.one_time_link(), trust_env=False)
    attributes = {part.strip().lower() for part in landed.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert landed.headers["referrer-policy"] == "no-referrer"
    assert landed.headers["cache-control"] == "no-store"


def test_another_site_cannot_act_with_the_cookie(browser: httpx.Client) -> None:
    assert browser.get("/api/v1/me").status_code == 200
    elsewhere = {"Origin": "https://evil.example"}
    refused = browser.post("/api/v1/knowledge-bases", json={"name": "cross"}, headers=elsewhere)
    assert (refused.status_code, refused.json()["code"]) == (403, "access.cross_site")
    forms: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/v1/knowledge-bases/sample/documents", {"files": [("files", ("x.md", b"x"))]}),
        ("DELETE", "/api/v1/sessions/current", {}),
        ("POST", "/api/v1/one-time-links", {}),
    ]
    for method, path, arguments in forms:
        assert browser.request(method, path, **arguments).json()["code"] == "access.cross_site"
    preflight = browser.options("/api/v1/knowledge-bases", headers=elsewhere)
    assert not [name for name in preflight.headers if name.startswith("access-control-")]


def test_log_out_ends_the_log_in_at_once(browser: httpx.Client, running_instance: RunningInstance) -> None:
    cookie = dict(browser.cookies)
    assert browser.delete("/api/v1/sessions/current", headers=PAGE).status_code == 204
    assert not browser.cookies
    stolen = httpx.get(f"{running_instance.url}/api/v1/me", cookies=cookie, trust_env=False)
    assert stolen.status_code == 401


def test_a_one_time_link_works_once_whoever_comes_at_the_same_time(running_instance: RunningInstance) -> None:
    link = running_instance.one_time_link()
    with ThreadPoolExecutor(8) as pool:
        landings = list(pool.map(lambda _: httpx.get(link, trust_env=False), range(8)))
    assert sorted(landed.headers["location"] for landed in landings) == ["/", *["/?link=spent"] * 7]
    assert sum("set-cookie" in landed.headers for landed in landings) == 1


def test_log_in_counts_failures_for_known_and_unknown_addresses_alike(running_instance: RunningInstance) -> None:
    with running_instance.client() as admin, httpx.Client(base_url=running_instance.url, trust_env=False) as stranger:
        email, password = f"{secrets.token_hex(4)}@example.test", secrets.token_urlsafe(12)
        account = {"email": email, "password": password}
        assert admin.post("/api/v1/users", json=account).status_code == 201

        def log_in(**account: str) -> httpx.Response:
            return stranger.post("/api/v1/sessions", json=account)

        assert log_in(email=email.upper(), password=password).status_code == 200
        stranger.cookies.clear()
        unknown = f"{secrets.token_hex(4)}@example.test"
        seen = {name: [log_in(email=name, password="not the password") for _ in range(6)] for name in (email, unknown)}
        known_details = [(reply.status_code, reply.json()["detail"]) for reply in seen[email]]
        assert known_details == [(reply.status_code, reply.json()["detail"]) for reply in seen[unknown]]
        assert [status for status, _ in known_details] == [401] * 5 + [429]
        assert 0 < int(seen[email][-1].headers["retry-after"]) <= 900
        locked = log_in(email=email, password=password)
        assert (locked.status_code, locked.json()["code"]) == (429, "access.locked_out")


def test_only_callers_with_a_key_see_which_dependency_is_down(running_instance: RunningInstance) -> None:
    stranger = httpx.get(f"{running_instance.url}/ready", trust_env=False)
    assert stranger.json() == {"status": "ready"}
    wrong = httpx.get(f"{running_instance.url}/ready", headers={"Authorization": "Bearer zk_x"}, trust_env=False)
    assert wrong.json() == {"status": "ready"}
    with running_instance.client() as admin:
        assert set(admin.get("/ready").json()["dependencies"]) == {"database", "embedding"}


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/api/v1/me", "/api/v1/nothing", "/openapi.json"])
def test_every_response_carries_the_security_headers_and_no_server_s_name(
    running_instance: RunningInstance, path: str
) -> None:
    headers = httpx.get(running_instance.url + path, trust_env=False).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert headers["x-request-id"]
    assert "server" not in headers
    assert "x-powered-by" not in headers
