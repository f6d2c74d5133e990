"""Every projection; `incidents` is the one that the append writes."""

from typing import Final

from service.projections import remake, versions
from service.projections.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (remake.PROJECTION, versions.PROJECTION)
