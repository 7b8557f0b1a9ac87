"""MultivariateGaussian(μ, L): vectors whose every projection is Gaussian, with the covariance Σ = L·Lᵀ.

    log p(y) = −½|z|² − Σ_i log L_ii − ½·d·log 2π,   z = L⁻¹(y − μ)

L is lower triangular with a positive diagonal, so that Σ is positive definite whatever a network says. With w = L⁻ᵀz
the score is w in μ and w_i·z_j − [i = j]/L_ij in L_ij; with P = Σ⁻¹ the Fisher information is P in μ, zero between μ
and L, and [j = l]·P_ik + [i = j = k = l]/L_ii² between L_ij and L_kl: dz = −L⁻¹·dL·z, and the covariance of the forms
zᵀAz and zᵀBz is tr(AB) + tr(ABᵀ) (Magnus & Neudecker 2019, Matrix Differential Calculus, chapters 12 and 15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from mlekit.arrays import Array, ArrayLike, sum_last, unwrap
from mlekit.distributions.domain import REAL, TRIANGULAR, Vectors
from mlekit.distributions.gaussian import Gaussian
from mlekit.distributions.link import IDENTITY, LOG_CHOLESKY
from mlekit.distributions.multivariate import Multivariate
from mlekit.distributions.parameter import Parameter, numbers
from mlekit.distributions.special import LOG_2PI
from mlekit.distributions.triangular import (
    applied,
    coordinates_of,
    entries,
    from_rows,
    inverse,
    solve,
    solve_transposed,
    triangular_at,
)
from mlekit.errors import ParameterError

__all__ = ["MultivariateGaussian"]

_LOC = Parameter("loc", REAL, IDENTITY, typical=(-10.0, 10.0), unit="location", axes=1)
_SCALE_TRIL = Parameter("scale_tril", TRIANGULAR, LOG_CHOLESKY, typical=(-1.0, 1.0), unit="rows", axes=2)
_ASYMMETRY = 1e-10


class MultivariateGaussian(Multivariate):
    """A batch of Gaussian distributions of vectors.

    Args:
        loc: means, the d coordinates on the last axis, in the target's units.
        scale_tril: lower triangular L on the last two axes, positive on its diagonal; L·Lᵀ is the covariance.

    Raises:
        ParameterError: for a matrix that is not of this kind, sizes that differ, and shapes that do not broadcast.

    >>> p = MultivariateGaussian(loc=[0.0, 1.0], scale_tril=[[1.0, 0.0], [0.6, 0.8]])
    >>> p.covariance
    array([[1. , 0.6],
           [0.6, 1. ]])
    >>> p.log_prob([[0.0, 1.0], [1.0, 1.0]])
    array([-1.61473351, -2.39598351])
    >>> p.correlation
    array([[1. , 0.6],
           [0.6, 1. ]])

    """

    parameters = (_LOC, _SCALE_TRIL)
    predicted = (_LOC, _SCALE_TRIL)
    least_squares = True

    def __init__(self, *, loc: ArrayLike, scale_tril: ArrayLike) -> None:
        self._store_parameters(loc=loc, scale_tril=scale_tril)
        if np.ndim(self.loc) < 1 or np.ndim(self.scale_tril) < 2 or self.loc.shape[-1] == 0:
            raise ParameterError(
                "MultivariateGaussian: loc needs a last axis over at least one coordinate, and scale_tril two, but "
                f"their shapes are {np.shape(self.loc)} and {np.shape(self.scale_tril)}"
            )
        if self.loc.shape[-1] != self.scale_tril.shape[-1]:
            raise ParameterError(
                f"MultivariateGaussian: loc has {self.loc.shape[-1]} coordinates, but scale_tril "
                f"{self.scale_tril.shape[-1]} rows"
            )

    loc: Array
    scale_tril: Array

    @classmethod
    def from_covariance(cls, *, loc: ArrayLike, covariance: ArrayLike) -> Self:
        """The batch with these means and covariance matrices.

        Args:
            loc: means, the coordinates on the last axis.
            covariance: symmetric positive definite matrices on the last two axes.

        Raises:
            ParameterError: for a matrix that is not symmetric, or not positive definite, with its least eigenvalue.

        >>> MultivariateGaussian.from_covariance(loc=[0.0, 0.0], covariance=[[4.0, 2.0], [2.0, 2.0]]).scale_tril
        array([[2., 0.],
               [1., 1.]])
        """
        matrix = numbers(covariance, "covariance", cls.__name__)
        if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or not np.isfinite(matrix).all():
            raise ParameterError(
                f"{cls.__name__}: covariance must be finite square matrices on its last two axes, but has the shape "
                f"{matrix.shape}"
            )
        spread = np.sqrt(np.abs(np.diagonal(matrix, axis1=-2, axis2=-1)))
        slack = _ASYMMETRY * spread[..., :, None] * spread[..., None, :]
        off = np.abs(matrix - np.swapaxes(matrix, -1, -2)) > slack
        if off.any():
            place = tuple(int(i) for i in np.argwhere(off)[0])
            raise ParameterError(
                f"{cls.__name__}: covariance must be symmetric, but is not at position {place}"
            )
        try:
            lower = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            least = np.linalg.eigvalsh(matrix)[..., 0]
            first = np.unravel_index(int(np.argmin(least)), np.shape(least))
            where = f" at batch element {tuple(int(i) for i in first)}" if np.ndim(least) else ""
            raise ParameterError(
                f"{cls.__name__}: covariance must be positive definite, but has the eigenvalue {least[first]:.6g}"
                f"{where}; leave out coordinates that others determine"
            ) from None
        return cls(loc=loc, scale_tril=lower)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What loc and scale_tril, without the axes of an outcome, broadcast to."""
        return np.broadcast_shapes(self.loc.shape[:-1], self.scale_tril.shape[:-2])

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The number of coordinates, ``(d,)``."""
        return self.loc.shape[-1:]

    @property
    def support(self) -> Vectors:
        """All vectors of d reals."""
        return Vectors(REAL, self.event_shape)

    # ---- likelihood core ----------------------------------------------------------------------------------

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, packed = coordinates
        return cls._unchecked(loc=loc, scale_tril=triangular_at(packed))

    @property
    def _diagonal(self) -> Array:
        diagonal: Array = np.diagonal(self.scale_tril, axis1=-2, axis2=-1)
        return diagonal

    @property
    def _log_determinant(self) -> Array:
        """Σ log L_ii, half the logarithm of the determinant of Σ."""
        return sum_last(np.log(self._diagonal))

    def _log_prob(self, value: np.ndarray) -> Array:
        z = solve(self.scale_tril, value - self.loc)
        squares: Array = np.einsum("...i,...i->...", z, z)
        log_prob: Array = -0.5 * squares - (self._log_determinant + 0.5 * LOG_2PI * value.shape[-1])
        undefined = np.isnan(log_prob)
        if undefined.any():  # where infinite coordinates met
            log_prob = np.where(undefined & np.isinf(value).any(axis=-1), -np.inf, log_prob)
        return log_prob

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        z = solve(self.scale_tril, value - self.loc)
        w = solve_transposed(self.scale_tril, z)
        size = value.shape[-1]
        rows, columns = entries(size)
        by_entry = w[..., rows] * z[..., columns]
        by_entry[..., :size] = by_entry[..., :size] * self._diagonal - 1
        return w, by_entry

    def _information(self) -> Array:
        lower = inverse(self.scale_tril)
        precision = np.swapaxes(lower, -1, -2) @ lower
        size = self.scale_tril.shape[-1]
        rows, columns = entries(size)
        steps = np.ones((*lower.shape[:-2], len(rows)), dtype=lower.dtype)
        steps[..., :size] = self._diagonal
        between = precision[..., rows[:, None], rows] * (columns[:, None] == columns)
        between = between * steps[..., :, None] * steps[..., None, :]
        logarithms = np.arange(size)
        between[..., logarithms, logarithms] += 1
        information = np.zeros((*self.batch_shape, size + len(rows), size + len(rows)), dtype=lower.dtype)
        information[..., :size, :size] = precision
        information[..., size:, size:] = between
        return information

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        return {"size": target.shape[1]}

    @classmethod
    def _widths(cls, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        size = constants["size"]
        return size, len(entries(size)[0])

    @classmethod
    def _coordinate_labels(cls, name: str, constants: Mapping[str, Any]) -> list[Any] | None:
        if name != _SCALE_TRIL.name:
            return None
        places = zip(*entries(constants["size"]), strict=True)
        return [f"{'log ' if i == j else ''}{name}[{i},{j}]" for i, j in places]

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        mean = weights @ value
        deviations = np.sqrt(weights)[:, None] * (value - mean)
        missing = max(
            0, value.shape[1] - len(value)
        )  # with fewer rows than columns the covariance is singular
        return mean, coordinates_of(from_rows(np.pad(deviations, ((0, missing), (0, 0))).T))

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "Mahalanobis distance" if _SCALE_TRIL.name in fixed else super()._loss_name(fixed)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """μ."""
        return np.broadcast_to(self.loc, self.batch_shape + self.event_shape)

    @property
    def variance(self) -> Array:
        """The diagonal of Σ."""
        return np.broadcast_to(sum_last(np.square(self.scale_tril)), self.batch_shape + self.event_shape)

    @property
    def covariance(self) -> Array:
        """Σ = L·Lᵀ."""
        matrix = self.scale_tril @ np.swapaxes(self.scale_tril, -1, -2)
        return np.broadcast_to(matrix, self.batch_shape + 2 * self.event_shape)

    @property
    def correlation(self) -> Array:
        """Σ_ij/√(Σ_ii·Σ_jj), of shape ``batch_shape + (d, d)``."""
        rows = self.scale_tril / np.sqrt(sum_last(np.square(self.scale_tril)))[..., None]
        return np.broadcast_to(rows @ np.swapaxes(rows, -1, -2), self.batch_shape + 2 * self.event_shape)

    @property
    def mode(self) -> Array:
        """μ."""
        return self.mean

    def entropy(self) -> Array:
        """½·d·log(2πe) + Σ log L_ii, in nats.

        >>> round(float(MultivariateGaussian(loc=[0.0, 0.0], scale_tril=np.eye(2)).entropy()), 6)
        2.837877
        """
        entropy = 0.5 * (1 + LOG_2PI) * self.event_shape[0] + self._log_determinant
        return unwrap(np.broadcast_to(entropy, self.batch_shape))

    # ---- marginals and conditionals -----------------------------------------------------------------------

    def coordinate(self, index: int) -> Gaussian:
        """The marginal distribution of one coordinate.

        >>> p = MultivariateGaussian(loc=[0.0, 1.0], scale_tril=[[1.0, 0.0], [3.0, 4.0]])
        >>> p.coordinate(1)
        Gaussian(loc=1, scale=5)
        """
        return Gaussian(loc=self.loc[..., index], scale=np.sqrt(self.variance[..., index]))

    def marginal(self, indices: Sequence[int]) -> MultivariateGaussian:
        """The joint distribution of some coordinates, in the order given.

        >>> p = MultivariateGaussian(loc=[0.0, 1.0, 2.0], scale_tril=np.diag([1.0, 2.0, 3.0]))
        >>> p.marginal([2, 0]).loc
        array([2., 0.])
        """
        chosen = self._positions(indices)
        lower = from_rows(self.scale_tril[..., chosen, :])
        return MultivariateGaussian(loc=self.loc[..., chosen], scale_tril=lower)

    def conditional(self, given: Mapping[int, ArrayLike]) -> MultivariateGaussian:
        """The distribution of the other coordinates where some have known values.

        Args:
            given: position to value; values broadcast against the batch.

        Returns:
            The distribution of what is not given, in the order of its coordinates.

        >>> p = MultivariateGaussian(loc=[0.0, 0.0], scale_tril=[[1.0, 0.0], [0.6, 0.8]])
        >>> p.conditional({0: 2.0}).loc, p.conditional({0: 2.0}).scale_tril
        (array([1.2]), array([[0.8]]))
        """
        known = self._positions(list(given))
        rest = [i for i in range(self.event_shape[0]) if i not in known]
        if not rest:
            raise ParameterError("MultivariateGaussian: all coordinates are given, so that none is left")
        values = np.stack(
            np.broadcast_arrays(*(numbers(v, "given", type(self).__name__) for v in given.values())), -1
        )
        lower, count = from_rows(self.scale_tril[..., [*known, *rest], :]), len(known)
        z = solve(lower[..., :count, :count], values - self.loc[..., known])
        loc = self.loc[..., rest] + applied(lower[..., count:, :count], z)
        return MultivariateGaussian(loc=loc, scale_tril=lower[..., count:, count:])

    def _positions(self, indices: Sequence[int]) -> list[int]:
        size = self.event_shape[0]
        places = [int(i) for i in indices]
        if not places or len(set(places)) < len(places) or not all(0 <= i < size for i in places):
            raise ParameterError(
                f"MultivariateGaussian: coordinates are told by distinct positions 0 … {size - 1}, not {list(indices)}"
            )
        return places

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        return self.loc + applied(self.scale_tril, rng.standard_normal(shape + self.event_shape))

    def _columns(self) -> dict[Any, Array]:
        size = self.event_shape[0]
        columns: dict[Any, Array] = {f"loc[{i}]": self.loc[..., i] for i in range(size)}
        for i in range(size):
            columns |= {f"scale_tril[{i},{j}]": self.scale_tril[..., i, j] for j in range(i + 1)}
        return columns
