"""The polynomials that the kernels' elementary functions are made of, derived from the functions themselves.

    python -m tests.kernels.polynomials    writes mlekit/kernels/polynomials.h

Each interpolates its function at Chebyshev nodes, in 60 digits, which leaves little more than the smallest possible
error. A test compares the file with what is derived anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath

from tests.support import REPOSITORY

HEADER = REPOSITORY / "mlekit" / "kernels" / "polynomials.h"

_DIGITS = 60
_PREFACE = """/* Written by tests/kernels/polynomials.py, not by hand: polynomials by Chebyshev interpolation. */
#ifndef POLYNOMIALS_H
#define POLYNOMIALS_H

#include "kernel.h"
"""


@dataclass(frozen=True)
class Polynomial:
    """A polynomial in place of a function on an interval.

    Args:
        name: of the function in C.
        meaning: what it stands for.
        function: in mpmath.
        low: where the interval begins.
        high: where it ends.
        terms: how many coefficients.
        kind: of the numbers in C.
    """

    name: str
    meaning: str
    function: Callable[[Any], Any]
    low: Any
    high: Any
    terms: int
    kind: str = "double"

    def source(self) -> str:
        """The polynomial as a function in C, by Horner's rule."""
        with mpmath.workdps(_DIGITS):
            coefficients, error = mpmath.chebyfit(
                self.function, [self.low, self.high], self.terms, error=True
            )
            first, *others = (float(coefficient) for coefficient in coefficients)
            suffix = "f" if self.kind == "float" else ""
            lines = [
                "",
                f"/* {self.meaning}, for x from {float(self.low):.6g} to {float(self.high):.6g};",
                f"   off by {float(error):.0e} at most. */",
                f"INLINE {self.kind} {self.name}({self.kind} x)",
                "{",
                f"    {self.kind} sum = {first.hex()}{suffix};",
                *(f"    sum = sum * x + {other.hex()}{suffix};".replace("+ -", "- ") for other in others),
                "    return sum;",
                "}",
            ]
        return "\n".join(lines)


def _power_series(coefficient: Callable[[int], Any], terms: int = 60) -> Callable[[Any], Any]:
    return lambda x: mpmath.fsum(coefficient(k) * x**k for k in range(terms))


def _scaled_erfcx(t: Any) -> Any:
    """(1 + 2x)·exp(x²)·erfc(x) with t = (x − 3.75)/(x + 3.75)."""
    if t > 1 - mpmath.mpf(10) ** -20:
        return 2 / mpmath.sqrt(mpmath.pi)
    x = mpmath.mpf("3.75") * (1 + t) / (1 - t)
    if x < 30:
        return (1 + 2 * x) * mpmath.exp(x * x) * mpmath.erfc(x)
    series = mpmath.fsum((-1) ** k * mpmath.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(40))
    return (1 + 2 * x) * series / (x * mpmath.sqrt(mpmath.pi))


with mpmath.workdps(_DIGITS):
    _HALF_LOG_2 = mpmath.log(2) / 2 * mpmath.mpf("1.001")
    POLYNOMIALS = (
        Polynomial(
            "exp_rest",
            "(exp(x) - 1 - x - x^2/2) / x^3",
            _power_series(lambda k: 1 / mpmath.factorial(k + 3)),
            -_HALF_LOG_2,
            _HALF_LOG_2,
            10,
        ),
        Polynomial(
            "exp_rest_single",
            "(exp(x) - 1 - x) / x^2",
            _power_series(lambda k: 1 / mpmath.factorial(k + 2)),
            -_HALF_LOG_2,
            _HALF_LOG_2,
            6,
            "float",
        ),
        Polynomial(
            "artanh_rest",
            "2 (artanh(s) - s) / s^3 of x = s^2",
            _power_series(lambda k: mpmath.mpf(2) / (2 * k + 3)),
            0,
            mpmath.mpf("0.0295"),
            7,
        ),
        Polynomial(
            "erfcx_scaled",
            "(1 + 2u) exp(u^2) erfc(u) of x = (u - 3.75) / (u + 3.75)",
            _scaled_erfcx,
            -1,
            1,
            25,
        ),
    )


def header() -> str:
    """The whole file."""
    return "\n".join([_PREFACE, *(polynomial.source() for polynomial in POLYNOMIALS), "", "#endif", ""])


if __name__ == "__main__":
    HEADER.write_text(header(), encoding="utf-8")
