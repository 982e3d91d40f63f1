"""A client that lost the answer sends the write again under its key: it is answered, not done twice."""

import httpx


def test_a_repeated_creation_is_answered_as_the_first_time(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "create-once"}
    first = client.post("/api/v1/knowledge-bases", json={"name": "made once"}, headers=headers)
    again = client.post("/api/v1/knowledge-bases", json={"name": "made once"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


def test_a_key_that_was_used_for_another_request_is_refused(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "reused"}
    client.post("/api/v1/knowledge-bases", json={"name": "one request"}, headers=headers)
    other = client.post("/api/v1/knowledge-bases", json={"name": "another request"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "request.idempotency_key")


def test_a_failed_write_may_be_tried_again_under_its_key(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "fails first"}
    client.post("/api/v1/knowledge-bases", json={"name": "taken"})
    body = {"name": "taken"}
    assert client.post("/api/v1/knowledge-bases", json=body, headers=headers).status_code == 409
    assert client.post("/api/v1/knowledge-bases", json=body, headers=headers).json()["code"] == "knowledge.base_exists"


def test_the_secret_of_a_key_is_not_shown_a_second_time(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "secret once"}
    first = client.post("/api/v1/keys", json={"name": "k"}, headers=headers)
    again = client.post("/api/v1/keys", json={"name": "k"}, headers=headers)
    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "request.repeated")
