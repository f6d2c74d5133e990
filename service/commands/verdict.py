"""What every `audit` command ends with."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from service.commands.terminal import err

DIFFERENT: Final = 1
"""The exit status where something else is served than was sealed, or than the log comes to."""
UNVERIFIED: Final = 2
"""The exit status where that could not be found out; also that of a command that is given wrongly."""


@contextmanager
def judged() -> Iterator[None]:
    """Say what an audit ends with, and exit as it says."""
    from service.audit.verdicts import Different, Unverified  # noqa: PLC0415
    from service.notes import WrongKey  # noqa: PLC0415
    from service.remote import Refused, say  # noqa: PLC0415

    try:
        yield
    except Different as difference:
        say(err, f"WRONG: {difference}")
        sys.exit(DIFFERENT)
    except (Unverified, Refused) as reason:
        say(err, f"Not verified. {reason}")
    except WrongKey as error:
        say(err, f"Not verified. The public key cannot be used: {error}.")
    except BrokenPipeError:
        raise
    except OSError as error:
        say(err, f"Not verified. {error.filename or 'The operating system refuses'}: {error.strerror or error}.")
    else:
        return
    sys.exit(UNVERIFIED)
