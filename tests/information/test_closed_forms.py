"""Formulas against 50 digits, and how a family adds its own."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from mlekit.arrays import Array
from mlekit.distributions import Bernoulli, Categorical, ExponentialFamily, Gaussian
from mlekit.errors import ParameterError
from mlekit.information import closed_form, kl
from mlekit.information.elementary import exp_excess, log_excess
from mlekit.information.exponential_forms import are_members, bregman
from mlekit.information.logits import kl_of_logits
from mlekit.information.registry import find_closed_form
from tests.information.families import Geometric, laplace, poisson

POINTS = [0.0, 1e-300, 1e-12, -1e-8, 1e-3, -0.0999, 0.0999, 0.1001, -0.1001, 0.5, -0.9, 3.0, 40.0]


def test_excesses_keep_their_digits() -> None:
    x = np.array(POINTS)
    with mpmath.workdps(700):
        above = [float(mpmath.exp(v) - 1 - mpmath.mpf(v)) for v in POINTS]
        below = [float(mpmath.mpf(v) - mpmath.log(1 + mpmath.mpf(v))) for v in POINTS]
    np.testing.assert_allclose(exp_excess(x), above, rtol=3e-14)
    np.testing.assert_allclose(log_excess(x, 1 + x), below, rtol=3e-14)
    assert exp_excess(np.array([-np.inf, np.inf])).tolist() == [np.inf, np.inf]
    # The ratio keeps what u = ratio − 1 has rounded away.
    assert float(log_excess(np.array(-1.0), np.array(1e-300))) == pytest.approx(300 * np.log(10) - 1)


PAIRS: list[tuple[ExponentialFamily, ExponentialFamily]] = [
    (Bernoulli(probs=[0.2, 0.7]), Bernoulli(probs=0.4)),
    (Categorical(probs=[0.2, 0.3, 0.5]), Categorical(probs=[0.5, 0.25, 0.25])),
    (Gaussian(loc=[0.5, -1.0], scale=[1.0, 2.0]), Gaussian(loc=0.0, scale=1.5)),
]


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_bregman_form_equals_the_stable_one(p: ExponentialFamily, q: ExponentialFamily) -> None:
    np.testing.assert_allclose(bregman(p, q), kl(p, q), rtol=1e-12)


@pytest.mark.parametrize("step", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
def test_bregman_form_keeps_its_digits_nearby(step: float) -> None:
    p, q = Geometric(probs=0.3), Geometric(probs=0.3 * (1 + step))
    with mpmath.workdps(50):
        a, b = mpmath.mpf(float(p.probs)), mpmath.mpf(float(q.probs))
        exact = mpmath.log(a / b) + (1 - a) / a * mpmath.log((1 - a) / (1 - b))
    assert float(kl(p, q)) == pytest.approx(float(exact), rel=1e-9, abs=0)


def test_bregman_form_needs_one_family() -> None:
    assert are_members(Gaussian(loc=0, scale=1), Gaussian(loc=1, scale=1))
    assert not are_members(Gaussian(loc=0, scale=1), Bernoulli(probs=0.5))
    assert not are_members(poisson(1.0), poisson(1.0))
    different = Categorical(probs=[1.0], categories=["a"]), Categorical(probs=[1.0], categories=["b"])
    assert not are_members(*different)


def test_certainty_leaves_the_bregman_form_without_a_number_and_the_sum_steps_in() -> None:
    known = kl(Geometric(probs=1.0), Geometric(probs=0.25), estimate=True)
    assert float(known) == pytest.approx(np.log(4), rel=1e-14)


def test_logits_against_high_precision() -> None:
    rng = np.random.default_rng(3)
    eta_p, eta_q = rng.normal(scale=30, size=(2, 40, 6))
    exact = []
    with mpmath.workdps(120):
        for row_p, row_q in zip(eta_p.tolist(), eta_q.tolist(), strict=True):
            p, q = [mpmath.exp(x) for x in row_p], [mpmath.exp(x) for x in row_q]
            s, t = sum(p), sum(q)
            exact.append(float(sum(a / s * mpmath.log(a * t / (b * s)) for a, b in zip(p, q, strict=True))))
    np.testing.assert_allclose(kl_of_logits(eta_p, eta_q), exact, rtol=1e-13)


def test_impossible_outcomes_in_logits() -> None:
    inf = np.inf
    p = np.array([[0.0, -inf], [0.0, 0.0], [-inf, 0.0], [0.0, -inf]])
    q = np.array([[0.0, 0.0], [0.0, -inf], [-inf, 0.0], [-inf, 0.0]])
    np.testing.assert_allclose(kl_of_logits(p, q), [np.log(2), inf, 0.0, inf], rtol=1e-15)


def test_a_family_registers_a_form_and_subclasses_inherit_it() -> None:
    class Special(Gaussian):
        pass

    class MoreSpecial(Special):
        pass

    p, q = Gaussian(loc=0.0, scale=1.0), MoreSpecial(loc=1.0, scale=1.0)
    assert float(kl(q, p)) == 0.5

    @closed_form(Special, Gaussian)
    def form(p: Special, q: Gaussian) -> Array:
        return np.full(np.broadcast_shapes(p.batch_shape, q.batch_shape), 7.0)

    assert float(kl(q, p)) == 7.0
    assert float(kl(p, q)) == 0.5
    with pytest.raises(ParameterError, match=r"\(Special, Gaussian\) already"):
        closed_form(Special, Gaussian)(form)
    with pytest.raises(ParameterError, match=r"one family \(entropy\) or two"):
        closed_form()
    assert find_closed_form(laplace(0.0, 1.0), p) is None
