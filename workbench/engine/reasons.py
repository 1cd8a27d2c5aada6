"""What strategies give as reasons, checked."""

from __future__ import annotations

import math

from msgspec import UNSET, UnsetType

from workbench.engine.orders import finite
from workbench.errors import InvalidOrder
from workbench.messages import Reasoning


def check_reasoning(reasoning: Reasoning) -> Reasoning:
    """Return the reasoning in plain strings and floats; inputs that are not finite are left out.

    Raises
    ------
    InvalidOrder
        The confidence is not in [0, 1], or an input is not a number.
    """
    confidence = finite("confidence", reasoning.confidence)
    if not 0 <= confidence <= 1:
        text = f"confidence must be in [0, 1], is {confidence:g}"
        raise InvalidOrder(text, field="confidence", value=confidence, allowed="[0, 1]")
    inputs: dict[str, float] | UnsetType = UNSET
    if reasoning.inputs is not UNSET:
        try:
            numbers = {str(name): float(value) for name, value in reasoning.inputs.items()}
        except (TypeError, ValueError) as error:
            text = f"inputs of a reasoning must be numbers: {error}"
            shown = repr(reasoning.inputs)
            raise InvalidOrder(text, field="inputs", value=shown, allowed="numbers") from None
        inputs = {name: value for name, value in numbers.items() if math.isfinite(value)}
    return Reasoning(str(reasoning.decision), confidence, str(reasoning.rationale), inputs)
