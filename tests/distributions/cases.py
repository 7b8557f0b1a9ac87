"""The registry of cases: one entry a family, and every property test of the room applies to it.

An entry needs no more than the class: parameters are drawn by their declarations (uniformly in the coordinate of
the default link over the typical range). Further fields say what SciPy and mpmath call the same distribution,
which parameter values are extreme, and, for unusual families, how to draw parameters or to sum over outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit

from mlekit.arrays import Array
from mlekit.distributions import (
    AsymmetricLaplace,
    Bernoulli,
    Beta,
    BetaBinomial,
    Binomial,
    Categorical,
    Cauchy,
    DiscreteUniform,
    Distribution,
    Empirical,
    Exponential,
    ExponentialFamily,
    FiniteSet,
    Gamma,
    Gaussian,
    Geometric,
    Gumbel,
    Head,
    InverseGaussian,
    Laplace,
    Logistic,
    LogLogistic,
    LogNormal,
    Mixture,
    NegativeBinomial,
    OrderedCategorical,
    Parameter,
    Poisson,
    StudentT,
    Uniform,
    VonMises,
    Weibull,
)
from mlekit.distributions.link import Link
from tests.distributions.exact import beta_lower, gamma_lower, gamma_upper, wald_lower, wald_upper
from tests.distributions.quadrature import far_nodes, support_nodes

Parameters: TypeAlias = dict[str, Any]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], Parameters]


@dataclass(frozen=True)
class Exact:
    """The same distribution in mpmath: functions of the value (an mpf) and the parameters (mpf by name)."""

    log_prob: Callable[..., Any]
    cdf: Callable[..., Any] | None = None
    sf: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Case:
    """How the property tests use a family.

    Args:
        distribution: the class.
        reference: from scalar parameters to SciPy's frozen distribution.
        exact: the same in mpmath, for the tails.
        extremes: parameters at the ends of what doubles can hold; all answers must stay numbers there.
        draw: from generator and batch shape to parameters; by their declarations if not given.
        fixed: what ``family(...)`` must be told beside the data, such as a number of trials.
        nodes: outcomes of a single distribution and their weights; by its support if not given.
        event_ndim: the number of axes that one outcome has.
        ordered: whether it has a cdf and quantiles.
        moments: whether mean and variance exist; they are NaN otherwise.
        periodic: whether outcomes outside the support stand for others in it, as angles do.
        rtol: relative error allowed against SciPy, where SciPy itself is not exact to 1e-12.
        build: from parameters to the distribution, where they are not its constructor's own.
        held: the value of a predicted parameter, where a property of the same name means something else.
        name: told apart in test names, where a class has several entries.
    """

    distribution: type[Distribution]
    reference: Callable[..., Any] | None = None
    exact: Exact | None = None
    extremes: Sequence[Parameters] = ()
    draw: Draw | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    nodes: Callable[[Distribution], tuple[Any, Array]] = support_nodes
    event_ndim: int = 0
    ordered: bool = True
    moments: bool = True
    periodic: bool = False
    rtol: float = 1e-12
    build: Callable[..., Distribution] | None = None
    held: Callable[[Any, str], Any] = getattr
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.distribution.__name__

    # ---- distributions ------------------------------------------------------------------------------------

    def make(self, parameters: Parameters) -> Distribution:
        """The distribution of these parameters, and of the constants that the family is told."""
        constructor: Any = self.build or self.distribution
        constants = {name: value for name, value in self.fixed.items() if name in self.distribution.constants}
        made: Distribution = constructor(**{**constants, **parameters})
        return made

    def parameters(self, seed: int, shape: tuple[int, ...] = ()) -> Parameters:
        """Typical parameters of a batch."""
        rng = np.random.default_rng(seed)
        if self.draw is not None:
            return self.draw(rng, shape)
        return {p.name: typical(p, rng, shape) for p in self.distribution.parameters}

    def typical(self, seed: int, shape: tuple[int, ...] = ()) -> Distribution:
        """A typical batch."""
        return self.make(self.parameters(seed, shape))

    @property
    def continuous(self) -> bool:
        support = self.typical(0).support
        return not isinstance(support, FiniteSet) and not support.integer

    # ---- families and heads -------------------------------------------------------------------------------

    def frame(self, outcomes: Any, columns: int = 1) -> pd.DataFrame:
        """Outcomes of rows as target columns."""
        array = np.asarray(outcomes)
        if array.ndim == 1:
            return pd.DataFrame({"y": array})
        return pd.DataFrame({f"y{j}": array[:, j] for j in range(array.shape[1])})

    def bind(self, *, targets: int = 1, seed: int = 0, rows: int = 200, **settings: Any) -> Head[Any]:
        """A head that has seen typical targets; ``links`` and ``fixed`` go to the family, the rest to bind."""
        links, fixed = settings.pop("links", None), {**self.fixed, **settings.pop("fixed", {})}
        family = self.distribution.family(links=links, **fixed)
        batch = self.typical(seed, () if targets == 1 else (targets,))
        return family.bind(self.frame(batch.sample(rows, rng=seed)), **settings)

    def eta(self, head: Head[Any], rows: int, seed: int = 0) -> Array:
        """Raw outputs of a head in the typical range of its parameters."""
        rng = np.random.default_rng(seed)
        eta = np.empty((rows, head.n_outputs))
        for name, columns in head.columns.items():
            parameter = head.family.parameter(name)
            chosen = head.family.links.get(name)
            link = parameter.link if chosen is None else Link.named(chosen)
            shape = (rows, columns.stop - columns.start)
            eta[:, columns] = link.link(typical(parameter, rng, shape, within=link))
        return eta

    def rows(self, head: Head[Any], rows: int, seed: int = 0) -> tuple[Array, np.ndarray]:
        """Raw outputs, and encoded outcomes drawn from what they predict."""
        eta = self.eta(head, rows, seed)
        outcomes = np.asarray(head.distribution(eta).sample(rng=seed))
        return eta, head.encode(self.frame(outcomes).set_axis(list(head.target_names), axis=1))


def typical(
    parameter: Parameter, rng: np.random.Generator, shape: tuple[int, ...], within: Link | None = None
) -> Array:
    """Values of a parameter, uniform in its default coordinate over the typical range.

    Args:
        parameter: the parameter.
        rng: generator.
        shape: shape.
        within: another link, whose domain the values must lie in as well.
    """
    low, high = parameter.typical
    if within is not None:
        low, high = typical_range(parameter, within)
    bottom, top = parameter.link.link(np.array([low, high]))
    if parameter.axes:
        return parameter.link.inverse(rng.uniform(low, high, shape))
    drawn = parameter.link.inverse(rng.uniform(bottom, top, shape))
    return np.rint(drawn) if parameter.domain.integer else drawn


def typical_range(parameter: Parameter, within: Link) -> tuple[float, float]:
    """The part of the typical range that lies well within a link's domain."""
    low, high = parameter.typical
    return max(low, float(within.domain.low) + 0.05), min(high, float(within.domain.high) - 0.05)


