"""Links: round trips, slopes, and changes of coordinate that keep their digits far out."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from mlekit.distributions.link import IDENTITY, LINKS, LOG, LOGIT, Link
from mlekit.errors import ParameterError

# η throughout the range in which a double can tell the parameter from the ends of its domain.
RANGES = {
    "identity": (-1e3, 1e3),
    "log": (-300.0, 300.0),
    "logit": (-300.0, 15.0),
    "probit": (-37.0, 5.0),
    "cloglog": (-300.0, 2.5),
    "cauchit": (-1e6, 1e3),
    "inverse": (1e-3, 1e3),
    "sqrt": (1e-3, 1e3),
    "softplus": (-300.0, 300.0),
}

# The inverse links in arbitrary precision.
EXACT: dict[str, Any] = {
    "identity": lambda e: e,
    "log": mpmath.exp,
    "logit": lambda e: 1 / (1 + mpmath.exp(-e)),
    "probit": mpmath.ncdf,
    "cloglog": lambda e: -mpmath.expm1(-mpmath.exp(e)),
    "cauchit": lambda e: mpmath.mpf(1) / 2 + mpmath.atan(e) / mpmath.pi,
    "inverse": lambda e: 1 / e,
    "sqrt": lambda e: e**2,
    "softplus": lambda e: mpmath.log1p(mpmath.exp(e)),
}

each_link = pytest.mark.parametrize("link", LINKS.values(), ids=lambda link: link.name)


def spread(link: Link) -> Any:
    low, high = RANGES[link.name]
    return np.linspace(low, high, 201)


@each_link
def test_inverse_agrees_with_arbitrary_precision(link: Link) -> None:
    eta = spread(link)
    with mpmath.workdps(60):
        exact = [float(EXACT[link.name](mpmath.mpf(float(e)))) for e in eta]
    np.testing.assert_allclose(link.inverse(eta), exact, rtol=1e-12)


@each_link
def test_link_undoes_its_inverse(link: Link) -> None:
    eta = spread(link)
    # Near its upper end a probability has lost what η said: compared through the parameter there.
    parameter = link.inverse(eta)
    np.testing.assert_allclose(link.inverse(link.link(parameter)), parameter, rtol=1e-12)
    middle = np.abs(eta) <= 5 if link.domain.high == 1 else np.abs(eta) <= 30
    np.testing.assert_allclose(link.link(parameter[middle]), eta[middle], rtol=1e-8, atol=1e-10)


@each_link
def test_slope_is_the_derivative_of_the_inverse(link: Link) -> None:
    eta = spread(link)
    with mpmath.workdps(60):
        exact = [float(mpmath.diff(EXACT[link.name], mpmath.mpf(float(e)))) for e in eta]
    np.testing.assert_allclose(link.slope(eta), exact, rtol=1e-12)


@each_link
def test_inverse_keeps_its_precision(link: Link) -> None:
    low, high = RANGES[link.name]
    eta = np.linspace(max(low, -4), min(high, 3), 20, dtype=np.float32)
    for function in (link.inverse, link.slope):
        assert function(eta).dtype == np.float32
        np.testing.assert_allclose(function(eta), function(eta.astype(np.float64)), rtol=1e-4)


# Exact coordinates of the default links, in the probability's two tails, so that mpmath keeps both.
FAR = {
    ("probit", "logit"): (-500.0, -40.0, -30.0, -8.0, -1.0, 0.0, 1.0, 8.0, 30.0, 40.0, 500.0),
    ("cloglog", "logit"): (-700.0, -300.0, -40.0, -1.0, 0.0, 1.0, 3.0, 6.0, 600.0),
    ("cauchit", "logit"): (-1e150, -1e50, -1e8, -3.0, 0.0, 3.0, 1e8, 1e50, 1e150),
    ("log", "logit"): (-700.0, -40.0, -1.0, -1e-3, -1e-10, -1e-100),
    ("identity", "logit"): (1e-300, 1e-10, 0.3, 0.999),
    ("softplus", "log"): (-700.0, -40.0, -1.0, 0.0, 1.0, 40.0, 700.0),
    ("inverse", "log"): (1e-300, 1e-10, 1.0, 1e10, 1e300),
    ("sqrt", "log"): (1e-200, 1e-10, 1.0, 1e10, 1e200),
    ("identity", "log"): (1e-300, 1e-10, 1.0, 1e10, 1e300),
    ("log", "identity"): (-700.0, 0.0, 700.0),
}


@pytest.mark.parametrize(("names", "etas"), FAR.items(), ids=lambda item: "-".join(map(str, item[:2])))
def test_changes_of_coordinate_are_exact_far_out(names: tuple[str, str], etas: tuple[float, ...]) -> None:
    name, default = names
    change = Link.named(name).into(Link.named(default))
    with mpmath.workdps(700):
        for eta in etas:
            at = mpmath.mpf(eta)
            coordinate = _exact_coordinate(name, default, at)
            assert float(change.coordinate(np.asarray(eta))) == pytest.approx(
                float(coordinate), rel=1e-12, abs=1e-15
            )
            step = (abs(at) or 1) * mpmath.mpf(10) ** -200
            upper, lower = (_exact_coordinate(name, default, at + sign * step) for sign in (1, -1))
            slope = (upper - lower) / (2 * step)
            assert float(change.slope(np.asarray(eta))) == pytest.approx(float(slope), rel=1e-12), eta


def _exact_coordinate(name: str, default: str, eta: Any) -> Any:
    """The default coordinate of the parameter, through both tails so that none of them cancels."""
    if name == "probit":
        return mpmath.log(mpmath.erfc(-eta / mpmath.sqrt(2))) - mpmath.log(mpmath.erfc(eta / mpmath.sqrt(2)))
    if name == "cloglog":
        return mpmath.log(-mpmath.expm1(-mpmath.exp(eta))) + mpmath.exp(eta)
    parameter = EXACT[name](eta)
    if default == "logit":
        return mpmath.log(parameter) - mpmath.log(1 - parameter)
    return mpmath.log(parameter) if default == "log" else parameter


def test_changes_of_coordinate_without_a_form_of_their_own_pass_through_the_parameter() -> None:
    change = Link.named("probit").into(IDENTITY)
    assert float(change.coordinate(np.asarray(1.0))) == pytest.approx(0.8413447460685429, rel=1e-15)
    assert float(change.slope(np.asarray(1.0))) == pytest.approx(0.24197072451914337, rel=1e-15)


def test_links_are_found_by_name() -> None:
    assert Link.named("log") is LOG
    assert Link.named("logit") is LOGIT
    with pytest.raises(ParameterError, match="there is no link 'logistic'; the links are cauchit, cloglog"):
        Link.named("logistic")


@pytest.mark.parametrize("name", ["sqrt", "log", "inverse"])
def test_what_no_link_leads_to_is_not_a_number(name: str) -> None:
    """η that no parameter has: NaN, which a head turns into an impossible likelihood."""
    with np.errstate(all="ignore"):
        assert np.isnan(Link.named(name).into(LOGIT).coordinate(np.asarray(-1.0 if name != "log" else 1.0)))
