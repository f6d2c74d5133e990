"""Numbers of several incidents added up, with what is not in the sum."""

from typing import Annotated

from msgspec import Meta, Struct


class Inputs(Struct, frozen=True):
    """How many said a number, how many that none are reported, and how many nothing."""

    counted: int
    none_reported: int
    unknown: int


class Total(Struct, frozen=True):
    """A sum; null where nothing is known: 0 is only where somebody said so."""

    best: int | None
    low: int | None
    high: Annotated[int | None, Meta(description="null also where one of the inputs has no upper bound.")]
    inputs: Inputs
    disputed: Annotated[int, Meta(description="How many of the inputs are disputed.")]
    left_out: Annotated[int, Meta(description="Inputs that are included in another one here, and so not added.")]
