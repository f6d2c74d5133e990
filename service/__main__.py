"""The command line: every group of commands under one name."""

import sys
from typing import Final

from cyclopts import App

from service.commands import audit, bulk, expunge, keys, projections, seal, serving, trail, witness
from service.commands.terminal import err
from service.settings import WrongSetting

app: Final = App(
    name="incident-ledger",
    help="An append-only register of aerial-security incidents. Settings come from the environment: docs/running.md.",
    version_flags=[],
    error_console=err,
)
for command in (serving.serve, serving.migrate, serving.project, bulk.export, expunge.expunge, trail.trail):
    app.command(command)
app.command(bulk.import_file, name="import")
for group in (audit, projections, seal, witness, keys):
    app.command(group.app)


def main() -> None:
    """Run the command line; what a person can mend is one sentence and exit status 1."""
    try:
        app(sys.argv[1:])
    except WrongSetting as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or 'The operating system refuses'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
