"""What the history of incidents looks like in a terminal, or in a pipe: plain lines that no text can break."""

import textwrap
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.text import Text

from service.audit.history.differences import Difference, Sort
from service.audit.history.timeline import Step
from service.remote import Refused

_WIDEST: Final = 110
_COLOURS: Final = {"+": "green", "-": "red", "~": "yellow"}
_HEADINGS: Final[dict[Sort, str]] = {
    "number": "What it comes to",
    "said": "Who gave which number",
    "fact": "What is said",
    "claim": "Who says so",
}
_HIDDEN: Final = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
"""Categories of characters that move the cursor, change the direction of text or cannot be seen."""
_JOINERS: Final = "\u200c\u200d"
"""Of those, what scripts and emoji are written with."""


class Page:
    """Writes lines; wrapped and coloured for a person, one fact a line for a program."""

    def __init__(self, console: Console) -> None:
        self._console: Final = console
        self._width: Final = min(console.width, _WIDEST) if console.is_terminal else None

    def line(self, text: str = "", style: str = "", indent: int = 0) -> None:
        """Write a line, or as many as it needs."""
        plain, margin = visible(text), " " * indent
        wrapped = [margin + plain]
        if self._width is not None and len(wrapped[0]) > self._width:
            wrapped = textwrap.wrap(
                plain, self._width, initial_indent=margin, subsequent_indent=f"{margin}    ", break_on_hyphens=False
            )  # fmt: skip
        for each in wrapped:
            self._console.print(Text(each, style), soft_wrap=True)

    def differences(self, changed: Iterable[Difference], indent: int) -> None:
        """Write what changed, each sort under its heading."""
        sorts: dict[Sort, list[Difference]] = {}
        for each in changed:
            sorts.setdefault(each.sort, []).append(each)
        for sort, heading in _HEADINGS.items():
            for number, each in enumerate(sorts.get(sort, [])):
                if not number:
                    self.line(f"{heading}:", "bold", indent)
                sign = mark(each)
                self.line(f"{sign} {str(each).removeprefix('claim: ')}", _COLOURS[sign], indent + 2)

    def told(self, step: Step, zone: ZoneInfo, indent: int) -> None:
        """Write why an event was recorded, or why it can no longer be read."""
        if step.reason:
            self.line(f"Why: {step.reason}", "", indent)
        for label, text in step.details:
            self.line(f"{label.capitalize()}: {text}", "", indent)
        if gone := step.event.expunged:
            told = f"What it said was taken out of the log at {when(gone.at, zone)} by {gone.actor}: {gone.reason}"
            self.line(told, "magenta", indent)


def mark(change: Difference) -> str:
    """Return what a difference is marked with: it came, it went, or it is otherwise."""
    return "+" if change.before is None else "-" if change.after is None else "~"


def visible(text: str) -> str:
    """Return a text in one line, with nothing in it that a terminal would obey."""
    return "".join(map(_shown, " ".join(text.split())))


def _shown(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"\\u{ord(character):04x}"


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone; raise Refused if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(f"There is no time zone {visible(name)}: UTC and Europe/Moscow are some.") from error


def when(instant: str, zone: ZoneInfo) -> str:
    """Return an instant to the second, in a time zone."""
    return f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def many(number: int, what: str) -> str:
    """Return so many things, in one or several."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
