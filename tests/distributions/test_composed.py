"""Kinds that are made of other kinds: their names, their parameters side by side, and what is refused."""

from __future__ import annotations

import pytest

from mlekit.distributions import (
    COMPOSITIONS,
    FAMILIES,
    Distribution,
    Family,
    Gaussian,
    NegativeBinomial,
    Poisson,
    ZeroInflated,
)
from mlekit.distributions.composed import Kind
from mlekit.distributions.spelling import read_kind
from mlekit.errors import ParameterError

ZERO_INFLATED = ZeroInflated.of(Poisson)


def read(text: str) -> Kind[Distribution]:
    return read_kind(text, FAMILIES, COMPOSITIONS)


def test_parameters_of_both_lie_side_by_side() -> None:
    family = ZeroInflated.of(NegativeBinomial)
    assert family.free == ("mean", "dispersion", "zero_probs")
    assert family.parameter("zero_logits") is family.parameter("zero_probs")


def test_what_the_base_holds_fixed_and_its_links_are_kept() -> None:
    base = NegativeBinomial.family(dispersion=0.5, links={"mean": "sqrt"})
    family = ZeroInflated.of(base, links={"zero_probs": "probit"})
    assert family.fixed == {"dispersion": 0.5}
    assert family.links == {"mean": "sqrt", "zero_probs": "probit"}
    assert ZeroInflated.of(NegativeBinomial, zero_probs=0.1).free == ("mean", "dispersion")


@pytest.mark.parametrize(
    "family", [*map(Family, FAMILIES.values()), ZERO_INFLATED], ids=lambda family: family.name
)
def test_a_kind_is_read_from_its_name(family: Family[Distribution]) -> None:
    assert read(family.name) == family.distribution


@pytest.mark.parametrize(
    "spelling", ["zero-inflated(negative-binomial)", " ZEROINFLATED ( NegativeBinomial ) "]
)
def test_spelling_is_free_of_case_and_hyphens(spelling: str) -> None:
    assert read(spelling) == ZeroInflated.of(NegativeBinomial).distribution


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ZeroInflated(Poison)", "no family 'Poison'; did you mean poisson?"),
        ("zero-inflted(Poisson)", "did you mean zero-inflated?"),
        ("ZeroInflated(Poisson", r"should have ',' or '\)' where it has its end"),
        ("ZeroInflated(Poisson))", r"should have the end where it has '\)'"),
        ("ZeroInflated(Poisson,)", r"should have a name or a number where it has '\)'"),
        ("ZeroInflated", "missing .*argument: 'base'"),
        ("ZeroInflated(base=Poisson, rate=1)", "unexpected keyword argument 'rate'"),
        ("ZeroInflated(3)", r"ZeroInflated\(3\)"),
        ("ZeroInflated(Gaussian)", "needs a family of counts, .*Gaussian is none"),
        ("ZeroInflated(Bernoulli)", "needs a family of counts, .*Bernoulli is none"),
        ("ZeroInflated(Multinomial)", "needs a family of counts, .*Multinomial is none"),
        ("ZeroInflated(ZeroInflated(Poisson))", "two parameters named 'zero_probs'"),
        ("Poisson(3)", "Poisson takes nothing in parentheses"),
        ("3", "names no kind of distribution"),
        ("", "a name or a number where it has its end"),
        ("__import__('os')", "cannot read it from"),
    ],
)
def test_what_is_no_kind_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        read(text)


def test_the_class_alone_is_no_family() -> None:
    with pytest.raises(ParameterError, match=r"ZeroInflated\.of\(Poisson\)"):
        ZeroInflated.family()
    with pytest.raises(ParameterError, match="Gaussian is none"):
        ZeroInflated.of(Gaussian)
