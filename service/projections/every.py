"""Every projection; `incidents` is the one that the append writes."""

from typing import Final

from service.projections import airports, remake, sources
from service.projections.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (remake.PROJECTION, airports.projection, sources.projection)
from service.projections import measures, remake
from service.projections.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (remake.PROJECTION, measures.PROJECTION)
