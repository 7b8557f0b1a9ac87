"""ZeroInflated(base, π): counts of which a share π is zero for a reason of its own, and the others are ``base``'s.

    P(0) = π + (1 − π)·p(0),   P(k) = (1 − π)·p(k) for k > 0,   p the probabilities of ``base``

A base that excludes 0 makes it a hurdle model (to be fitted, a base must be able to be 0). With ζ = logit π, and
r = π/P(0) the probability that a zero is one of those, the score in ζ is −π at k > 0 and r·(1 − π)·(1 − p(0)) at 0;
that in the base's coordinates is the base's own at k > 0, and 1 − r times that at 0. With s
the base's score at 0 and I its Fisher information, the information is

    (1 − π)·(I − r·p(0)·s·sᵀ),   (1 − π)·p(0)·r·s   between them and ζ,   π·(1 − π)·r·(1 − p(0))   of ζ,

the exact expectation wherever the base's is. Lambert (1992), Zero-Inflated Poisson Regression, Technometrics 34.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

import numpy as np
from scipy.special import expit, logit, xlogy

from mlekit.arrays import Array, ArrayLike, read_only, unwrap
from mlekit.distributions.composed import Composed, Kind
from mlekit.distributions.distribution import Distribution
from mlekit.distributions.domain import PROBABILITY, Interval
from mlekit.distributions.family import Family, as_family
from mlekit.distributions.link import LOGIT
from mlekit.distributions.outcomes import brief
from mlekit.distributions.parameter import Parameter, numbers
from mlekit.distributions.special import log1mexp, softplus
from mlekit.errors import ParameterError, TargetError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ZeroInflated", "ZeroInflatedKind"]

B = TypeVar("B", bound=Distribution)

_ZERO_PROBS = Parameter("zero_probs", PROBABILITY, LOGIT, typical=(0.05, 0.9), coordinate_name="zero_logits")
_LOG_HALF = -np.log(2.0)
_START_STEPS = 25


class ZeroInflated(Distribution, Generic[B]):
    """A batch of distributions of counts with zeros in excess.

    Args:
        base: a batch of distributions of counts.
        zero_probs: the share of outcomes that are zero whatever ``base`` says, in [0, 1].
        zero_logits: the log-odds of that instead; ±inf for certainty.

    Raises:
        ParameterError: unless exactly one of zero_probs and zero_logits is given, for a value outside its domain, a
            base that is not a distribution of counts, or shapes that do not broadcast.

    >>> from mlekit.distributions import Poisson
    >>> p = ZeroInflated(Poisson(rate=2.0), zero_probs=[0.0, 0.5])
    >>> p.prob(0), p.mean, p.variance
    (array([0.13533528, 0.56766764]), array([2., 1.]), array([2., 2.]))
    >>> p.zero_probs
    array([0. , 0.5])

    """

    def __init__(
        self, base: B, *, zero_probs: ArrayLike | None = None, zero_logits: ArrayLike | None = None
    ) -> None:
        support = base.support
        if not (isinstance(support, Interval) and support.integer and np.all(support.low >= 0)):
            raise ParameterError(f"ZeroInflated: base must be a distribution of counts, but {base!r} is not")
        if (zero_probs is None) == (zero_logits is None):
            raise ParameterError("ZeroInflated: give exactly one of zero_probs and zero_logits")
        logits: Array
        if zero_probs is not None:
            self._store(zero_probs=_ZERO_PROBS.validate(zero_probs, "ZeroInflated"))
            logits = logit(self.zero_probs)
        else:
            assert zero_logits is not None
            logits = numbers(zero_logits, "zero_logits", "ZeroInflated")
            if np.isnan(logits).any():
                raise ParameterError(
                    "ZeroInflated: zero_logits must be numbers or ±inf, but NaN is among them"
                )
        try:
            np.broadcast_shapes(base.batch_shape, logits.shape)
        except ValueError:
            raise ParameterError(
                f"ZeroInflated: shapes do not broadcast together: base {base.batch_shape}, zero_probs {logits.shape}"
            ) from None
        self._store(base=base, zero_logits=unwrap(read_only(logits)))

    base: B
    zero_logits: Array

    @classmethod
    def family(cls, *, links: Mapping[str, str] | None = None, **fixed: Any) -> NoReturn:
        """Say what is inflated: ``ZeroInflated.of(Poisson)``.

        Raises:
            ParameterError: always.
        """
        raise ParameterError("ZeroInflated is fitted over a family of counts: ZeroInflated.of(Poisson)")

    @staticmethod
    def of(
        base: type[B] | Family[B], *, links: Mapping[str, str] | None = None, **fixed: Any
    ) -> Family[ZeroInflated[B]]:
        """The zero-inflated version of a family, to be passed to ``fit``.

        Args:
            base: a class of counts, or one with parameters held fixed or given another link.
            links: parameter name to link name, of the base's parameters or ``zero_probs``.
            **fixed: parameters held at a value.

        Raises:
            ParameterError: for a base that is not of counts, and as for `Distribution.family`.

        >>> from mlekit.distributions import NegativeBinomial
        >>> ZeroInflated.of(NegativeBinomial.family(dispersion=0.5)).free
        ('mean', 'zero_probs')

        """
        inner = as_family(base)
        return ZeroInflatedKind(inner.distribution).family(
            links={**inner.links, **(links or {})}, **{**inner.fixed, **fixed}
        )

    @cached_property
    def zero_probs(self) -> Array:
        """The share π of outcomes that are zero whatever the base says."""
        return read_only(expit(self.zero_logits))

    @cached_property
    def _other_probs(self) -> Array:
        return read_only(expit(-self.zero_logits))

    @property
    def _log_other_probs(self) -> Array:
        return -softplus(self.zero_logits)

    def _kind(self) -> ZeroInflatedKind[B]:
        return ZeroInflatedKind(self.base._kind())

    def _frozen(self) -> Self:
        self.base._frozen()
        return super()._frozen()

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What the base and zero_probs broadcast to."""
        return np.broadcast_shapes(self.base.batch_shape, np.shape(self.zero_logits))

    @property
    def support(self) -> Interval:
        """0 and the base's outcomes."""
        base = self.base.support
        assert isinstance(base, Interval)
        return Interval(0.0, base.high, True, base.high_included, integer=True)

    # ---- likelihood core ----------------------------------------------------------------------------------

    def _coordinates(self) -> tuple[Array, ...]:
        return (*self.base._coordinates(), self.zero_logits)

    def _with_coordinates(self, *coordinates: Array) -> Self:
        *of_base, zero_logits = coordinates
        return self._unchecked(base=self.base._with_coordinates(*of_base), zero_logits=zero_logits)

    def _log_prob(self, value: np.ndarray) -> Array:
        log_prob = self.base._log_prob(value)
        return np.where(value == 0, self._log_zero(log_prob), self._log_other_probs + log_prob)

    def _log_zero(self, log_base: Array) -> Array:
        """Log P(0) from log p(0): near 1 from what is missing."""
        missing = self._other_probs * -np.expm1(np.minimum(log_base, 0))
        sum_of_logs = np.logaddexp(-softplus(-self.zero_logits), self._log_other_probs + log_base)
        return np.where(missing < 0.5, np.log1p(-missing), sum_of_logs)

    def _score(self, value: np.ndarray) -> tuple[Array, ...]:
        zero = value == 0
        log_base = self.base._log_prob(value)
        scores = self.base._score(value)
        from_base = np.where(zero, expit(log_base - self.zero_logits), 1)
        excess = expit(self.zero_logits - log_base) * self._other_probs * -np.expm1(np.minimum(log_base, 0))
        of_base = [
            part * (from_base[..., None] if part.ndim > from_base.ndim else from_base) for part in scores
        ]
        return (*of_base, np.where(zero, excess, -self.zero_probs))

    def _information(self) -> Array:
        zeros = np.zeros(self.base.batch_shape)
        log_base = np.asarray(self.base._log_prob(zeros))
        score = self.base.score(zeros)
        p_zero = np.exp(log_base)
        excess = expit(self.zero_logits - log_base)  # r
        of_base = (
            self.base._information()
            - (excess * p_zero)[..., None, None] * score[..., :, None] * score[..., None, :]
        )
        between = (self._other_probs * p_zero * excess)[..., None] * score
        k = score.shape[-1]
        information = np.empty((*self.batch_shape, k + 1, k + 1))
        information[..., :k, :k] = np.asarray(self._other_probs)[..., None, None] * of_base
        information[..., :k, k] = information[..., k, :k] = between
        information[..., k, k] = self.zero_probs * self._other_probs * excess * -np.expm1(log_base)
        return information

    # ---- distribution functions ---------------------------------------------------------------------------

    def _cdf(self, value: np.ndarray) -> Array:
        base = self.base._said("_cdf", value)
        inside = np.where(
            base < 0.5, self.zero_probs + self._other_probs * base, 1 - self._other_probs * (1 - base)
        )
        return np.where(value < 0, 0.0, inside)

    def _log_cdf(self, value: np.ndarray) -> Array:
        above = self._log_other_probs + self.base._said("_log_sf", value)
        below = np.logaddexp(
            -softplus(-self.zero_logits), self._log_other_probs + self.base._said("_log_cdf", value)
        )
        inside = np.where(above < _LOG_HALF, log1mexp(np.minimum(above, 0)), below)
        return np.where(value < 0, -np.inf, inside)

    def _log_sf(self, value: np.ndarray) -> Array:
        return np.where(value < 0, 0.0, self._log_other_probs + self.base._said("_log_sf", value))

    def _quantile(self, level: np.ndarray) -> Array:
        shape = np.broadcast_shapes(level.shape, self.batch_shape)
        of_base = np.where(level < 1, (level - self.zero_probs) / self._other_probs, 1.0)
        of_base = np.asarray(np.clip(np.nan_to_num(of_base), 0, 1))
        found = np.asarray(self.base._quantile(of_base), dtype=np.float64)
        # The level of the base is rounded: the quantile may be a count off.
        found = np.where((level < 1) & (self._cdf(found) < level), found + 1, found)
        found = np.where((found > 0) & (self._cdf(np.asarray(found - 1)) >= level), found - 1, found)
        p_zero = self._cdf(np.zeros(()))
        at_zero = (p_zero > 0) & (level <= p_zero)
        return np.broadcast_to(np.where(at_zero, 0.0, found), shape)

    # ---- moments ------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """(1 − π)·m, with m the base's."""
        return self._other_probs * self.base.mean

    @property
    def variance(self) -> Array:
        """(1 − π)·(v + π·m²), with m and v the base's."""
        between = np.sqrt(self.zero_probs * self._other_probs) * self.base.mean
        with np.errstate(over="ignore"):
            return self._other_probs * self.base.variance + np.square(between)

    @property
    def mode(self) -> Array:
        """The base's or 0, whichever is likelier."""
        mode = np.asarray(self.base.mode, dtype=np.float64)
        with np.errstate(all="ignore"):
            return unwrap(np.where(self._log_prob(mode) < self._log_prob(np.zeros(())), 0.0, mode))

    def entropy(self) -> Array:
        """−E[log P(K)], in nats, from the base's entropy.

        >>> from mlekit.distributions import Poisson
        >>> round(float(ZeroInflated(Poisson(rate=0.0), zero_probs=0.5).entropy()), 6)
        0.0
        """
        with np.errstate(all="ignore"):
            log_base = np.asarray(self.base._log_prob(np.zeros(())))
            p_zero, total = np.exp(log_base), np.exp(self._log_zero(log_base))
            positive = self._other_probs * -np.expm1(log_base)
            of_positive = self.base.entropy() + np.where(p_zero > 0, p_zero * log_base, 0.0)
            return unwrap(
                -xlogy(total, total)
                - np.where(positive > 0, positive * self._log_other_probs, 0.0)
                + self._other_probs * np.maximum(of_positive, 0.0)
            )

    # ---- sampling and output ------------------------------------------------------------------------------

    def _sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        excess = rng.random(shape) < self.zero_probs
        return np.where(excess, 0, self.base._sample(shape, rng))

    def _columns(self) -> dict[Any, Array]:
        return {**self.base._columns(), "zero_probs": self.zero_probs}

    def __repr__(self) -> str:
        return f"ZeroInflated({self.base!r}, zero_probs={brief(self.zero_probs)})"


