"""The polynomials that the kernels' elementary functions are made of, derived from the functions themselves.

    python -m tests.kernels.polynomials    writes mlekit/kernels/polynomials.h and quadrature.h

Each interpolates its function at Chebyshev nodes, in 60 digits, which leaves little more than the smallest possible
error. A test compares the file with what is derived anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath

from tests.support import REPOSITORY

HEADER = REPOSITORY / "mlekit" / "kernels" / "polynomials.h"
RULE_HEADER = HEADER.with_name("quadrature.h")

_DIGITS = 60
_NODES = 24
_PREFACE = """/* Written by tests/kernels/polynomials.py, not by hand: polynomials by Chebyshev interpolation. */
#ifndef POLYNOMIALS_H
#define POLYNOMIALS_H

#include "kernel.h"
"""

_RULE_PREFACE = f"""/* Written by tests/kernels/polynomials.py, not by hand: the Gauss-Legendre rule of {_NODES} nodes
   on [0, 1]. */
#ifndef QUADRATURE_H
#define QUADRATURE_H

#define NODES {_NODES}
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
        slope: whether its divided differences are wanted, too.
    """

    name: str
    meaning: str
    function: Callable[[Any], Any]
    low: Any
    high: Any
    terms: int
    kind: str = "double"
    slope: bool = False

    def source(self) -> str:
        """The polynomial as a function in C, by Horner's rule."""
        with mpmath.workdps(_DIGITS):
            with warnings.catch_warnings():
                # Newer releases ask for the order of the coefficients by an argument that older ones do not know.
                warnings.simplefilter("ignore", DeprecationWarning)
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
            if self.slope:
                lines += [
                    "",
                    f"/* ({self.name}(y) - {self.name}(x)) / (y - x), also where that is 0/0, and {self.name}(x) */",
                    f"INLINE {self.kind} {self.name}_slope({self.kind} x, {self.kind} y, {self.kind} *value)",
                    "{",
                    f"    {self.kind} slope = 0, sum = {first.hex()}{suffix};",
                    *(
                        f"    slope = slope * y + sum, sum = sum * x + {other.hex()}{suffix};".replace(
                            "+ -", "- "
                        )
                        for other in others
                    ),
                    "    *value = sum;",
                    "    return slope;",
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


def _of_root(function: Callable[[Any], Any], limit: Any) -> Callable[[Any], Any]:
    """A function of √x, whose limit at 0 is known."""
    return lambda x: function(mpmath.sqrt(x)) if x > mpmath.mpf(10) ** -12 else mpmath.mpf(limit)


def _from_one(function: Callable[[Any], Any], limit: Any) -> Callable[[Any], Any]:
    """y times a function of y ≥ 1, in t = (y − 1)/(y + 1); its limit at t = 1 is known."""

    def scaled(t: Any) -> Any:
        if t > 1 - mpmath.mpf(10) ** -15:
            return mpmath.mpf(limit)
        y = (1 + t) / (1 - t)
        return y * function(y)

    return scaled


def _stirling_error(x: Any) -> Any:
    return mpmath.loggamma(x + 1) - (mpmath.log(2 * mpmath.pi * x) / 2 + x * mpmath.log(x) - x)


def _log_gamma_ratio(x: Any) -> Any:
    return mpmath.loggamma(x + mpmath.mpf(1) / 2) - mpmath.loggamma(x) - mpmath.log(x) / 2


def _log_minus_digamma_rest(x: Any) -> Any:
    """x times log x − ψ(x) − 1/(2x), which goes to 0 as 1/(12x)."""
    return x * (mpmath.log(x) - mpmath.digamma(x)) - mpmath.mpf(1) / 2


def _trigamma_excess_rest(x: Any) -> Any:
    """x·ψ′(x) − 1 − 1/(2x), which goes to 0 as 1/(6x²)."""
    return x * (x * mpmath.psi(1, x) - 1) - mpmath.mpf(1) / 2


def _log_gamma_excess(x: Any) -> Any:
    return mpmath.fsum(mpmath.zeta(k) / k * (-x) ** (k - 2) for k in range(2, 100))


def _scaled_bessel(x: Any) -> Any:
    """√k·exp(−k)·I₀(k) with k = 1/x, beyond k = 200 by its asymptotic series."""
    if x * 200 < 1:
        terms = [mpmath.mpf(1)]
        for n in range(1, 25):
            terms.append(terms[-1] * (2 * n - 1) ** 2 * x / (8 * n))
        return mpmath.fsum(terms) / mpmath.sqrt(2 * mpmath.pi)
    return mpmath.exp(-1 / x) * mpmath.besseli(0, 1 / x) / mpmath.sqrt(x)


def _normal_size(w: Any) -> Any:
    """The |z| where 4·P·(1 − P) = exp(−w), P being a standard normal's distribution function."""
    middle = mpmath.sqrt(-mpmath.expm1(-w))
    log_tails = -w - mpmath.log1p(middle)  # of both, together 2P
    z = mpmath.sqrt(mpmath.pi / 2) * middle if w < 2 else mpmath.sqrt(2 * w) * mpmath.mpf("0.9")
    for _ in range(100):
        tails = mpmath.erfc(z / mpmath.sqrt(2))
        step = (mpmath.log(tails) - log_tails) * tails / (2 * mpmath.npdf(z))
        z += step
        if abs(step) < mpmath.mpf(10) ** -35 * z:
            break
    return z


def _normal_middle(w: Any) -> Any:
    if w < mpmath.mpf(10) ** -20:
        return mpmath.sqrt(mpmath.pi / 2)
    return _normal_size(w) / mpmath.sqrt(-mpmath.expm1(-w))


def _normal_outer(root: Any) -> Any:
    return _normal_size(root * root) / root


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
            slope=True,
        ),
        Polynomial(
            "ndtri_middle",
            "z/(1 - 2p) of x = -log 4p(1 - p), P(Z > z) = p < 1/2",
            _normal_middle,
            0,
            5,
            22,
        ),
        Polynomial(
            "ndtri_outer",
            "z/r of x = r - 3.1, r^2 = -log 4p(1 - p)",
            lambda x: _normal_outer(x + mpmath.mpf(3.1)),
            mpmath.mpf("-0.887"),
            mpmath.mpf("0.9"),
            20,
        ),
        Polynomial(
            "ndtri_far",
            "z/r of x = 1/r - 0.18",
            lambda x: _normal_outer(1 / (x + mpmath.mpf(0.18))),
            mpmath.mpf(1) / 9 - mpmath.mpf(0.18),
            mpmath.mpf(1) / 4 - mpmath.mpf(0.18),
            17,
        ),
        Polynomial(
            "ndtri_farthest",
            "z/r of x = 1/r - 0.07",
            lambda x: _normal_outer(1 / (x + mpmath.mpf(0.07))),
            mpmath.mpf(1) / 27 - mpmath.mpf(0.07),
            mpmath.mpf(1) / 9 - mpmath.mpf(0.07),
            18,
        ),
        Polynomial(
            "stirling_scaled",
            "y (log Gamma(y + 1) - log(2 pi y)/2 - y log y + y) of x = (y - 1)/(y + 1)",
            _from_one(_stirling_error, mpmath.mpf(1) / 12),
            0,
            1,
            18,
        ),
        Polynomial(
            "gamma_ratio_scaled",
            "y (log Gamma(y + 1/2) - log Gamma(y) - log(y)/2) of x = (y - 1)/(y + 1)",
            _from_one(_log_gamma_ratio, -mpmath.mpf(1) / 8),
            0,
            1,
            18,
        ),
        Polynomial(
            "log_minus_digamma_scaled",
            "y^2 (log y - psi(y) - 1/(2 y)) of x = (y - 1)/(y + 1)",
            _from_one(_log_minus_digamma_rest, mpmath.mpf(1) / 12),
            0,
            1,
            20,
        ),
        Polynomial(
            "trigamma_excess_scaled",
            "y^2 (y psi'(y) - 1 - 1/(2 y)) of x = (y - 1)/(y + 1)",
            _from_one(_trigamma_excess_rest, mpmath.mpf(1) / 6),
            0,
            1,
            20,
        ),
        Polynomial(
            "log_gamma_share",
            "log Gamma(1 + x) / x",
            lambda x: mpmath.loggamma(1 + x) / x if x > mpmath.mpf(10) ** -30 else -mpmath.euler,
            0,
            mpmath.mpf("0.6"),
            19,
        ),
        Polynomial(
            "log_gamma_excess_scaled",
            "(log Gamma(1 + x) + gamma x) / x^2",
            _log_gamma_excess,
            mpmath.mpf("-0.3"),
            mpmath.mpf("0.3"),
            22,
        ),
        Polynomial(
            "i0_of_square",
            "I0(k) of x = k^2",
            lambda x: mpmath.besseli(0, mpmath.sqrt(x)),
            0,
            64,
            17,
        ),
        Polynomial(
            "i0e_scaled",
            "sqrt(k) exp(-k) I0(k) of x = 1/k",
            _scaled_bessel,
            0,
            mpmath.mpf(1) / 8,
            22,
        ),
        Polynomial(
            "sine_rest",
            "(sin(y) - y)/y^3 of x = y^2",
            _of_root(lambda y: (mpmath.sin(y) - y) / y**3, -mpmath.mpf(1) / 6),
            0,
            mpmath.mpf("2.4675"),
            8,
        ),
        Polynomial(
            "cosine_rest",
            "(cos(y) - 1 + y^2/2)/y^4 of x = y^2",
            _of_root(lambda y: (mpmath.cos(y) - 1 + y**2 / 2) / y**4, mpmath.mpf(1) / 24),
            0,
            mpmath.mpf("0.617"),
            6,
        ),
        Polynomial(
            "arctan_rest",
            "(arctan(y) - y)/y^3 of x = y^2",
            _of_root(lambda y: (mpmath.atan(y) - y) / y**3, -mpmath.mpf(1) / 3),
            0,
            mpmath.mpf("0.1716"),
            11,
        ),
    )


