"""Closed forms for families of a location and a scale.

Sources: Gil, Alajaji & Linder (2013), Rényi divergence measures for commonly used univariate continuous distributions
(Laplace); Chyzak & Nielsen (2019), A closed-form formula for the Kullback–Leibler divergence between Cauchy
distributions; Mardia & Jupp (2000), Directional Statistics (von Mises).
"""

from __future__ import annotations

import numpy as np
from scipy.special import i0e

from mlekit.arrays import Array
from mlekit.distributions import Cauchy, Laplace, VonMises
from mlekit.information.elementary import exp_excess, log_excess
from mlekit.information.exponential_forms import by_both_ends
from mlekit.information.registry import closed_form

__all__ = ["cauchy_kl", "laplace_kl", "von_mises_kl"]


@closed_form(Laplace, Laplace, kernel="laplace_kl")
def laplace_kl(p: Laplace, q: Laplace) -> Array:
    """r·(e^−t − 1 + t) + (r − 1 − log r) with r = b_p/b_q and t = |μ_p − μ_q|/b_p: both terms are ≥ 0."""
    ratio = p.scale / q.scale
    return ratio * exp_excess(-np.abs(p.loc - q.loc) / p.scale) + log_excess(
        (p.scale - q.scale) / q.scale, ratio
    )


@closed_form(Cauchy, Cauchy, kernel="cauchy_kl")
def cauchy_kl(p: Cauchy, q: Cauchy) -> Array:
    """Log(1 + ((γ_p − γ_q)² + (μ_p − μ_q)²)/(4·γ_p·γ_q)), which is symmetric."""
    scales, places = (p.scale - q.scale) / q.scale, (p.loc - q.loc) / q.scale
    return np.log1p((np.square(scales) + np.square(places)) / (4 * (p.scale / q.scale)))


@closed_form(VonMises, VonMises)
def von_mises_kl(p: VonMises, q: VonMises) -> Array:
    """[log I₀(κ_q) − log I₀(κ_p) − (κ_q − κ_p)·A(κ_p)] + 2·κ_q·A(κ_p)·sin²(½(μ_p − μ_q)), with A = I₁/I₀.

    Both are ≥ 0: A is the slope of the convex log I₀. Large concentrations are told apart by 1 − A and e^(−κ)·I₀.
    """
    step = q.concentration - p.concentration
    (information_p, lack_p), (information_q, lack_q) = (
        (d.fisher_information(), d.circular_variance) for d in (p, q)
    )
    length_p, length_q = (
        information_p[..., 0, 0] / p.concentration,
        information_q[..., 0, 0] / q.concentration,
    )
    start = np.square(step / p.concentration) * information_p[..., 1, 1]
    end = np.square(step / q.concentration) * information_q[..., 1, 1]
    height_p, height_q = np.log(i0e(p.concentration)), np.log(i0e(q.concentration))
    spread = by_both_ends(
        height_q - height_p + step * lack_p,
        2 + np.abs(height_q) + np.abs(height_p) + np.abs(step * lack_p),
        step * np.where(length_p < 0.5, length_q - length_p, lack_p - lack_q),
        start - end,
    )
    turned = np.square(np.sin(0.5 * (p.loc - q.loc)))
    return np.maximum(spread, 0.0) + 2 * q.concentration * length_p * turned
