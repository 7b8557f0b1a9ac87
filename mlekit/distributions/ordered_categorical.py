"""OrderedCategorical(η, c₁ < … < c_{K−1}): one of K labels that have an order (McCullagh 1980).

    P(Y ≤ k) = F(c_k − η),    p(k) = F(c_k − η) − F(c_{k−1} − η),    c₀ = −∞,  c_K = +∞

F is logistic (the proportional-odds model) or normal (the ordered probit): a latent variable η + Z, Z ~ F, is seen
only as the interval between cutpoints that it falls into. A predictor of the location η has no intercept, which
would shift all cutpoints. Coordinates of the cutpoints are the first one and the logarithms of the steps between
them. The Fisher information is exact: a sum over the K outcomes.

Inside, an outcome is an integer code or a row of K weights, as for `Categorical`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pandas as pd

from mlekit.arrays import Array, ArrayLike, Labels, read_only, sum_last
from mlekit.distributions.answers import encode_categories, learn_categories, refuse_unordered
from mlekit.distributions.categorical import Categorical
from mlekit.distributions.cumulative import Latent, latent_named
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import INCREASING, REAL, FiniteSet
from mlekit.distributions.labels import as_labels, codes_of
from mlekit.distributions.link import IDENTITY, ORDERED
from mlekit.distributions.outcomes import brief
from mlekit.distributions.parameter import Parameter
from mlekit.errors import ParameterError

__all__ = ["OrderedCategorical"]

_LOC = Parameter("loc", REAL, IDENTITY, typical=(-2.0, 2.0), intercept_in="cutpoints")
_CUTPOINTS = Parameter("cutpoints", INCREASING, ORDERED, typical=(-1.0, 1.0), axes=1, shared=True)


class OrderedCategorical(Distribution):
    """A batch of distributions over K labels in an order.

    Args:
        loc: location of the latent variable; the larger, the likelier are late labels.
        cutpoints: K − 1 increasing numbers on the last axis.
        categories: the K labels, in order; ``0 … K−1`` if not given.
        link: ``"logit"`` for a logistic latent variable, ``"probit"`` for a normal one.

    Raises:
        ParameterError: for cutpoints that do not increase, labels that repeat or are not K, or another link.

    >>> p = OrderedCategorical(loc=0.5, cutpoints=[-1.0, 1.0], categories=["low", "medium", "high"])
    >>> round(float(p.cdf("medium")), 6), p.mode
    (0.622459, 'medium')
    >>> p.probs.round(6), p.log_probs.round(6)
    (array([0.182426, 0.440034, 0.377541]), array([-1.701413, -0.820904, -0.974077]))

    """

    parameters = (_LOC, _CUTPOINTS)
    predicted = (_LOC, _CUTPOINTS)
    labelled = True
    joint = True
    constants = frozenset({"categories", "link"})

    def __init__(
        self,
        *,
        loc: ArrayLike,
        cutpoints: ArrayLike,
        categories: ArrayLike | None = None,
        link: str = "logit",
    ) -> None:
        latent_named(link)
        self._store_parameters(loc=loc, cutpoints=cutpoints)
        if np.ndim(self.cutpoints) == 0 or self.cutpoints.shape[-1] == 0:
            raise ParameterError("OrderedCategorical: needs a last axis over at least one cutpoint")
        self._store(
            categories=as_labels(categories, self.cutpoints.shape[-1] + 1, "OrderedCategorical"), link=link
        )

    loc: Array
    cutpoints: Array
    categories: Labels
    link: str

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What loc and the cutpoints without their last axis broadcast to."""
        return np.broadcast_shapes(self.loc.shape, self.cutpoints.shape[:-1])

    @property
    def support(self) -> FiniteSet:
        """The categories."""
        return FiniteSet(self.categories)

    @property
    def _latent(self) -> Latent:
        return latent_named(self.link)

    @property
    def _steps(self) -> Array:
        return np.diff(self.cutpoints, axis=-1)

    @cached_property
    def log_probs(self) -> Array:
        """Log p of every category, on the last axis."""
        with np.errstate(all="ignore"):
            return read_only(self._before_categories._log_prob(self._codes))

    @cached_property
    def probs(self) -> Array:
        """The probability of every category, on the last axis."""
        return read_only(np.exp(self.log_probs))

    def to_categorical(self) -> Categorical:
        """The same probabilities without the latent variable.

        >>> OrderedCategorical(loc=0.0, cutpoints=[0.0], categories=["no", "yes"]).to_categorical()
        Categorical('no': 0.5, 'yes': 0.5)
        """
        return Categorical._unchecked(
            logits=self.log_probs, log_probs=self.log_probs, probs=self.probs, categories=self.categories
        )

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _read(self, value: ArrayLike) -> np.ndarray:
        return codes_of(value, self.categories)

    @classmethod
    def _from_coordinates(cls, *coordinates: Array, **constants: Any) -> Self:
        loc, steps = coordinates
        return cls._unchecked(loc=loc, cutpoints=ORDERED.inverse(steps), **constants)

    @property
    def _codes(self) -> np.ndarray:
        return np.arange(len(self.categories))

    @property
    def _before_categories(self) -> Self:
        """The same batch with one more axis, which codes of all categories broadcast against."""
        loc, cutpoints = np.asarray(self.loc)[..., None], self.cutpoints[..., None, :]
        return self._unchecked(loc=loc, cutpoints=cutpoints, categories=self.categories, link=self.link)

    def _interval(self, codes: np.ndarray) -> tuple[Array, Array, Array]:
        """Both ends of the latent interval of each code, from the location, and its width."""
        no_end = np.full((*self.cutpoints.shape[:-1], 1), np.inf, dtype=self.cutpoints.dtype)
        ends = np.concatenate([-no_end, self.cutpoints, no_end], axis=-1)
        widths = np.concatenate([no_end, self._steps, no_end], axis=-1)
        batch = np.indices(self.cutpoints.shape[:-1], sparse=True)
        low, high = (ends[(*batch, place)] - self.loc for place in (codes, codes + 1))
        return low, high, widths[(*batch, codes)]

    def _log_prob(self, value: np.ndarray) -> Array:
        if value.dtype.kind == "f":
            # 0·log 0 = 0: a category that got no weight may be impossible.
            return sum_last(np.where(value == 0, 0.0, value * self.log_probs))
        log_mass = self._latent.log_mass(*self._interval(value))
        unknown = value < 0
        return np.where(unknown, -np.inf, log_mass) if unknown.any() else log_mass

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        if value.dtype.kind == "f":
            scores = self._before_categories._score(self._codes)
            return (value[..., None, :] @ scores[0][..., None])[..., 0, 0], (value[..., None, :] @ scores[1])[
                ..., 0, :
            ]
        location, spread = self._latent.slopes(*self._interval(value))
        code, later = value[..., None], np.arange(1, len(self.categories) - 1)
        moved, widened = -location[..., None] * self._steps, spread[..., None]
        steps = np.where(later < code, moved, np.where(later == code, widened, 0.0))
        return location, np.concatenate([-location[..., None], steps.astype(location.dtype)], axis=-1)

    def _information(self) -> Array:
        location, cutpoints = self._before_categories._score(self._codes)
        score = np.concatenate([location[..., None], cutpoints], axis=-1)
        weighted = np.where(self.probs[..., None] > 0, self.probs[..., None] * score, 0.0)
        score = np.where(self.probs[..., None] > 0, score, 0.0)
        information: Array = np.swapaxes(weighted, -1, -2) @ score
        return information

    @classmethod
    def _learn_constants(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        link, declared = constants.get("link", "logit"), constants.get("categories")
        latent_named(link)
        if declared is None:
            refuse_unordered(target, cls.__name__)
        return {"categories": learn_categories(target, declared), "link": link}

    @classmethod
    def _widths(cls, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        return None, len(constants["categories"]) - 1

    @classmethod
    def _coordinate_labels(cls, name: str, constants: Mapping[str, Any]) -> list[Any] | None:
        if name != _CUTPOINTS.name:
            return None
        labels = constants["categories"].tolist()
        cuts = [f"{before}|{after}" for before, after in pairwise(labels)]
        return [cuts[0], *(f"log({b} − {a})" for a, b in pairwise(cuts))]

    @classmethod
    def _encode(cls, target: pd.DataFrame, constants: Mapping[str, Any]) -> np.ndarray:
        return encode_categories(target, constants["categories"])

    @classmethod
    def _start(cls, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        k = len(constants["categories"])
        totals = (
            weights @ value if value.dtype.kind == "f" else np.bincount(value, weights=weights, minlength=k)
        )
        below = np.cumsum(totals)[:-1] / totals.sum()
        return np.zeros(()), ORDERED.link(latent_named(constants["link"]).quantile(below))

    @classmethod
    def _recession(cls, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # The likelihood is log-concave in location, first cutpoint and steps; a step grows with its logarithm. For
        # every category that has weight in the row, its upper cutpoint must not fall, nor its lower one rise.
        k = len(constants["categories"])
        from_location = np.concatenate([-np.ones((k - 1, 1)), np.tril(np.ones((k - 1, k - 1)))], axis=1)
        none = np.zeros((1, k))
        cone: Array = np.stack(
            [np.concatenate([from_location, none]), np.concatenate([none, -from_location])], axis=1
        )
        if value.dtype.kind != "f":
            of_codes: Array = cone[value]
            return of_codes
        present = (value > 0)[:, :, None, None]
        conditions: Array = (present * cone).reshape(len(value), 2 * k, k)
        return conditions

    @classmethod
    def _loss_name(cls, fixed: frozenset[str]) -> str:
        return "cumulative-link negative log-likelihood"

    # ---- distribution functions ---------------------------------------------------------------------------

    def _upper_end(self, value: np.ndarray) -> Array:
        return self._interval(self.to_categorical()._known(value))[1]

    def _cdf(self, value: np.ndarray) -> Array:
        return self._latent.cdf(self._upper_end(value))

    def _log_cdf(self, value: np.ndarray) -> Array:
        return self._latent.log_cdf(self._upper_end(value))

    def _log_sf(self, value: np.ndarray) -> Array:
        return self._latent.log_cdf(-self._upper_end(value))

    def _quantile(self, level: np.ndarray) -> Any:
        reached = self._before_categories._cdf(self._codes) >= np.asarray(level)[..., None] * (1 - 4e-16)
        return self.categories[np.argmax(reached, axis=-1)]

    # ---- moments, sampling and output ---------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """Σ p_c·c, for categories that are numbers; a `SupportError` otherwise."""
        return self.to_categorical().mean

    @property
    def variance(self) -> Array:
        """Σ p_c·(c − mean)², for categories that are numbers; a `SupportError` otherwise."""
        return self.to_categorical().variance

    @property
    def mode(self) -> Any:
        """The likeliest label; the first of those that tie."""
        return self.to_categorical().mode

    def entropy(self) -> Array:
        """−Σ p_c·log p_c, in nats.

        >>> round(float(OrderedCategorical(loc=0.0, cutpoints=[-1.0, 1.0]).entropy()), 6)
        1.063106
        """
        return self.to_categorical().entropy()

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        latent = self._latent.draw(rng, shape)[..., None]
        return self.categories[(latent > self.cutpoints - np.asarray(self.loc)[..., None]).sum(axis=-1)]

    def _columns(self) -> dict[Any, Array]:
        return self.to_categorical()._columns()

    def __repr__(self) -> str:
        categories = self.categories.tolist()
        if self.batch_shape:
            return f"OrderedCategorical(batch_shape={self.batch_shape}, categories={categories})"
        return (
            f"OrderedCategorical(loc={brief(self.loc)}, cutpoints={brief(self.cutpoints)}, "
            f"categories={categories}, link={self.link!r})"
        )