@dataclass(frozen=True)
class ZeroInflatedKind(Composed[ZeroInflated[B]], Generic[B]):
    """How `ZeroInflated` distributions over a kind of counts are fitted; made by `ZeroInflated.of`.

    Args:
        base: the kind of counts.

    Raises:
        ParameterError: for a kind whose outcomes are not counts.
    """

    base: Kind[B]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.base.outcomes.integer or self.base.labelled or self.base.joint:
            raise ParameterError(
                f"ZeroInflated needs a family of counts, such as Poisson or NegativeBinomial; {self.base._code()} "
                "is none"
            )

    def _from_coordinates(self, *coordinates: Array, **constants: Any) -> ZeroInflated[B]:
        *of_base, zero_logits = coordinates
        base = self.base._from_coordinates(*of_base, **constants)
        return ZeroInflated._unchecked(base=base, zero_logits=zero_logits)

    def _class(self) -> type[ZeroInflated[B]]:
        return ZeroInflated

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The base's parameters and ``zero_probs``."""
        return (*self.base.parameters, _ZERO_PROBS)

    @property
    def predicted(self) -> tuple[Parameter, ...]:
        """The base's predicted parameters and ``zero_probs``."""
        return (*self.base.predicted, _ZERO_PROBS)

    def _widths(self, constants: Mapping[str, Any]) -> tuple[int | None, ...]:
        return (*self.base._widths(constants), None)

    def _learn_constants(self, target: pd.DataFrame, constants: Mapping[str, Any]) -> dict[str, Any]:
        learned = self.base._learn_constants(target, constants)
        joint = self.base._is_joint(learned)
        for columns in [target] if joint else [target.iloc[:, [j]] for j in range(target.shape[1])]:
            _, counts = self.base._given(self.base._encode(columns, learned))
            name, of = str(columns.columns[0]), self.base._code()
            if (counts > 0).all():
                raise TargetError(f"column {name!r} holds no 0, so none is in excess; fit {of} itself")
            if counts.max(initial=0) == 1:
                raise TargetError(
                    f"column {name!r} holds nothing above 1, which cannot tell zeros in excess from those of {of}; "
                    "use Bernoulli, or rows that count further"
                )
        return learned

    def _start(self, value: np.ndarray, weights: Array, **constants: Any) -> tuple[Array, ...]:
        """By expectation maximization: each zero counts as the base's as far as it is likely to be."""
        given, counts = self.base._given(value)
        if counts.ndim > 1:  # several targets
            columns = range(counts.shape[1])
            starts = [self._start(value[:, j], weights, **constants) for j in columns]
            return tuple(np.stack(parts) for parts in zip(*starts, strict=True))
        zero = counts == 0
        of_base = np.where(zero, 0.5, 1.0)
        for _ in range(_START_STEPS):
            share = weights @ of_base
            coordinates = self.base._start(value, weights * of_base / share, **constants)
            zero_logits = np.log1p(-share) - np.log(share)
            everywhere = [np.broadcast_to(part, counts.shape) for part in coordinates]
            base = self.base._from_coordinates(*everywhere, **{**constants, **given})
            of_base = np.where(zero, expit(base._log_prob(counts) - zero_logits), 1.0)
        return (*coordinates, zero_logits)

    def _recession(self, value: np.ndarray, constants: Mapping[str, Any]) -> Array | None:
        # A zero is likelier the more of them are in excess, for ever, and any other count the fewer.
        _, counts = self.base._given(value)
        of_base = self.base._recession(value, constants)
        if of_base is None:
            # Then the base must stay as it is.
            still = np.eye(len(self.base.predicted))
            of_base = np.broadcast_to(
                np.concatenate([still, -still]), (len(counts), 2 * len(still), len(still))
            )
        rows, conditions, k = of_base.shape
        cone = np.zeros((rows, conditions + 1, k + 1))
        cone[:, :conditions, :k] = of_base
        cone[:, conditions, k] = np.where(counts == 0, 1.0, -1.0)
        return cone
