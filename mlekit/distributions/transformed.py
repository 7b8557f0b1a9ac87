"""Transformed(base, g): what becomes of a continuous outcome X when it is seen through a monotone map, Y = g(X).

    log p(y) = log p_X(x) − log |g′(x)|,   x = g⁻¹(y);   P(Y ≤ y) = P(X ≤ x), or P(X ≥ x) if g falls

Score and Fisher information in the base's coordinates are the base's own at x, since the Jacobian does not depend on
them; quantiles are images of quantiles; the entropy is the base's plus E[log |g′(X)|]; a divergence between two
distributions with the same transform is that between their bases. A fit works on x = g⁻¹(y) as a fit of the base
does, units and starting point included, and adds the log-slopes of the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

import numpy as np

from mlekit.arrays import Array, unwrap
from mlekit.distributions.composed import Composed, Kind, spelled
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import Interval
from mlekit.distributions.expectations import expectation
from mlekit.distributions.family import Family, as_family
from mlekit.distributions.inversion import peak
from mlekit.distributions.target import numeric_target
from mlekit.distributions.transform import Affine, Transform, image, reaches_only
from mlekit.distributions.upper_quantile import upper_quantile
from mlekit.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Transformed", "TransformedKind"]

B = TypeVar("B", bound=Distribution)

_IDENTITY = Affine()
_PLACES = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 0.999, 61), [1 - 1e-6, 1 - 1e-12]])


class Transformed(Distribution, Generic[B]):
    """A batch of distributions of Y = g(X), with X continuous and g strictly monotone.

    At the ends of what g reaches, as 0 for ``Exp()``, the density is 0, whatever its limit there.

    Args:
        base: a batch of continuous distributions of X.
        transform: g, such as ``Exp()`` or ``Affine(shift=1.0, scale=-2.0)``.

    Raises:
        ParameterError: for a base that is not continuous, or reaches beyond what can be transformed.

    >>> from mlekit.distributions import Gaussian, LogNormal
    >>> from mlekit.distributions.transforms import Exp
    >>> p, q = Transformed(Gaussian(loc=0.5, scale=1.0), Exp()), LogNormal(loc=0.5, scale=1.0)
    >>> p.log_prob(2.0), q.log_prob(2.0)
    (np.float64(-1.6307386304437461), np.float64(-1.6307386304437461))
    >>> p.quantile(0.9).round(4), round(float(p.mean - q.mean), 9)
    (np.float64(5.9391), 0.0)

    """

    def __init__(self, base: B, transform: Transform) -> None:
        if not isinstance(transform, Transform):
            raise ParameterError(f"Transformed: transform must be one such as Exp(), but is {transform!r}")
        support = base.support
        if not isinstance(support, Interval) or support.integer:
            raise ParameterError(f"Transformed: base must be continuous, but {base!r} is not")
        if not reaches_only(support, transform.domain):
            raise ParameterError(
                f"Transformed: {transform!r} is of values in {transform.domain}, but {type(base).__name__} has the "
                f"support {support}"
            )
        self._store(base=base, transform=transform)

    base: B
    transform: Transform

    @classmethod
    def family(cls, *, links: Mapping[str, str] | None = None, **fixed: Any) -> NoReturn:
        """Say what is transformed: ``Transformed.of(Gaussian, Exp())``.

        Raises:
            ParameterError: always.
        """
        raise ParameterError(
            "Transformed is fitted over a continuous family: Transformed.of(Gaussian, Exp())"
        )

    @staticmethod
    def of(
        base: type[B] | Family[B],
        transform: Transform,
        *,
        links: Mapping[str, str] | None = None,
        **fixed: Any,
    ) -> Family[Transformed[B]]:
        """The family of what becomes of another family's outcomes, to be passed to ``fit``.

        Args:
            base: a continuous class, or one with parameters held fixed or given another link.
            transform: the map from its outcomes to those of the target.
            links: parameter name to link name.
            **fixed: parameters held at a value, in the units of the base's outcome.

        Raises:
            ParameterError: for a base that cannot be transformed so, and as for `Distribution.family`.

        >>> from mlekit.distributions import Gaussian
        >>> from mlekit.distributions.transforms import Exp
        >>> Transformed.of(Gaussian, Exp(), scale=1.0).loss_name
        'mean squared error of the logarithm'

        """
        inner = as_family(base)
        return TransformedKind(inner.distribution, transform).family(
            links={**inner.links, **(links or {})}, **{**inner.fixed, **fixed}
        )

    def _kind(self) -> TransformedKind[B]:
        return TransformedKind(self.base._kind(), self.transform)

    def _frozen(self) -> Self:
        self.base._frozen()
        return self

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The base's."""
        return self.base.batch_shape

    @property
    def support(self) -> Interval:
        """Where the transform sends the base's."""
        return image(self.transform, self._base_support)

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _coordinates(self) -> tuple[Array, ...]:
        return self.base._coordinates()

    def _with_coordinates(self, *coordinates: Array) -> Self:
        return self._unchecked(base=self.base._with_coordinates(*coordinates), transform=self.transform)

    def _preimage(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """x, and whether there is one; a place of no interest where there is none."""
        reached = self.transform.range
        inside = np.asarray((value > reached.low) & (value < reached.high))
        somewhere = np.clip(0.5, reached.low, reached.high)
        x = np.asarray(self.transform.inverse(value if inside.all() else np.where(inside, value, somewhere)))
        if np.isinf(x).any():  # beyond the doubles, though there is one
            x = np.clip(x, np.finfo(x.dtype).min, np.finfo(x.dtype).max)
        return np.asarray(x), inside

    def _log_prob(self, value: np.ndarray) -> Array:
        x, inside = self._preimage(value)
        log_prob = self.base._log_prob(x) - self.transform.log_slope(x)
        return log_prob if inside.all() else np.where(inside, log_prob, -np.inf)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        return self.base._score(self._preimage(value)[0])

    def _free_score(self, value: np.ndarray, free: Collection[str]) -> tuple[Array, ...]:
        return self.base._free_score(self._preimage(value)[0], free)

    def _information(self) -> Array:
        return self.base._information()

    def _curvature(self, value: np.ndarray) -> Array:
        return self.base._curvature(self._preimage(value)[0])

    def _drift(self, value: np.ndarray) -> tuple[Array | None, ...]:
        x, _ = self._preimage(value)
        slope = np.exp(self.transform.log_slope(x)) * (1 if self.transform.increasing else -1)
        return tuple(None if part is None else slope * part for part in self.base._drift(x))

    # ---- distribution functions ---------------------------------------------------------------------------

    def _tail(self, value: np.ndarray, rising: Any, falling: Any, below: float, above: float) -> Array:
        """What the base says of x, by whether the transform rises; and what holds below and above its range."""
        x, inside = self._preimage(value)
        answer = rising(x) if self.transform.increasing else falling(x)
        return np.where(inside, answer, np.where(value <= self.transform.range.low, below, above))

    def _cdf(self, value: np.ndarray) -> Array:
        return self._tail(value, self.base._cdf, lambda x: np.exp(self.base._log_sf(x)), 0.0, 1.0)

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._tail(value, self.base._log_cdf, self.base._log_sf, -np.inf, 0.0)

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._tail(value, self.base._log_sf, self.base._log_cdf, 0.0, -np.inf)

    def _quantile(self, level: np.ndarray) -> Array:
        x = self.base._quantile(level) if self.transform.increasing else upper_quantile(self.base, level)
        return self.transform.forward(x)

    @property
    def _base_support(self) -> Interval:
        support = self.base.support
        assert isinstance(support, Interval)
        return support

    # ---- moments ------------------------------------------------------------------------------------------

    @cached_property
    def _moments(self) -> tuple[Array, Array]:
        if self.transform.linear:
            square = np.exp(2 * self.transform.log_slope(np.zeros(())))
            return self.transform.forward(self.base.mean), square * self.base.variance
        transform = self.transform
        mean = expectation(self.base, transform.forward, transform.log_size, transform.bends)
        center = np.where(np.isfinite(mean), mean, 0.0)
        square = expectation(
            self.base,
            lambda x: np.square(transform.forward(x) - center),
            lambda x: 2 * transform.log_size(x),
            transform.bends,
        )
        return mean, unwrap(np.where(np.isfinite(mean), square, np.abs(mean)))

    @property
    def mean(self) -> Array:
        """E[g(X)], by quadrature to some ten digits unless g is linear; infinite where it diverges."""
        return self._moments[0]

    @property
    def variance(self) -> Array:
        """Var(g(X)), likewise."""
        return self._moments[1]

    @property
    def _point(self) -> Any:
        return np.where(np.isfinite(self.mean), self.mean, self.median)

    @property
    def mode(self) -> Array:
        """Where the density is greatest, found on a grid of quantiles and finer ones about its best point."""
        with np.errstate(all="ignore"):
            if self.transform.linear:
                return self.transform.forward(self.base.mode)
            levels = _PLACES.reshape(-1, *(1,) * len(self.batch_shape))
            places = np.broadcast_to(self.base._quantile(levels), (len(levels), *self.batch_shape))
            best = peak(
                lambda x: self.base._log_prob(x) - self.transform.log_slope(x),
                np.asarray(places),
                whole=False,
            )
            support = self.support
            ends = (support.low, support.high) if self.transform.increasing else (support.high, support.low)
            # A density that is still rising at the outermost quantile is greatest at the end.
            found = self.transform.forward(best)
            found = np.where(best <= places[0], ends[0], np.where(best >= places[-1], ends[1], found))
            return unwrap(np.asarray(found))

    def entropy(self) -> Array:
        """H(X) + E[log |g′(X)|], in nats; the second by quadrature where it is not known.

        >>> from mlekit.distributions import Gaussian
        >>> from mlekit.distributions.transforms import Exp
        >>> round(float(Transformed(Gaussian(loc=1.0, scale=1.0), Exp()).entropy()), 6)
        2.418939
        """
        expected = self.transform.expected_log_slope(self.base)
        if expected is None:
            expected = expectation(self.base, self.transform.log_slope, bends=self.transform.bends)
        return unwrap(self.base.entropy() + expected)

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return self.transform.forward(self.base._sample(shape, rng))

    def _columns(self) -> dict[Any, Array]:
        return self.base._columns()

    def __repr__(self) -> str:
        return f"Transformed({self.base!r}, {self.transform!r})"


@dataclass(frozen=True)
class TransformedKind(Composed[Transformed[B]], Generic[B]):
    """How `Transformed` distributions of a kind are fitted; made by `Transformed.of`.

    An encoded target has the base's encoded outcomes x and, last, their log-slopes.

    Args:
        base: the kind that is transformed.
        transform: the map.

    Raises:
        ParameterError: for a kind that is not continuous, or reaches beyond what can be transformed.
    """

    base: Kind[B]
    transform: Transform

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.transform, Transform):
            raise ParameterError(
                f"Transformed: transform must be one such as Exp(), but is {self.transform!r}"
            )
        if self.base.joint or self.base.labelled or self.base.outcomes.integer:
            raise ParameterError(
                f"Transformed needs a continuous family of numbers; {self.base._code()} is none"
            )
        if not reaches_only(self.base.outcomes, self.transform.domain):
            raise ParameterError(
                f"Transformed: {self.transform!r} is of values in {self.transform.domain}, but {self.base._code()} "
                f"reaches all of {self.base.outcomes}"
            )

    def _from_coordinates(self, *coordinates: Array, **constants: Any) -> Transformed[B]:
        base = self.base._from_coordinates(*coordinates, **constants)
        transform = _IDENTITY if "untransformed" in constants else self.transform
        return Transformed._unchecked(base=base, transform=transform)

    def _class(self) -> type[Transformed[B]]:
        return Transformed

    @property
    def outcomes(self) -> Interval:
        """What the transform makes of the base's outcomes."""
        return image(self.transform, self.base.outcomes)

    def _untransformed(self, target: pd.DataFrame) -> pd.DataFrame:
        """The target columns as the base's outcomes."""
        columns = {
            name: self.transform.inverse(numeric_target(target[[name]], self.outcomes, spelled(self)))
            for name in target
        }
        return target.assign(**{str(name): values for name, values in columns.items()})

    def _learn_constants(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        return self.base._learn_constants(self._untransformed(target), constants)

    def _encode(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        x = self._untransformed(target)
        encoded = self.base._encode(x, constants)
        slopes = self.transform.log_slope(x.iloc[:, 0].to_numpy())
        return np.column_stack([encoded, slopes])

    def _parts(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The base's encoded outcomes, and the log-slopes."""
        of_base = value[..., 0] if value.shape[-1] == 2 else value[..., :-1]
        return of_base, value[..., -1]

    def _given(self, value: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        given, x = self.base._given(self._parts(value)[0])
        return {**given, "untransformed": True}, x

    def _in_units(self, value: np.ndarray, shift: Array, scale: Array) -> np.ndarray:
        of_base, slopes = self._parts(value)
        in_units = self.base._in_units(of_base, shift, scale)
        if in_units.ndim == slopes.ndim:
            in_units = in_units[..., None]
        return np.concatenate([in_units, slopes[..., None]], axis=-1)

    def _log_jacobian(self, value: np.ndarray, scale: Array) -> Array | float:
        of_base, slopes = self._parts(value)
        total = slopes if slopes.ndim == 1 else slopes.sum(axis=1)
        return np.asarray(self.base._log_jacobian(of_base, scale) - total)

    def _start(self, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        return self.base._start(self._parts(value)[0], weights, **constants)

    def _recession(self, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        return self.base._recession(self._parts(value)[0], constants)

    def _loss_name(self, fixed: frozenset[str]) -> str:
        of_base = self.base._loss_name(fixed)
        if not self.transform.inverse_name or of_base.endswith("negative log-likelihood"):
            return super()._loss_name(fixed)
        return f"{of_base} of {self.transform.inverse_name}"
