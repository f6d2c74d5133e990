"""Every projection that is served, held to the one that the log comes to on the auditor's own machine."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from rich.console import Console

from service.audit import questions
from service.audit.asking import Denied, Faulty, Service, position_of
from service.audit.index import Index
from service.audit.json_difference import difference
from service.audit.logged import read
from service.audit.questions import KEYED, Question
from service.audit.telling import Telling
from service.audit.verdicts import Different, Unverified
from service.remote import Away

_EARLIER: Final = 3
"""Positions before the last, drawn at random, as of which the lists are compared, too."""
_SHOWN: Final = 200


class Compared(Struct):
    """How many answers were the same."""

    answers: int = 0
    earlier: Sequence[int] = ()
    histories: int = 0


class Pair:
    """Two registers, asked the same."""

    def __init__(self, served: Service, made: Service, position: int) -> None:
        self._served: Final = served
        self._made: Final = made
        self._position: Final = position
        self.compared: Final = Compared()

    def ask(self, question: Question) -> None:
        """Ask both; raise Different if their answers are not byte for byte the same."""
        if question.key is None:
            self._whole(question)
        else:
            self._served.patiently(partial(self._by_line, question, lambda _: None))
        self.compared.answers += 1

    def keys(self, question: Question) -> list[str]:
        """Ask for a list, and return what its items are named by."""
        found: dict[str, None] = {}

        def see(line: bytes) -> None:
            found[str(msgspec.json.decode(line)[question.key])] = None

        self._served.patiently(partial(self._by_line, question, see))
        self.compared.answers += 1
        return list(found)

    def _whole(self, question: Question) -> None:
        try:
            expected = self._made.get(question.path, None, **question.params).content
        except Faulty as error:
            raise _broken(error) from error
        except Denied:
            expected = b""
        served = _answer(self._served, question)
        if expected != served:
            raise Different(self._position, f"{_asked(question)}: {difference(expected, served)}")

    def _by_line(self, question: Question, see: Callable[[bytes], None]) -> None:
        """Compare a list that may be as long as the log, a line at a time."""
        for expected, served in zip_longest(self._expected(question), self._lines(question)):
            if expected != served:
                item = _key(expected or served, str(question.key))
                told = difference(expected or b"null", served or b"null")
                raise Different(self._position, f"{_asked(question)}, item {item}: {told}")
            see(expected)

    def _expected(self, question: Question) -> Iterator[bytes]:
        try:
            yield from self._made.stream(question.path, question.params)
        except (Faulty, Away) as error:
            raise _broken(error) from error

    def _lines(self, question: Question) -> Iterator[bytes]:
        try:
            yield from self._served.stream(question.path, question.params)
        except Faulty as error:
            yield str(error).encode()


def _broken(error: Exception) -> Unverified:
    return Unverified(f"The register that was made here fails: {error}")


def compare(index: Index, served: Service, made: Service, console: Console) -> Compared:
    """Ask both all questions; raise Different at the first that they answer otherwise."""
    pair = Pair(served, made, index.size)
    at = read(index.line(index.size)).recorded_at
    found = {question.path.rpartition("/")[2]: pair.keys(question) for question in questions.groups(index.size, at)}
    asked = [
        *questions.statistics(index.size, at),
        *questions.singles(index.size, at, found),
        *questions.filters(index.size, found),
    ]
    pair.compared.earlier = questions.earlier(index.size, _EARLIER)
    for position in pair.compared.earlier:
        then = read(index.line(position)).recorded_at
        asked += [*questions.groups(position, then), *questions.statistics(position, then)]
    with Telling(console, "answers", len(asked)) as telling:
        for number, question in enumerate(asked, 1):
            pair.ask(question)
            telling.reach(number)
    _as_they_stand(pair, served, index.size)
    pair.compared.histories = _histories(index, served, made)
    return pair.compared


def _as_they_stand(pair: Pair, served: Service, position: int) -> None:
    """Ask for the lists without `as_of`, where nothing has been recorded since."""
    if served.head() != position:
        return
    for noun, key in KEYED.items():
        pair.ask(Question(f"/v1/{noun}", {}, key))


def _histories(index: Index, served: Service, made: Service) -> int:
    """Compare what each event of some incidents is said to have changed."""
    compared = 0
    drawn = questions.drawn(array("Q", filter(index.is_last, range(1, index.size + 1))))
    for each in drawn:
        event = read(index.line(each))
        if any(read(line).data is None for line in index.history(each)):
            continue  # when that was done, and why, stands in no event
        path, limit = f"/v1/incidents/{UUID(bytes=event.incident)}/revisions", min(event.revision, 500)
        expected, given = (_items(one, path, limit) for one in (made, served))
        if expected != given:
            told = difference(b"[" + b",".join(expected) + b"]", b"[" + b",".join(given) + b"]")
            raise Different(each, f"{path}: {told}")
        compared += 1
    return compared


class _Page(Struct):
    items: list[msgspec.Raw]


def _items(service: Service, path: str, limit: int) -> Sequence[bytes]:
    try:
        return [bytes(each) for each in service.decoded(_Page, path, limit=limit).items]
    except Denied:
        return []


def _answer(service: Service, question: Question) -> bytes:
    try:
        answer = service.get(question.path, None, **question.params)
    except Denied:
        return b""
    except Faulty as error:
        return str(error).encode()
    position_of(answer)
    return answer.content


def _asked(question: Question) -> str:
    asked = "&".join(f"{name}={value}" for name, value in question.params.items())
    return f"{question.path}?{asked}" if asked else question.path


def _key(line: bytes, key: str) -> str:
    try:
        return str(msgspec.json.decode(line)[key])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return line[:_SHOWN].decode(errors="replace")