def each(*keep: Callable[[Case], bool]) -> pytest.MarkDecorator:
    """Parametrize a test over the cases that satisfy all conditions."""
    chosen = [case for case in CASES if all(condition(case) for condition in keep)]
    return pytest.mark.parametrize("case", chosen, ids=str)


def fitted(case: Case) -> bool:
    return bool(case.distribution.predicted)


def ordered(case: Case) -> bool:
    return case.ordered


def numeric(case: Case) -> bool:
    return case.event_ndim == 0


def exponential(case: Case) -> bool:
    return issubclass(case.distribution, ExponentialFamily)


def independent(case: Case) -> bool:
    """Whether several target columns are several outcomes."""
    return fitted(case) and not case.distribution.joint


def links_of(case: Case) -> list[tuple[str, str]]:
    """Every parameter of a family with every link that it may be given in place of its own."""
    return [
        (parameter.name, link)
        for parameter in case.distribution.predicted
        for link in parameter.links
        if link != parameter.link.name and reaches(parameter, Link.named(link))
    ]


def reaches(parameter: Parameter, link: Link) -> bool:
    """Whether a link reaches typical values of the parameter."""
    low, high = typical_range(parameter, link)
    return low < high


def each_link() -> pytest.MarkDecorator:
    """Parametrize a test over the families, each with its default links and with every other admissible one."""
    chosen = [
        pytest.param(case, links, id=" ".join([str(case), *links.values()]))
        for case in CASES
        if fitted(case)
        for links in [{}, *({name: link} for name, link in links_of(case))]
    ]
    return pytest.mark.parametrize(("case", "links"), chosen)


# ---- the cases --------------------------------------------------------------------------------------------


