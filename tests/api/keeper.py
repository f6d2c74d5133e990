"""A client that keeps incidents in step by /v1/changes, as docs/syncing.md tells an app to."""

from typing import Any, Final

import httpx

from tests.api.samples import Json


class Keeper:
    """What an app has on its device: documents by id, and the token of the last answer that it took in."""

    def __init__(self, **query: Any) -> None:
        self.query: Final = query
        self.documents: dict[str, Json] = {}
        self.since: str | None = None
        self.resets = 0

    def request(self) -> Json:
        """Return the parameters of the next request."""
        return self.query | ({} if self.since is None else {"since": self.since})

    def take(self, asked: Json, answer: httpx.Response) -> bool:
        """Take an answer in, in one step; return whether there is more. One to another token is thrown away."""
        if asked.get("since") != self.since:
            return True
        if answer.status_code == httpx.codes.NO_CONTENT:
            return False
        assert answer.status_code == httpx.codes.OK, answer.text
        page = answer.json()
        documents = {} if page["reset"] else dict(self.documents)
        for each in page["tombstones"]:
            documents.pop(each["id"], None)
        documents |= {each["id"]: each for each in page["items"]}
        self.resets += page["reset"]
        self.documents, self.since = documents, page["next_since"]
        return bool(page["more"])

    def ask(self, client: httpx.Client, **more: Any) -> httpx.Response:
        """Ask once, and take the answer in."""
        asked = self.request()
        answer = client.get("/v1/changes", params=asked | more)
        self.take(asked, answer)
        return answer

    def catch_up(self, client: httpx.Client) -> list[httpx.Response]:
        """Ask until there is no more, and return the answers."""
        answers = []
        for _ in range(1000):
            asked = self.request()
            answers.append(client.get("/v1/changes", params=asked))
            if not self.take(asked, answers[-1]):
                return answers
        raise AssertionError("it never ends")


def served(client: httpx.Client, **query: Any) -> dict[str, Json]:
    """Return what the same filters list."""
    lines = client.get("/v1/incidents", params=query, headers={"Accept": "application/x-ndjson"}).iter_lines()
    items = [httpx.Response(200, content=line).json() for line in lines]
    return {each["id"]: each for each in items}
