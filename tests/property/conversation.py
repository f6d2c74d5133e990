"""Asks the running service and the model the same, and compares what they say."""

import copy
import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

import httpx
import jsonpatch

from tests.property.register_model import EVENTS, Asked, Due, Json, Register, listed, plain
from tests.property.strategies import SORTS

ACTOR: Final = "tester"
PATHS: Final = {"report": "/reports", "revise": "/revisions", "retract": "/retraction"}


class Conversation:
    """One client of a register in which, since `start`, nobody else writes."""

    def __init__(self, client: httpx.Client) -> None:
        self.client: Final = client
        self.model: Final = Register(start=self._head())
        self.name: Final = f"run-{uuid4().hex[:12]}"
        self._first_answers: Final[dict[int, bytes]] = {}

    def write(self, asked: Asked, if_match: str | None = None) -> None:
        """Give one command in a request of its own."""
        due = self.model.due(asked)
        if not asked.is_new and if_match is None:
            due = Due(428, "revision-required")
        answer = self._post(asked, if_match)
        assert answer.status_code == due.status, (asked, due, answer.text)
        self._recorded([asked], [due])
        self._answered(answer, due)

    def rehearse(self, asked: Asked, if_match: str | None) -> None:
        """Give one command that is not to be carried out."""
        due = self.model.due(asked)
        answer = self._post(asked, if_match, dry_run="true")
        self._recorded([], [])
        if due.facts is not None:
            assert answer.status_code == 200, answer.text
            assert answer.json()["facts"] == due.facts
        elif due.problem != "external-id-taken":
            assert_problem(answer.status_code, answer.json(), due)

    def write_all(self, lines: Sequence[Asked], *, atomic: bool) -> None:
        """Give many commands in one batch."""
        content = "".join(json.dumps(_line(asked)) + "\n" for asked in lines)
        headers = {"Content-Type": "application/x-ndjson"}
        answer = self.client.post(
            "/v1/batches", content=content, params={"atomic": str(atomic).lower()}, headers=headers
        )
        after = copy.deepcopy(self.model)
        due = []
        for asked in lines:
            due.append(after.due(asked))
            if due[-1].facts is not None:
                after.assume(asked, due[-1])
        failed = [number for number, each in enumerate(due, 1) if each.status != 201]
        if atomic and failed:
            self._recorded([], [])
            assert_problem(answer.status_code, answer.json(), Due(422, "batch-not-recorded"))
            assert answer.json()["line"] in failed
            return
        assert answer.status_code == 200, answer.text
        results = [json.loads(line) for line in answer.text.splitlines()]
        assert [result["line"] for result in results] == list(range(1, len(lines) + 1))
        for asked, result, each in zip(lines, results, due, strict=True):
            assert result["status"] == each.status, (asked, each, result)
        self._recorded(lines, due)
        for result, each in zip(results, due, strict=True):
            self._resulted(result, each)

    def _post(self, asked: Asked, if_match: str | None, **params: str) -> httpx.Response:
        path = "/v1/incidents" if asked.is_new else f"/v1/incidents/{asked.incident}{PATHS[asked.command]}"
        headers = {"Idempotency-Key": asked.key, "If-Match": if_match}
        given = {name: value for name, value in headers.items() if value is not None}
        return self.client.post(path, json=asked.body, params=params, headers=given)

    def _recorded(self, asked: Sequence[Asked], due: Sequence[Due]) -> None:
        """Look that the log has grown by what is due and by nothing else, and take that into the model."""
        events = self.client.get("/v1/log", params={"after": self.model.head}).raise_for_status().json()["items"]
        wanted = [(one, each) for one, each in zip(asked, due, strict=True) if each.facts is not None]
        assert len(events) == len(wanted), (events, wanted)
        for event, (command, each) in zip(events, wanted, strict=True):
            assert (event["type"], event["actor"]) == (EVENTS[command.command], ACTOR)
            assert event["incident"] == command.incident or command.incident is None
            assert (event["incident"] in self.model.states) == (not command.is_new)
            assert event["data"].keys() == command.body.keys()
            assert event["data"].get("reason") == command.body.get("reason")
            assert self.model.take(event)["facts"] == each.facts
            self.model.remember(command)

    def _answered(self, answer: httpx.Response, due: Due) -> None:
        if due.status != 201:
            assert_problem(answer.status_code, answer.json(), due)
            return
        position = self.model.head if due.position is None else due.position
        state = self.state_at(position)
        assert plain(answer.json()) == state
        assert answer.content == self._first_answers.setdefault(position, answer.content)
        assert answer.headers["ETag"] == f'"{state["revision"]}"'
        assert answer.headers["Location"] == f"/v1/incidents/{state['id']}"
        assert answer.headers.get("Idempotent-Replayed") == (None if due.position is None else "true")

    def _resulted(self, result: Json, due: Due) -> None:
        if due.status != 201:
            assert_problem(result["problem"]["status"], result["problem"], due)
            return
        state = self.state_at(result["position"])
        assert (result["incident"], result["revision"]) == (state["id"], state["revision"])
        assert result["event_id"] == self.event_at(result["position"])["event_id"]
        assert result["replayed"] == (due.position is not None)
        assert due.position in (None, result["position"])

    def event_at(self, position: int) -> Json:
        return self.model.log[position - self.model.start - 1]

    def state_at(self, position: int) -> Json:
        event = self.event_at(position)
        return self.model.states[event["incident"]][event["revision"] - 1]

    def read(self, incident: str, state: Json | None, **params: str) -> None:
        """Read one incident, as it is or once was; `state` is what it is to be."""
        path = f"/v1/incidents/{incident}"
        answer = self.client.get(path, params=params)
        if state is None:
            assert_problem(answer.status_code, answer.json(), Due(404, "not-found"))
            return
        if state["status"] == "retracted":
            assert_problem(answer.status_code, answer.json(), Due(410, "retracted"))
            assert plain(answer.json()["tombstone"]) == state
            answer = self.client.get(path, params={**params, "retracted": "include"})
        assert answer.status_code == 200, answer.text
        assert plain(answer.json()) == state
        assert answer.content == self._first_answers.setdefault(state["position"], answer.content)
        again = {"If-None-Match": answer.headers["ETag"]}
        unchanged = self.client.get(path, params={**params, "retracted": "include"}, headers=again)
        assert (unchanged.status_code, unchanged.content) == (304, b"")

    def read_history(self, incident: str, limit: int) -> None:
        """Read an incident's revisions, page by page, and follow their patches."""
        items = self._pages(f"/v1/incidents/{incident}/revisions", {"limit": str(limit)}, limit)
        events = [event for event in self.model.log if event["incident"] == incident]
        document: Json = {}
        for item, event, state in zip(items, events, self.model.states[incident], strict=True):
            same = ("revision", "type", "event_id", "position", "recorded_at", "actor")
            assert {name: item[name] for name in same} == {name: event[name] for name in same}
            assert item.get("reason") == event["data"].get("reason")
            document = jsonpatch.apply_patch(document, item["changes"])
            assert document == {name: state[name] for name in ("status", "facts", "retraction") if name in state}

    def read_list(self, filters: dict[str, str], limit: int) -> None:
        """Read a list, page by page."""
        if self.model.log:
            filters = {**filters, "recorded_from": self.model.log[0]["recorded_at"]}
            items = self._pages("/v1/incidents", {**filters, "limit": str(limit)}, limit)
            assert [plain(item) for item in items] == listed(self.model.now(), filters)

    def read_log(self, after: int, filters: dict[str, str], limit: int | None) -> None:
        """Read the log from a position of this conversation on, as a page and as a stream."""
        params = {"after": str(self.model.start + after), **filters} | ({} if limit is None else {"limit": str(limit)})
        events = [event for event in self.model.log[after:] if all(event[name] == filters[name] for name in filters)]
        page = self.client.get("/v1/log", params=params).raise_for_status()
        stream = self.client.get("/v1/log", params=params, headers={"Accept": "application/x-ndjson"})
        assert page.json()["items"] == events[:limit]
        assert [json.loads(line) for line in stream.raise_for_status().text.splitlines()] == events[:limit]
        assert int(page.headers["Log-Position"]) == self.model.head

    def read_everything(self) -> None:
        """Look that the log adds up to the documents, and both are the model's."""
        assert self._head() == self.model.head
        params = {"after": self.model.start}
        log = self.client.get("/v1/log", params=params, headers={"Accept": "application/x-ndjson"}).raise_for_status()
        added_up = Register.of(map(json.loads, log.text.splitlines()), self.model.start)
        assert (added_up.log, added_up.states) == (self.model.log, self.model.states)
        for sort in SORTS:
            self.read_list({"status": "any", "message_status": "any", "sort": sort}, 2)

    def _pages(self, path: str, params: dict[str, str], limit: int) -> list[Json]:
        items: list[Json] = []
        while True:
            page = self.client.get(path, params=params).raise_for_status()
            found = page.json()["items"]
            items += found
            assert len(found) <= limit
            if page.json()["next_cursor"] is None:
                return items
            assert len(found) == limit
            params = {**params, "cursor": page.json()["next_cursor"]}

    def _head(self) -> int:
        return int(self.client.get("/v1/head").raise_for_status().json()["position"])


def assert_problem(status: int, problem: Json, due: Due) -> None:
    assert (status, problem["type"]) == (due.status, f"/problems/{due.problem}"), problem


def _line(asked: Asked) -> Json:
    named: dict[str, Any] = {
        "incident": asked.incident, "external_id": asked.external_id, "idempotency_key": asked.key,
        "expected_revision": next(iter(asked.expected or ()), None),
    }  # fmt: skip
    given = {name: value for name, value in named.items() if value is not None}
    return {"command": asked.command, **asked.body, **given}
