"""Every projection that a projector keeps up to date; `incidents` is not among them: the append writes it."""

from typing import Final

from service.projections import airports, remake, sources
from service.projections.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (remake.PROJECTION, airports.projection, sources.projection)