def _dirichlet(name: str, to: Callable[[Array], Array], size: int) -> Draw:
    return lambda rng, shape: {name: to(rng.dirichlet(np.ones(size), shape))}


def _table(outcomes: Any, masses: Any) -> Any:
    return stats.rv_discrete(values=(outcomes, masses))()


def _gaussians(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {
        "loc": rng.uniform(-3, 3, (*shape, 3)),
        "scale": np.exp(rng.uniform(-1.5, 1, (*shape, 3))),
        "weights": rng.dirichlet(np.full(3, 2.0), shape),
    }


def _gaussians_and_logistic(loc: Any, scale: Any, weights: Any) -> Distribution:
    parts: list[Distribution] = [
        Gaussian(loc=loc[..., 0], scale=scale[..., 0]),
        Logistic(loc=loc[..., 1], scale=scale[..., 1]),
        Gaussian(loc=loc[..., 2], scale=scale[..., 2]),
    ]
    return Mixture(parts, weights)


def _poissons(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {
        "rate": np.exp(rng.uniform(-1, 4, (*shape, 2))),
        "weights": rng.dirichlet(np.full(2, 2.0), shape),
    }


def _categoricals(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
    return {"logits": rng.normal(size=(*shape, 3, 4)), "weights": rng.dirichlet(np.full(3, 2.0), shape)}


def _data(rng: np.random.Generator, shape: tuple[int, ...], size: int) -> Parameters:
    return {
        "samples": rng.integers(-3, 12, (*shape, size)) / 2,
        "weights": rng.dirichlet(np.full(size, 5.0), shape),
    }


def _data_reference(samples: Any, weights: Any) -> Any:
    outcomes, position = np.unique(samples, return_inverse=True)
    return _table(outcomes, np.bincount(position, weights=weights))


def _laplace_cdf(z: Any) -> Any:
    return mpmath.exp(z) / 2 if z < 0 else 1 - mpmath.exp(-z) / 2


def _cutpoints(size: int) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameters:
        steps = rng.uniform(0.3, 1.5, (*shape, size))
        return {"loc": rng.uniform(-1, 1, shape), "cutpoints": np.cumsum(steps, axis=-1) - 2.5}

    return draw


def _ordered(latent: Any, loc: Any, cutpoints: Any) -> Any:
    below = np.concatenate([[0.0], latent.cdf(cutpoints - loc), [1.0]])
    return _table(np.arange(len(below) - 1), np.diff(below))


def _student(rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float) -> Parameters:
    return {
        "df": np.exp(rng.uniform(np.log(low), np.log(high), shape)),
        "loc": rng.uniform(-10, 10, shape),
        "scale": np.exp(rng.uniform(-2, 2, shape)),
    }


def _student_log_prob(z: Any, df: Any) -> Any:
    ratio = mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2)
    return ratio - mpmath.log(df * mpmath.pi) / 2 - (df + 1) / 2 * mpmath.log1p(z * z / df)


def _student_cdf(z: Any, df: Any) -> Any:
    """The tail beyond |z|: a hypergeometric function (DLMF 8.17.7), or, where that is hard, quadrature."""
    if df < 500:
        tail = mpmath.exp(_student_log_prob(z, df)) * abs(z) / df * (1 + df / (z * z))
        tail *= mpmath.re(mpmath.hyp2f1(1, 0.5, df / 2 + 1, -df / (z * z)))
    else:
        step = 2 * (df + z * z) / (abs(z) * (df + 1))
        edges = [abs(z) + k * step for k in range(36)]
        tail = mpmath.quad(
            lambda t: mpmath.exp(_student_log_prob(t, df)), edges, method="gauss-legendre", maxdegree=4
        )
    return tail if z < 0 else 1 - tail


_GAMMA = Exact(
    log_prob=lambda y, shape, rate: (
        shape * mpmath.log(rate) + (shape - 1) * mpmath.log(y) - rate * y - mpmath.loggamma(shape)
    ),
    cdf=lambda y, shape, rate: gamma_lower(shape, rate * y),
    sf=lambda y, shape, rate: gamma_upper(shape, rate * y),
)


def _pinball_cdf(z: Any, level: Any) -> Any:
    if z < 0:
        return level * mpmath.exp((1 - level) * z)
    return 1 - (1 - level) * mpmath.exp(-level * z)


def _von_mises_cdf(angle: Any, concentration: Any) -> Any:
    edges = [-mpmath.pi + (mpmath.pi - abs(angle)) * k / 20 for k in range(21)]
    tail = mpmath.quad(lambda t: mpmath.exp(concentration * mpmath.cos(t)), edges, maxdegree=5)
    tail /= 2 * mpmath.pi * mpmath.besseli(0, concentration)
    return tail if angle < 0 else 1 - tail


def _betainc(a: Any, b: Any, x: Any) -> Any:
    """I_x(a, b) by a series of positive terms, where mpmath's own gives up."""
    if x > a / (a + b):
        return 1 - _betainc(b, a, 1 - x)
    first = mpmath.exp(a * mpmath.log(x) + b * mpmath.log1p(-x)) / (a * mpmath.beta(a, b))
    total, term, j = mpmath.mpf(0), mpmath.mpf(1), 0
    while term > 1e-30 * total:
        total += term
        term *= (a + b + j) / (a + 1 + j) * x
        j += 1
    return first * total


_LOG_LOGISTIC = Exact(
    log_prob=lambda y, shape, scale: (
        mpmath.log(shape / scale)
        + (shape - 1) * mpmath.log(y / scale)
        - 2 * mpmath.log1p((y / scale) ** shape)
    ),
    cdf=lambda y, shape, scale: 1 / (1 + (y / scale) ** -shape),
    sf=lambda y, shape, scale: 1 / (1 + (y / scale) ** shape),
)

_BETA = Exact(
    log_prob=lambda y, alpha, beta: (
        (alpha - 1) * mpmath.log(y)
        + (beta - 1) * mpmath.log1p(-y)
        - (mpmath.loggamma(alpha) + mpmath.loggamma(beta) - mpmath.loggamma(alpha + beta))
    ),
    cdf=lambda y, alpha, beta: beta_lower(alpha, beta, y),
    sf=lambda y, alpha, beta: beta_lower(beta, alpha, 1 - y),
)

_WALD = Exact(
    log_prob=lambda y, mean, shape: (
        mpmath.log(shape / (2 * mpmath.pi * y**3)) / 2 - shape * (y - mean) ** 2 / (2 * mean**2 * y)
    ),
    cdf=wald_lower,
    sf=wald_upper,
)

_NEAR = (1e-300, 1e-16, 1 - 1e-16)
_LOCATIONS_AND_SCALES = [{"loc": m, "scale": s} for m in (0.0, -1e8) for s in (1e-8, 1e8, 1e-150, 1e150)]

CASES = (
    Case(
        Bernoulli,
        reference=lambda probs: stats.bernoulli(probs),
        exact=Exact(
            log_prob=lambda y, probs: mpmath.log(probs if y else 1 - probs),
            cdf=lambda y, probs: 1 - probs if y < 1 else mpmath.mpf(1),
            sf=lambda y, probs: probs if y < 1 else mpmath.mpf(0),
        ),
        extremes=[{"probs": p} for p in (0.0, 1.0, *_NEAR)]
        + [{"logits": t} for t in (-700, 700, 1e8, -np.inf)],
    ),
    Case(
        Bernoulli,
        draw=lambda rng, shape: {"logits": rng.uniform(-4, 4, shape)},
        exact=Exact(
            log_prob=lambda y, logits: -mpmath.log1p(mpmath.exp(-logits if y else logits)),
            cdf=lambda y, logits: 1 / (1 + mpmath.exp(logits)) if y < 1 else mpmath.mpf(1),
            sf=lambda y, logits: 1 / (1 + mpmath.exp(-logits)) if y < 1 else mpmath.mpf(0),
        ),
        name="Bernoulli-logits",
    ),
    Case(
        Categorical,
        draw=_dirichlet("probs", np.asarray, 5),
        reference=lambda probs: _table(np.arange(len(probs)), probs),
        extremes=[
            *({"probs": p} for p in ([1.0, 0.0, 0.0], [1e-300, 0.5, 0.5], [1.0])),
            *({"logits": t} for t in ([-700.0, 0.0, 700.0], [-np.inf, 0.0, 1e8], [1e300, -1e300])),
        ],
    ),
    Case(
        Categorical,
        draw=_dirichlet("logits", lambda p: logit(p) - 1, 2),
        reference=lambda logits: _table([0, 1], np.exp(logits - np.logaddexp(*logits))),
        name="Categorical-logits",
    ),
    Case(
        Mixture,
        draw=_gaussians,
        build=lambda loc, scale, weights: Mixture(Gaussian(loc=loc, scale=scale), weights),
        extremes=[
            {"loc": [-1e8, 0.0, 1e8], "scale": [1e-8, 1.0, 1e8], "weights": [0.2, 0.3, 0.5]},
            {"loc": [0.0, 0.0, 1e150], "scale": [1e-150, 1e150, 1e-8], "weights": [1e-300, 1.0, 0.0]},
        ],
    ),
    Case(Mixture, draw=_gaussians, build=_gaussians_and_logistic, name="Mixture-families"),
    Case(
        Mixture,
        draw=_poissons,
        build=lambda rate, weights: Mixture(Poisson(rate=rate), weights),
        extremes=[{"rate": [0.0, 1e6], "weights": [0.5, 0.5]}, {"rate": [1.0, 1e9], "weights": [1.0, 0.0]}],
        name="Mixture-counts",
    ),
    Case(
        Mixture,
        draw=_categoricals,
        build=lambda logits, weights: Mixture(Categorical(logits=logits), weights),
        name="Mixture-labels",
    ),
    *(
        Case(
            OrderedCategorical,
            draw=_cutpoints(4),
            reference=partial(_ordered, latent),
            fixed={"link": link},
            extremes=[
                {"loc": 0.0, "cutpoints": [-800.0, 0.0, 800.0]},
                {"loc": 1e8, "cutpoints": [-1.0, 1e8, 1e8 + 1e-4]},
                {"loc": -40.0, "cutpoints": [0.0, 1e-300, 1e300]},
            ],
            name=name,
        )
        for name, link, latent in (
            ("OrderedCategorical", "logit", stats.logistic),
            ("OrderedCategorical-probit", "probit", stats.norm),
        )
    ),
    Case(
        Gaussian,
        reference=stats.norm,
        exact=Exact(
            log_prob=lambda y, loc, scale: mpmath.log(mpmath.npdf(y, loc, scale)),
            cdf=lambda y, loc, scale: mpmath.ncdf(y, loc, scale),
            sf=lambda y, loc, scale: mpmath.ncdf(-y, -loc, scale),
        ),
        extremes=[{"loc": m, "scale": s} for m in (0.0, -1e8) for s in (1e-8, 1e8, 1e-150, 1e150)],
    ),
    Case(
        Poisson,
        reference=lambda rate: stats.poisson(rate),
        exact=Exact(
            log_prob=lambda y, rate: y * mpmath.log(rate) - rate - mpmath.loggamma(y + 1),
            cdf=lambda y, rate: mpmath.gammainc(y + 1, rate, mpmath.inf, regularized=True),
            sf=lambda y, rate: mpmath.gammainc(y + 1, 0, rate, regularized=True),
        ),
        extremes=[{"rate": rate} for rate in (0.0, 1e-300, 1e-8, 1e8, 1e9, 1e17, 1e300)],
    ),
    Case(
        Laplace,
        reference=stats.laplace,
        exact=Exact(
            log_prob=lambda y, loc, scale: -abs(y - loc) / scale - mpmath.log(2 * scale),
            cdf=lambda y, loc, scale: _laplace_cdf((y - loc) / scale),
            sf=lambda y, loc, scale: _laplace_cdf((loc - y) / scale),
        ),
        extremes=_LOCATIONS_AND_SCALES,
    ),
    Case(
        StudentT,
        draw=lambda rng, shape: _student(rng, shape, 2.5, 60.0),
        reference=stats.t,
        exact=Exact(
            log_prob=lambda y, df, loc, scale: _student_log_prob((y - loc) / scale, df) - mpmath.log(scale),
            cdf=lambda y, df, loc, scale: _student_cdf((y - loc) / scale, df),
            sf=lambda y, df, loc, scale: _student_cdf((loc - y) / scale, df),
        ),
        extremes=[{"df": v, **rest} for v in (1.5, 30.0, 1e4, 1e8, 1e16) for rest in _LOCATIONS_AND_SCALES],
        nodes=far_nodes,
        rtol=1e-11,
    ),
    Case(
        StudentT,
        draw=lambda rng, shape: _student(rng, shape, 1.0, 2.0),
        exact=Exact(
            log_prob=lambda y, df, loc, scale: _student_log_prob((y - loc) / scale, df) - mpmath.log(scale),
            cdf=lambda y, df, loc, scale: _student_cdf((y - loc) / scale, df),
            sf=lambda y, df, loc, scale: _student_cdf((loc - y) / scale, df),
        ),
        nodes=far_nodes,
        name="StudentT-heavy",
    ),
    Case(
        StudentT,
        draw=lambda rng, shape: _student(rng, shape, 500.0, 1e9),
        exact=Exact(
            log_prob=lambda y, df, loc, scale: _student_log_prob((y - loc) / scale, df) - mpmath.log(scale),
            cdf=lambda y, df, loc, scale: _student_cdf((y - loc) / scale, df),
            sf=lambda y, df, loc, scale: _student_cdf((loc - y) / scale, df),
        ),
        name="StudentT-light",
    ),
    Case(
        Logistic,
        reference=stats.logistic,
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                -(y - loc) / scale - 2 * mpmath.log1p(mpmath.exp(-(y - loc) / scale)) - mpmath.log(scale)
            ),
            cdf=lambda y, loc, scale: 1 / (1 + mpmath.exp(-(y - loc) / scale)),
            sf=lambda y, loc, scale: 1 / (1 + mpmath.exp((y - loc) / scale)),
        ),
        extremes=_LOCATIONS_AND_SCALES,
    ),
    Case(
        Cauchy,
        reference=stats.cauchy,
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                -mpmath.log1p(((y - loc) / scale) ** 2) - mpmath.log(mpmath.pi * scale)
            ),
            cdf=lambda y, loc, scale: mpmath.atan((y - loc) / scale) / mpmath.pi + 0.5,
            sf=lambda y, loc, scale: mpmath.atan((loc - y) / scale) / mpmath.pi + 0.5,
        ),
        extremes=_LOCATIONS_AND_SCALES,
        rtol=1e-11,  # SciPy's own digits in the far tails before 1.15
        moments=False,
    ),
    Case(
        Gumbel,
        reference=stats.gumbel_r,
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                -(y - loc) / scale - mpmath.exp(-(y - loc) / scale) - mpmath.log(scale)
            ),
            cdf=lambda y, loc, scale: mpmath.exp(-mpmath.exp(-(y - loc) / scale)),
            sf=lambda y, loc, scale: -mpmath.expm1(-mpmath.exp(-(y - loc) / scale)),
        ),
        extremes=_LOCATIONS_AND_SCALES,
    ),
    Case(
        Exponential,
        reference=lambda rate: stats.expon(scale=1 / rate),
        exact=Exact(
            log_prob=lambda y, rate: mpmath.log(rate) - rate * y,
            cdf=lambda y, rate: -mpmath.expm1(-rate * y),
            sf=lambda y, rate: mpmath.exp(-rate * y),
        ),
        extremes=[{"rate": rate} for rate in (1e-150, 1e-8, 1e8, 1e150)],
    ),
    Case(
        Gamma,
        reference=lambda shape, rate: stats.gamma(shape, scale=1 / rate),
        exact=_GAMMA,
        extremes=[
            {"shape": shape, "rate": rate}
            for shape in (1e-3, 0.5, 1.0, 1e4, 1e8)
            for rate in (1e-8, 1e8, 1e-100, 1e100)
        ],
        rtol=1e-11,
    ),
    Case(
        Gamma,
        draw=lambda rng, shape: {
            "shape": np.exp(rng.uniform(np.log(200), np.log(1e6), shape)),
            "rate": np.exp(rng.uniform(-3, 3, shape)),
        },
        exact=_GAMMA,
        name="Gamma-narrow",
    ),
    Case(
        AsymmetricLaplace,
        reference=lambda loc, scale, quantile: stats.laplace_asymmetric(
            np.sqrt(quantile / (1 - quantile)), loc, scale / np.sqrt(quantile * (1 - quantile))
        ),
        exact=Exact(
            log_prob=lambda y, loc, scale, quantile: (
                mpmath.log(quantile * (1 - quantile) / scale)
                - max(quantile * (y - loc), (quantile - 1) * (y - loc)) / scale
            ),
            cdf=lambda y, loc, scale, quantile: _pinball_cdf((y - loc) / scale, quantile),
            sf=lambda y, loc, scale, quantile: _pinball_cdf((loc - y) / scale, 1 - quantile),
        ),
        extremes=[{"quantile": q, **rest} for q in (1e-3, 0.5, 0.9) for rest in _LOCATIONS_AND_SCALES],
        fixed={"quantile": 0.3},
    ),
    Case(
        VonMises,
        exact=Exact(
            log_prob=lambda y, loc, concentration: (
                concentration * mpmath.cos(y - loc)
                - mpmath.log(2 * mpmath.pi * mpmath.besseli(0, concentration))
            ),
            cdf=lambda y, loc, concentration: _von_mises_cdf(y - loc, concentration),
            sf=lambda y, loc, concentration: _von_mises_cdf(loc - y, concentration),
        ),
        extremes=[{"loc": m, "concentration": k} for m in (0.0, 3.0, -1e8) for k in (1e-8, 1.0, 1e8)],
        periodic=True,
    ),
    Case(
        NegativeBinomial,
        reference=lambda mean, dispersion: stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean)),
        exact=Exact(
            log_prob=lambda y, mean, dispersion: (
                mpmath.loggamma(y + 1 / dispersion)
                - mpmath.loggamma(1 / dispersion)
                - mpmath.loggamma(y + 1)
                - mpmath.log1p(dispersion * mean) / dispersion
                - y * mpmath.log1p(1 / (dispersion * mean))
            ),
            cdf=lambda y, mean, dispersion: _betainc(1 / dispersion, y + 1, 1 / (1 + dispersion * mean)),
            sf=lambda y, mean, dispersion: _betainc(y + 1, 1 / dispersion, 1 - 1 / (1 + dispersion * mean)),
        ),
        extremes=[
            {"mean": mean, "dispersion": dispersion}
            for mean in (0.0, 1e-8, 1.0, 1e9)
            for dispersion in (0.0, 1e-300, 1e-17, 1e-8, 1.0, 1e8)
        ],
        rtol=1e-9,
    ),
    Case(
        LogNormal,
        reference=lambda loc, scale: stats.lognorm(scale, scale=np.exp(loc)),
        exact=Exact(
            log_prob=lambda y, loc, scale: (
                mpmath.log(mpmath.npdf(mpmath.log(y), loc, scale)) - mpmath.log(y) if y else -mpmath.inf
            ),
            cdf=lambda y, loc, scale: mpmath.ncdf(mpmath.log(y), loc, scale),
            sf=lambda y, loc, scale: mpmath.ncdf(-mpmath.log(y), -loc, scale),
        ),
        extremes=[{"loc": m, "scale": s} for m in (0.0, -300.0, 300.0) for s in (1e-8, 1e-3, 5.0)],
        rtol=1e-11,
    ),
    Case(
        Weibull,
        reference=lambda shape, scale: stats.weibull_min(shape, scale=scale),
        exact=Exact(
            log_prob=lambda y, shape, scale: (
                mpmath.log(shape / scale) + (shape - 1) * mpmath.log(y / scale) - (y / scale) ** shape
            ),
            cdf=lambda y, shape, scale: -mpmath.expm1(-((y / scale) ** shape)),
            sf=lambda y, shape, scale: mpmath.exp(-((y / scale) ** shape)),
        ),
        extremes=[
            {"shape": k, "scale": s} for k in (0.05, 1.0, 1e4, 1e8) for s in (1e-8, 1e8, 1e-100, 1e100)
        ],
        rtol=1e-11,
    ),
    Case(
        LogLogistic,
        draw=lambda rng, shape: {
            "shape": rng.uniform(6.0, 30.0, shape),
            "scale": np.exp(rng.uniform(-3, 3, shape)),
        },
        reference=lambda shape, scale: stats.fisk(shape, scale=scale),
        exact=_LOG_LOGISTIC,
        extremes=[
            {"shape": k, "scale": s} for k in (0.05, 1.0, 2.0, 1e4, 1e8) for s in (1e-8, 1e8, 1e-100, 1e100)
        ],
        rtol=1e-11,
    ),
    Case(
        LogLogistic,
        draw=lambda rng, shape: {
            "shape": rng.uniform(0.3, 1.0, shape),
            "scale": np.exp(rng.uniform(-3, 3, shape)),
        },
        exact=_LOG_LOGISTIC,
        name="LogLogistic-heavy",
    ),
    Case(
        Geometric,
        reference=lambda probs: stats.geom(probs, loc=-1),
        exact=Exact(
            log_prob=lambda y, probs: mpmath.log(probs) + y * mpmath.log1p(-probs),
            cdf=lambda y, probs: 1 - mpmath.exp((y + 1) * mpmath.log1p(-probs)),
            sf=lambda y, probs: mpmath.exp((y + 1) * mpmath.log1p(-probs)),
        ),
        extremes=[{"probs": p} for p in (1.0, 1e-300, 1e-16, 1e-8, 1 - 1e-16)]
        + [{"logits": t} for t in (-700, -40, 700, np.inf)],
    ),
    Case(
        Binomial,
        draw=lambda rng, shape: {
            "trials": np.full(shape, 20.0),
            "probs": np.asarray(rng.uniform(0.05, 0.95, shape)),
        },
        reference=lambda trials, probs: stats.binom(trials, probs),
        exact=Exact(
            log_prob=lambda y, trials, probs: (
                mpmath.log(mpmath.binomial(trials, y))
                + y * mpmath.log(probs)
                + (trials - y) * mpmath.log1p(-probs)
            ),
            cdf=lambda y, trials, probs: (
                _betainc(trials - y, y + 1, 1 - probs) if y < trials else mpmath.mpf(1)
            ),
            sf=lambda y, trials, probs: _betainc(y + 1, trials - y, probs) if y < trials else mpmath.mpf(0),
        ),
        extremes=[
            {"trials": n, "probs": p} for n in (0, 1, 10**9) for p in (0.0, 1e-300, 1e-9, 0.5, 1 - 1e-16, 1.0)
        ],
        fixed={"trials": 20},
    ),
    Case(
        Binomial,
        draw=lambda rng, shape: {
            "trials": np.rint(np.exp(rng.uniform(0.0, 7.0, shape))),
            "probs": expit(rng.uniform(-6.0, 6.0, shape)),
        },
        reference=lambda trials, probs: stats.binom(trials, probs),
        fixed={"trials": 1200},
        rtol=1e-10,
        name="Binomial-many",
    ),
    Case(
        DiscreteUniform,
        reference=lambda low, high: stats.randint(low, high + 1),
        exact=Exact(
            log_prob=lambda _, low, high: -mpmath.log(high - low + 1),
            cdf=lambda y, low, high: (y - low + 1) / (high - low + 1),
            sf=lambda y, low, high: (high - y) / (high - low + 1),
        ),
        extremes=[{"low": 3, "high": 3}, {"low": -(10**9), "high": 10**9}, {"low": 0, "high": 10**15}],
    ),
    Case(
        InverseGaussian,
        reference=lambda mean, shape: stats.invgauss(mean / shape, scale=shape),
        exact=_WALD,
        extremes=[{"mean": m, "shape": s} for m in (1e-8, 1.0, 1e8) for s in (1e-8, 1.0, 1e8)],
        rtol=1e-9,
    ),
    Case(
        Beta,
        reference=lambda alpha, beta: stats.beta(alpha, beta),
        exact=_BETA,
        extremes=[
            {"alpha": a, "beta": b}
            for a, b in ((1e-3, 1e-3), (0.5, 1e8), (1e8, 1e8), (1.0, 1.0), (1e-8, 2.0))
        ],
        rtol=1e-11,
    ),
    Case(
        Beta,
        draw=lambda rng, shape: {
            name: np.exp(rng.uniform(np.log(100), np.log(1e6), shape)) for name in ("alpha", "beta")
        },
        exact=_BETA,
        name="Beta-narrow",
    ),
    Case(
        Uniform,
        reference=lambda low, high: stats.uniform(low, high - low),
        extremes=[{"low": a, "high": b} for a, b in ((-1e-300, 1e-300), (1.0, 1.0 + 1e-15), (-1e308, 1e308))],
    ),
    Case(
        BetaBinomial,
        draw=lambda rng, shape: {
            "trials": np.full(shape, 20.0),
            "alpha": np.exp(rng.uniform(-1.5, 3.0, shape)),
            "beta": np.exp(rng.uniform(-1.5, 3.0, shape)),
        },
        reference=lambda trials, alpha, beta: stats.betabinom(trials, alpha, beta),
        exact=Exact(
            log_prob=lambda y, trials, alpha, beta: mpmath.log(
                mpmath.binomial(trials, y)
                * mpmath.beta(y + alpha, trials - y + beta)
                / mpmath.beta(alpha, beta)
            )
        ),
        extremes=[
            {"trials": n, "alpha": a, "beta": b}
            for n in (0, 1, 50)
            for a in (1e-8, 1e8)
            for b in (1e-8, 1.0, 1e8)
        ],
        fixed={"trials": 20},
        held=lambda p, name: p.alpha / p.precision if name == "mean" else getattr(p, name),
        rtol=1e-11,
    ),
    Case(Empirical, draw=partial(_data, size=30), reference=_data_reference),
)
