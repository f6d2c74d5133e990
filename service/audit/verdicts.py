"""What an audit ends with, if not with 'it is as the log says'."""

from typing import Final


class Different(Exception):
    """What is served is not what was sealed, or not what the log comes to; the message says where and how."""

    def __init__(self, position: int, told: str, until: int = 0) -> None:
        super().__init__(position, told, until)
        self.position: Final = position
        """Of the event in question: the first one that differs."""
        self.until: Final = until or position
        """Where it cannot be told which one it is: it is one of those up to here."""

    def __str__(self) -> str:
        return str(self.args[1])


class Unverified(Exception):
    """It could not be verified: that says nothing for the service. The message says why."""