def header() -> str:
    """The whole file."""
    with mpmath.workdps(_DIGITS):
        polynomials = [polynomial.source() for polynomial in POLYNOMIALS]
    return "\n".join([_PREFACE, *polynomials, "", "#endif", ""])


def _legendre_node(k: int) -> tuple[Any, Any]:
    """A node on [0, 1] and its weight, by Newton's method from Tricomi's approximation (DLMF 18.16.14, 3.5.22)."""
    x = -mpmath.cos(mpmath.pi * (k + mpmath.mpf(3) / 4) / (_NODES + mpmath.mpf(1) / 2))
    for _ in range(8):
        slope = _NODES * (x * mpmath.legendre(_NODES, x) - mpmath.legendre(_NODES - 1, x)) / (x * x - 1)
        x -= mpmath.legendre(_NODES, x) / slope
    return (1 + x) / 2, 1 / ((1 - x * x) * slope**2)


def rule_header() -> str:
    """The file of nodes and weights."""
    with mpmath.workdps(_DIGITS):
        pairs = [_legendre_node(k) for k in range(_NODES)]
    lines = [_RULE_PREFACE]
    for name, numbers in zip(("node", "weight"), zip(*pairs, strict=True), strict=True):
        lines.append(f"static const double legendre_{name}[NODES] = {{")
        texts = [float(number).hex() for number in numbers]
        lines += [f"    {', '.join(texts[k : k + 4])}," for k in range(0, _NODES, 4)]
        lines.append("};")
    return "\n".join([*lines, "", "#endif", ""])


if __name__ == "__main__":
    HEADER.write_text(header(), encoding="utf-8")
    RULE_HEADER.write_text(rule_header(), encoding="utf-8")
