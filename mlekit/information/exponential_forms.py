"""What two members of one exponential family have in closed form, whichever family it is.

    KL(p‖q) = A(θ_q) − A(θ_p) − (θ_q − θ_p)·∇A(θ_p)
    R_α(p‖q) = (A(θ_m) − α·A(θ_p) − (1 − α)·A(θ_q))/(α − 1),    θ_m = α·θ_p + (1 − α)·θ_q

The second is finite where θ_m is a natural parameter, and only there. By the member m that has it, it is a sum of terms
that are ≥ 0, so that nothing cancels:

    (1 − α)·R_α = α·KL(m‖p) + (1 − α)·KL(m‖q)  for α < 1,    R_α = KL(p‖q) + KL(p‖m)/(α − 1)  for α > 1.

Sources: Nielsen & Nock (2010), Entropies and cross-entropies of exponential families; Nielsen & Nock (2011), On Rényi
and Tsallis entropies and divergences for exponential families; van Erven & Harremoës (2014), theorem 30, for the sums.
"""

from __future__ import annotations

import numpy as np

from mlekit.arrays import Array, sum_last
from mlekit.distributions import Distribution, ExponentialFamily
from mlekit.information.registry import find_closed_form

__all__ = ["are_members", "bregman", "by_both_ends", "kl_of_members", "renyi_of_members"]


def are_members(p: Distribution, q: Distribution) -> bool:
    """Whether both belong to one exponential family: the same class with the same constants."""
    if not (isinstance(p, ExponentialFamily) and type(p) is type(q)):
        return False
    return all(np.array_equal(vars(p)[name], vars(q)[name]) for name in p.constants)


def bregman(p: ExponentialFamily, q: ExponentialFamily) -> Array:
    """A(θ_q) − A(θ_p) − (θ_q − θ_p)·∇A(θ_p): KL between two members of one exponential family.

    Returns:
        Array of the broadcast batch shape; NaN where a natural parameter is infinite and the formula says nothing.

    """
    mean_p, mean_q = p.expected_statistics, q.expected_statistics
    step = q.natural_parameters - p.natural_parameters
    products = np.where(mean_p == 0, 0.0, step * mean_p)
    direct = q.log_normalizer - p.log_normalizer - sum_last(products)
    size = np.abs(q.log_normalizer) + np.abs(p.log_normalizer) + sum_last(np.abs(products))
    start, end = (np.einsum("...i,...ij,...j->...", step, d.statistics_covariance, step) for d in (p, q))
    return by_both_ends(direct, size, sum_last(step * (mean_q - mean_p)), start - end)


def kl_of_members(p: ExponentialFamily, q: ExponentialFamily) -> Array:
    """KL(p‖q) of two members of one exponential family: by their own formula if they have one, else `bregman`."""
    form = find_closed_form(p, q)
    return np.maximum(bregman(p, q), 0.0) if form is None else form()


def by_both_ends(direct: Array, size: Array, slope_gain: Array, curvature_loss: Array) -> Array:
    """How far a convex A at θ_q lies above its tangent at θ_p; near θ_p, where that formula cancels, by another one.

    The same quantity is ∫₀¹ (1 − s)·f″(s) ds for f(s) = A(θ_p + sΔ). The rule that is exact for f″ up to degree two
    takes it from what both ends know: ½·(f′(1) − f′(0)) + (f″(0) − f″(1))/12. It stands in where the formula has lost
    digits, and agrees with it up to those.

    Args:
        direct: the formula.
        size: the sum of the sizes of its terms.
        slope_gain: f′(1) − f′(0) = Δ·(∇A(θ_q) − ∇A(θ_p)).
        curvature_loss: f″(0) − f″(1), where f″ = Δ·∇²A·Δ.

    """
    lost = 8e-16 * size
    nearby = 0.5 * slope_gain + curvature_loss / 12
    better = (lost > 1e-10 * np.abs(nearby)) & (np.abs(nearby - direct) <= lost)
    return np.asarray(np.where(better, nearby, direct))


def renyi_of_members(p: ExponentialFamily, q: ExponentialFamily, alpha: float) -> Array:
    """R_α(p‖q) of two members of one exponential family, for an order other than 1.

    Returns:
        Array of the broadcast batch shape; +inf where θ_m is no natural parameter. NaN where the formula says nothing:
        for infinite orders and infinite natural parameters.

    """
    theta_q = q.natural_parameters
    step = p.natural_parameters - theta_q
    theta = theta_q + alpha * step
    exists = np.asarray(~np.isnan(q._with_natural(theta).natural_parameters).any(axis=-1))
    member = q._with_natural(np.where(exists[..., None], theta, theta_q))
    if alpha < 1:
        value = (alpha * kl_of_members(member, p) + (1 - alpha) * kl_of_members(member, q)) / (1 - alpha)
    else:
        value = kl_of_members(p, q) + kl_of_members(p, member) / (alpha - 1)
    known = np.isfinite(step).all(axis=-1) & np.isfinite(alpha)
    value = np.where((step == 0).all(axis=-1), 0.0, np.where(exists, value, np.inf))
    return np.where(known, value, np.nan)
