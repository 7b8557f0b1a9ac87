"""Closed forms of distributions of vectors, written as sums of terms that are ≥ 0 so that nothing cancels.

Sources: Kullback (1959), Information Theory and Statistics; Gil, Alajaji & Linder (2013), Rényi divergence measures,
for Gaussian vectors; Olkin & Pukelsheim (1982), The distance between two random vectors with given dispersion matrices;
Bhatia, Jain & Lim (2019), On the Bures–Wasserstein distance between positive definite matrices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mlekit.arrays import Array, sum_last
from mlekit.distributions import Dirichlet, Multinomial, MultivariateGaussian
from mlekit.distributions.digamma import log_minus_digamma, trigamma_excess
from mlekit.distributions.factorials import log_factorial_excess
from mlekit.distributions.triangular import solve
from mlekit.errors import ParameterError
from mlekit.information.elementary import log_excess
from mlekit.information.logits import kl_of_logits, renyi_of_logits
from mlekit.information.registry import closed_form

__all__ = ["dirichlet_kl", "multivariate_gaussian_kl"]

# Where the eigenvalues of a ratio of matrices are taken from its difference to the identity.
_NEAR = 0.1
_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


# ---- Gaussian vectors -------------------------------------------------------------------------------------


def _in_units_of(q: MultivariateGaussian, matrix: Array) -> Array:
    """L_q⁻¹·M."""
    columns = np.swapaxes(matrix, -1, -2)
    return np.swapaxes(solve(q.scale_tril[..., None, :, :], columns), -1, -2)


def _difference(p: MultivariateGaussian, q: MultivariateGaussian) -> tuple[Array, Array]:
    """L_q⁻¹·L_p − I, without the cancellation that this has for nearly equal matrices, and L_q⁻¹·(μ_p − μ_q)."""
    return _in_units_of(q, p.scale_tril - q.scale_tril), solve(q.scale_tril, p.loc - q.loc)


@closed_form(MultivariateGaussian, MultivariateGaussian)
def multivariate_gaussian_kl(p: MultivariateGaussian, q: MultivariateGaussian) -> Array:
    """½·(Σ_i (A_ii² − 1 − 2·log A_ii) + Σ_{i>j} A_ij² + |L_q⁻¹(μ_p − μ_q)|²) with A = L_q⁻¹·L_p, lower triangular.

    With u = A_ii − 1 the first part is u² + 2·(u − log(1 + u)), which keeps the digits of nearly equal matrices.
    """
    relative, shift = _difference(p, q)
    u = np.diagonal(relative, axis1=-2, axis2=-1)
    ratio = np.diagonal(p.scale_tril, axis1=-2, axis2=-1) / np.diagonal(q.scale_tril, axis1=-2, axis2=-1)
    below = np.square(np.tril(relative, -1)).sum(axis=(-2, -1))
    spread = sum_last(np.square(u) + 2 * np.asarray(log_excess(u, np.broadcast_to(ratio, u.shape))))
    return np.asarray(0.5 * (spread + below + sum_last(np.square(shift))))


class _Spectrum(NamedTuple):
    """Of L_q⁻¹·Σ_p·L_q⁻ᵀ: the eigenvalues, less 1 and as they are; and the shift along each eigenvector."""

    excess: Array
    ratio: Array
    shift: Array


def _spectrum(p: MultivariateGaussian, q: MultivariateGaussian) -> _Spectrum:
    relative, shift = _difference(p, q)
    transposed = np.swapaxes(relative, -1, -2)
    excess, axes = np.linalg.eigh(relative + transposed + relative @ transposed)
    far_axes, stretch, _ = np.linalg.svd(_in_units_of(q, p.scale_tril))
    near = np.abs(excess).max(axis=-1)[..., None] < _NEAR
    ratio = np.where(near, 1 + excess, np.square(stretch))
    along = np.where(near[..., None], axes, far_axes)
    return _Spectrum(np.where(near, excess, ratio - 1), ratio, np.einsum("...ji,...j->...i", along, shift))


@closed_form(MultivariateGaussian, MultivariateGaussian, of="renyi")
def multivariate_gaussian_renyi(p: MultivariateGaussian, q: MultivariateGaussian, alpha: float) -> Array:
    """The sum of what independent Gaussians give along the axes that both matrices have in common; see there.

    In units of q, and along the eigenvectors of L_q⁻¹·Σ_p·L_q⁻ᵀ, both have independent coordinates.
    """
    v, ratio, shift = _spectrum(p, q)
    square = np.square(shift)
    if np.isinf(alpha):
        # The logarithm of the greatest p/q; along an axis of equal scales only equal locations have one.
        peak = np.where(square == 0, 0.0, square / -v)
        level = (v == 0) & (square == 0)
        own = np.where(v < 0, 0.5 * (peak - np.log(ratio)), np.where(level, 0.0, np.inf))
        return np.asarray(sum_last(own))
    rest = 1 - alpha
    mixed = 1 + rest * v
    spread = np.asarray(log_excess(v, ratio)) - np.asarray(log_excess(rest * v, mixed)) / rest
    own = np.where(mixed > 0, np.maximum(0.5 * (alpha * square / mixed + spread), 0.0), np.inf)
    return np.asarray(sum_last(own))


@closed_form(MultivariateGaussian, MultivariateGaussian, of="wasserstein")
def multivariate_gaussian_wasserstein(
    p: MultivariateGaussian, q: MultivariateGaussian, order: float
) -> Array:
    """W₂ = √(|μ_p − μ_q|² + min_Q |L_p − L_q·Q|²) over rotations Q, the Bures distance of the covariances.

    The best rotation is U·Vᵀ for L_qᵀ·L_p = U·S·Vᵀ. Differences come first, so that nearly equal matrices keep their
    digits, as they do not in tr Σ_p + tr Σ_q − 2·tr(Σ_p^½·Σ_q·Σ_p^½)^½.
    """
    if order != 2:
        raise ParameterError(
            "order: between Gaussian vectors the Wasserstein distance of order 2 is known, not 1"
        )
    lower_p, lower_q = np.broadcast_arrays(p.scale_tril, q.scale_tril)
    left, _, right = np.linalg.svd(np.swapaxes(lower_q, -1, -2) @ lower_p)
    apart = np.square(lower_p - lower_q @ (left @ right)).sum(axis=(-2, -1))
    equal = (lower_p == lower_q).all(axis=(-2, -1))
    shift = sum_last(np.square(p.loc - q.loc))
    return np.asarray(np.sqrt(shift + np.where(equal, 0.0, apart)))


# ---- proportions ------------------------------------------------------------------------------------------


@closed_form(Dirichlet, Dirichlet)
def dirichlet_kl(p: Dirichlet, q: Dirichlet) -> Array:
    """Σ_k b_k·(v_k − log(1 + v_k)) + Σ_k g(a_k, b_k) − g(Σ a, Σ b); a of p, b of q, 1 + v_k = (a_k/Σ a)/(b_k/Σ b).

    The first sum compares the means. With h(k) = log Γ(k) − k·log k + k, which is convex, g(a, b) = h(b) − h(a) −
    (b − a)·h′(a) ≥ 0 compares the precisions; that of the sums takes back no more than a part.
    """
    a, b = p.concentration, q.concentration
    step = b - a
    n_p, n_q, whole = np.asarray(p.precision), np.asarray(q.precision), np.asarray(sum_last(step))
    v = (a * (whole / n_p)[..., None] - step) / b
    means = b * np.asarray(log_excess(v, a / b * (n_q / n_p)[..., None]))
    own = _height_above_tangent(a, b, step)
    total = sum_last(means) + sum_last(own) - _height_above_tangent(n_p, n_q, whole)
    return np.asarray(np.maximum(total, 0.0))


def _height_above_tangent(a: Array, b: Array, step: Array) -> Array:
    """How far h(k) = log Γ(k) − k·log k + k lies at b = a + step above its tangent at a.

    Of nearly equal a and b by quadrature of h″(k) = ψ'(k) − 1/k along the way, all of whose terms are ≥ 0.
    """
    a, b, step = np.broadcast_arrays(a, b, step)

    def height(k: Array) -> Array:
        return np.asarray(log_factorial_excess(k) - np.log(k))

    direct = height(b) - height(a) + step * log_minus_digamma(a)
    near = np.abs(step) < 0.25 * np.minimum(a, b)
    reach = np.where(near, step, 0.0)
    nearby = np.zeros(a.shape)
    for place, weight in zip(0.5 * (_PLACES + 1), 0.5 * _WEIGHTS, strict=True):
        k = a + place * reach
        nearby = nearby + weight * (1 - place) * np.asarray(trigamma_excess(k)) / k
    return np.where(near, nearby * np.square(reach), direct)


# ---- counts by category -----------------------------------------------------------------------------------


def _of_trials(p: Multinomial, q: Multinomial, of_one: Array) -> Array:
    """What n trials make of a divergence that adds up over them; +inf for different numbers of trials."""
    trials, others = np.broadcast_arrays(p.trials, q.trials)
    with np.errstate(invalid="ignore"):
        value = np.where(trials == 0, 0.0, trials * of_one)
    return np.where(trials == others, value, np.inf)


@closed_form(Multinomial, Multinomial)
def multinomial_kl(p: Multinomial, q: Multinomial) -> Array:
    """n·Σ p_k·log(p_k/q_k), from logits; +inf for different n, for then no outcome is shared."""
    return _of_trials(p, q, kl_of_logits(p.logits, q.logits))


@closed_form(Multinomial, Multinomial, of="renyi")
def multinomial_renyi(p: Multinomial, q: Multinomial, alpha: float) -> Array:
    """n·log Σ p_k^α·q_k^(1−α)/(α − 1), from logits; +inf for different n."""
    return _of_trials(p, q, renyi_of_logits(p.logits, q.logits, alpha))
