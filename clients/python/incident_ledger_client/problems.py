"""Refusals (RFC 9457) as an exception that says which they are."""

from typing import Any, TypeVar

import httpx

from incident_ledger_client.generated.models import Problem
from incident_ledger_client.generated.types import Response

T = TypeVar("T")


class ProblemAnswered(Exception):
    """The service refused; `type` never changes, `errors` point at every fault of the request."""

    def __init__(self, status: int, problem: dict[str, Any], retry_after: float | None) -> None:
        super().__init__(f"{status} {problem.get('title', '')}: {problem.get('detail', '')}")
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.problem = problem
        self.errors: list[dict[str, Any]] = list(problem.get("errors", []))
        self.retry_after = retry_after
        """Seconds that the service asks to be left alone for."""


def check(answer: httpx.Response) -> None:
    """Raise ProblemAnswered if it is a refusal."""
    if answer.is_success:
        return
    asked = answer.headers.get("Retry-After", "")
    try:
        problem = dict(answer.json())
    except ValueError:  # by something between here and there
        problem = {"title": answer.reason_phrase, "detail": answer.text[:500]}
    raise ProblemAnswered(answer.status_code, problem, float(asked) if asked.isdigit() else None)


def document(response: Response[Any], kind: type[T]) -> T:
    """Return what a generated call (`sync_detailed`) was answered, of this kind; raise ProblemAnswered otherwise."""
    if isinstance(response.parsed, kind):
        return response.parsed
    problem = response.parsed.to_dict() if isinstance(response.parsed, Problem) else {"title": "An unexpected answer"}
    asked = response.headers.get("Retry-After", "")
    raise ProblemAnswered(int(response.status_code), problem, float(asked) if asked.isdigit() else None)
