"""Links: the monotone maps between a parameter and the unconstrained real that a network predicts for it.

Every likelihood is written in the coordinate ξ of its parameter's *default* link, where it is stable (logits,
log rates). Another link is a change of that coordinate, ξ(η) = default.link(other.inverse(η)), with its slope
dξ/dη for the chain rule: no likelihood ever learns which link the user chose.

>>> change = Link.named("probit").into(Link.named("logit"))
>>> float(change.coordinate(np.float64(-30.0)))  # the logit of a probability of 5e-198
-454.3212439...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_ndtr, logit, ndtr, ndtri

from mlekit.arrays import Array
from mlekit.distributions.domain import INCREASING, POSITIVE, PROBABILITY, REAL, TRIANGULAR, Interval
from mlekit.distributions.special import LOG_2PI, log1mexp, ndtr_hazard, softplus
from mlekit.distributions.triangular import coordinates_of, slopes_at, triangular_at
from mlekit.errors import ParameterError

__all__ = [
    "CAUCHIT",
    "CLOGLOG",
    "IDENTITY",
    "INVERSE",
    "LINKS",
    "LOG",
    "LOGIT",
    "LOG_CHOLESKY",
    "ORDERED",
    "PROBIT",
    "SOFTPLUS",
    "SQRT",
    "Link",
]

Map = Callable[[Array], Array]


@dataclass(frozen=True)
class Change:
    """A change of coordinate: ξ as a function of η, and its slope dξ/dη."""

    coordinate: Map
    slope: Map


@dataclass(frozen=True)
class Link:
    """A named monotone map: η = link(parameter), parameter = inverse(η).

    Args:
        name: the field's name for it, as users write it in ``family(links={...})``.
        domain: the parameter's domain it is meant for.
        link: parameter to η.
        inverse: η to parameter.
        slope: derivative of ``inverse``.

    """

    name: str
    domain: Interval
    link: Map
    inverse: Map
    slope: Map

    @staticmethod
    def named(name: str) -> Link:
        """The link of that name; a `ParameterError` lists the names there are.

        >>> Link.named("log").inverse(np.float64(0.0))
        np.float64(1.0)
        """
        if name not in LINKS:
            raise ParameterError(f"there is no link {name!r}; the links are {', '.join(sorted(LINKS))}")
        return LINKS[name]

    def into(self, default: Link) -> Change:
        """The change from this link's η to the coordinate of another link of the same parameter."""
        stable = _STABLE_CHANGES.get((self.name, default.name))
        if stable is not None:
            return stable

        def coordinate(eta: Array) -> Array:
            return default.link(self.inverse(eta))

        def slope(eta: Array) -> Array:
            parameter = self.inverse(eta)
            return self.slope(eta) / default.slope(default.link(parameter))

        return Change(coordinate, slope)


def _one(eta: Array) -> Array:
    return np.ones_like(eta)


def _normal_density(eta: Array) -> Array:
    return np.exp(-0.5 * (np.square(eta) + LOG_2PI))


def _cauchy_cdf(eta: Array) -> Array:
    # Left of −1 through the arctangent of the reciprocal: 1/2 + arctan(η)/π loses every digit there.
    left, right = np.minimum(eta, -1), np.maximum(eta, -1)
    return np.where(eta < -1, np.arctan(-1 / left), np.pi / 2 + np.arctan(right)) / np.pi


def _cauchy_density(eta: Array) -> Array:
    return 1 / (np.pi * (1 + np.square(eta)))


def _log_softplus_inverse(parameter: Array) -> Array:
    return parameter + np.log(-np.expm1(-parameter))


IDENTITY = Link("identity", REAL, lambda p: p, lambda e: e, _one)
LOG = Link("log", POSITIVE, np.log, np.exp, np.exp)
LOGIT = Link("logit", PROBABILITY, logit, expit, lambda e: expit(e) * expit(-e))
PROBIT = Link("probit", PROBABILITY, ndtri, ndtr, _normal_density)
CLOGLOG = Link(
    "cloglog",
    PROBABILITY,
    lambda p: np.log(-np.log1p(-p)),
    lambda e: -np.expm1(-np.exp(e)),
    lambda e: np.exp(e - np.exp(e)),
)
CAUCHIT = Link(
    "cauchit",
    PROBABILITY,
    # tan(π(p − 1/2)) loses the digits of a small p.
    lambda p: np.where(p < 0.5, -1 / np.tan(np.pi * p), 1 / np.tan(np.pi * (1 - p))),
    _cauchy_cdf,
    _cauchy_density,
)
INVERSE = Link("inverse", POSITIVE, lambda p: 1 / p, lambda e: 1 / e, lambda e: -1 / np.square(e))
SQRT = Link("sqrt", POSITIVE, np.sqrt, lambda e: np.where(e > 0, np.square(e), np.nan), lambda e: 2 * e)
SOFTPLUS = Link("softplus", POSITIVE, _log_softplus_inverse, softplus, expit)


def _steps(numbers: Array) -> Array:
    return np.concatenate([numbers[..., :1], np.log(np.diff(numbers, axis=-1))], axis=-1)


def _from_steps(coordinates: Array) -> Array:
    return np.cumsum(np.concatenate([coordinates[..., :1], np.exp(coordinates[..., 1:])], axis=-1), axis=-1)


def _step_slopes(coordinates: Array) -> Array:
    return np.concatenate([np.ones_like(coordinates[..., :1]), np.exp(coordinates[..., 1:])], axis=-1)


# Of a vector, on the last axis: increasing numbers as the first of them and the logarithms of the steps.
ORDERED = Link("ordered", INCREASING, _steps, _from_steps, _step_slopes)

# Of a triangular matrix, on the last two axes: the logarithms of its diagonal, and what stands below it.
LOG_CHOLESKY = Link("log-Cholesky", TRIANGULAR, coordinates_of, triangular_at, slopes_at)

LINKS = {
    link.name: link for link in (IDENTITY, LOG, LOGIT, PROBIT, CLOGLOG, CAUCHIT, INVERSE, SQRT, SOFTPLUS)
}

# The generic change passes through the parameter itself, where a probability near one has lost its digits.
# These pairs go from tail to tail without it.
_STABLE_CHANGES = {
    ("probit", "logit"): Change(
        lambda e: log_ndtr(e) - log_ndtr(-e),
        lambda e: ndtr_hazard(-np.abs(e)) / ndtr(np.abs(e)),
    ),
    ("cauchit", "logit"): Change(
        lambda e: np.log(_cauchy_cdf(e)) - np.log(_cauchy_cdf(-e)),
        lambda e: _cauchy_density(e) / (_cauchy_cdf(e) * _cauchy_cdf(-e)),
    ),
    ("cloglog", "logit"): Change(
        lambda e: np.exp(e) + np.log(-np.expm1(-np.exp(e))),
        lambda e: np.exp(e) / -np.expm1(-np.exp(e)),
    ),
    ("log", "logit"): Change(lambda e: e - log1mexp(e), lambda e: -1 / np.expm1(e)),
    ("softplus", "log"): Change(lambda e: np.log(softplus(e)), lambda e: np.exp(log_expit(e)) / softplus(e)),
    ("inverse", "log"): Change(lambda e: -np.log(e), lambda e: -1 / e),
    ("sqrt", "log"): Change(lambda e: 2 * np.log(e), lambda e: 2 / e),
}
