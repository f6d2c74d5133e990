"""audit: hold the service to its log, with nothing but its address and the public key of its log."""

from typing import Final

from cyclopts import App

from service.commands import history

app: Final = App(name="audit", help="Hold the service to its log, with nothing but its address and a public key.")
for command in (history.history, history.diff, history.report):
    app.command(command)
