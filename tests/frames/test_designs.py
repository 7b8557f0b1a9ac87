"""Design matrices against hand-computed values, closed forms, SciPy, NumPy and formulaic itself."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import formulaic
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from mlekit.frames import Encoding, Rows


def table(rows: int = 40, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "y": rng.normal(size=rows),
            "x": rng.normal(size=rows),
            "z": rng.uniform(1.0, 2.0, rows),
            "a b": rng.normal(size=rows),
            "rank": rng.integers(1, 5, rows),
            "site": rng.choice(["c", "a", "b"], rows),
            "flag": rng.random(rows) > 0.5,
        },
        index=rng.permutation(rows) * 10,
    )
    frame["grade"] = pd.Categorical(frame["site"], categories=["c", "b", "unused", "a"], ordered=True)
    return frame


def learn(formula: str, data: object) -> tuple[tuple[str, ...], np.ndarray]:
    encoding, rows = Encoding.learn(formula, data)
    return encoding.predictors[""].columns, rows.inputs[""][:]


def by_formulaic(formula: str, data: pd.DataFrame) -> pd.DataFrame:
    """Return formulaic's own matrix without its intercept; its tables have no use for unused categories."""
    plain = data.reset_index(drop=True)
    plain["grade"] = plain["grade"].cat.remove_unused_categories()
    right = formulaic.model_matrix(formula, plain).rhs
    return pd.DataFrame(right).drop(columns="Intercept", errors="ignore")


DIRECT = [
    "y ~ x",
    "y ~ x + z - 1",
    "y ~ x * z * rank",
    "y ~ flag + x:flag",
    "y ~ 1",
    "y ~ 0",
    "y ~ `a b`:x + z",
]
MATERIALISED = [
    "y ~ site",
    "y ~ site - 1",
    "y ~ site * flag",
    "y ~ site:x + x",
    "y ~ site * grade - 1",
    "y ~ grade + C(rank) + rank",
    "y ~ C(flag) + C(x > 0)",
    "y ~ C(site, Sum) + C(grade, contr.helmert()) + C(rank, Poly)",
    "y ~ C(site, Treatment('b'))",
    "y ~ C(site, [[1, 0], [0, 1], [-1, -1]])",
    "y ~ bs(x, df=5) + cr(z, df=3) + cc(x, df=4) + cs(z, df=4)",
    "y ~ cr(x, df=3, constraints='center') + bs(z, knots=[1.3, 1.6], degree=2, include_intercept=True)",
    "y ~ poly(x, 3) + poly(`a b`, 2) + poly(z, 2, raw=True)",
    "y ~ scale(x) + center(z) + standardize(`a b`) + scale(z, scale=False)",
    "y ~ log(z) + np.log(z) + exp(x) + I(x ** 2) + {x / z} + Q('a b')",
    "y ~ {(x > 0) & (z < 1.5)} + {~flag}",
    "y ~ x:bs(z, df=4) + 2:x",
]
NEW_FUNCTIONS = (
    "y ~ abs(x) + clip(x, -1, 1) + log1p(z) + expm1(x) + sqrt(z) + tanh(x) + numpy.cos(x) + log2(z)"
)


@pytest.mark.parametrize("formula", DIRECT + MATERIALISED)
def test_designs_are_formulaics(formula: str) -> None:
    data = table()
    columns, matrix = learn(formula, data)
    reference = by_formulaic(formula, data)
    assert columns == tuple(reference.columns)
    np.testing.assert_allclose(matrix, reference.to_numpy(dtype=float), rtol=1e-13, atol=1e-13)


def test_functions_that_formulaic_does_not_know() -> None:
    data = table()
    x, z = data["x"], data["z"]
    wanted = [x.abs(), x.clip(-1, 1), np.log1p(z), np.expm1(x), z**0.5, np.tanh(x), np.cos(x), np.log2(z)]
    np.testing.assert_allclose(learn(NEW_FUNCTIONS, data)[1], np.column_stack(wanted), rtol=1e-13)


def test_treatment_coding_by_hand() -> None:
    data = {"y": [1, 2, 3, 4], "site": ["b", "a", "c", "b"], "x": [1, 2, 3, 4]}
    columns, matrix = learn("y ~ site * x", data)
    assert columns == ("site[T.b]", "site[T.c]", "x", "site[T.b]:x", "site[T.c]:x")
    assert matrix.tolist() == [[1, 0, 1, 1, 0], [0, 0, 2, 0, 0], [0, 1, 3, 0, 3], [1, 0, 4, 4, 0]]


def test_every_level_has_a_column_where_there_is_no_intercept() -> None:
    data = {"y": [1, 2, 3], "site": ["b", "a", "b"]}
    assert learn("y ~ site - 1", data)[1].tolist() == [[0, 1], [1, 0], [0, 1]]


def test_a_category_keeps_its_order_and_unused_levels_get_no_column() -> None:
    data = table()
    assert learn("y ~ grade", data)[0] == ("grade[T.b]", "grade[T.a]")


def test_one_level_gives_no_column_and_a_constant_gives_one() -> None:
    data = {"y": [1, 2], "site": ["a", "a"], "x": [3, 3]}
    columns, matrix = learn("y ~ site + C(x) + x", data)
    assert columns == ("x",)
    assert matrix.tolist() == [[3.0], [3.0]]


def test_small_integers_do_not_overflow() -> None:
    data = pd.DataFrame({"y": [0.0, 1.0], "pixel": np.array([200, 255], dtype=np.uint8)})
    assert learn("y ~ I(pixel ** 2) + pixel", data)[1].tolist() == [[40000.0, 200.0], [65025.0, 255.0]]
    assert learn("y ~ I(pixel * pixel) + C(pixel)", data)[1].tolist() == [[40000.0, 0.0], [65025.0, 1.0]]


def test_b_splines_without_inner_knots_are_bernstein_polynomials() -> None:
    """On [0, 1] the cubic basis is 3x(1−x)², 3x²(1−x), x³ (the first, (1−x)³, is left out)."""
    xs = [Fraction(k, 8) for k in range(9)]
    wanted = [[3 * x * (1 - x) ** 2, 3 * x**2 * (1 - x), x**3] for x in xs]
    _, matrix = learn("y ~ bs(x)", {"y": [0.0] * 9, "x": [float(x) for x in xs]})
    np.testing.assert_allclose(matrix, np.array(wanted, dtype=float), rtol=1e-14, atol=1e-16)


def test_b_splines_are_scipys_with_knots_at_quantiles() -> None:
    """R's ``splines::bs(x, df)`` puts df − 3 inner knots at equally spaced quantiles, and leaves the first out."""
    x = table()["x"].to_numpy()
    inner = np.quantile(x, [1 / 3, 2 / 3])
    knots = np.concatenate([[x.min()] * 4, inner, [x.max()] * 4])
    wanted = BSpline.design_matrix(x, knots, 3).toarray()[:, 1:]
    _, matrix = learn("y ~ bs(x, df=5)", table())
    np.testing.assert_allclose(matrix, wanted, atol=1e-14)


def test_a_spline_regression_is_the_one_in_the_documentation_of_r() -> None:
    """The example of ``help(bs, package = "splines")``: ``lm(weight ~ bs(height, df = 5), data = women)``.

    The numbers are those that R prints, as quoted in "How to predict by hand in R using splines regression?"
    (a question of 2019).
    """
    height = np.arange(58.0, 73.0)
    weight = np.array([115, 117, 120, 123, 126, 129, 132, 135, 139, 142, 146, 150, 154, 159, 164.0])
    _, matrix = learn("weight ~ bs(height, df=5)", {"weight": weight, "height": height})
    coefficients = np.linalg.lstsq(np.column_stack([np.ones(15), matrix]), weight)[0]
    wanted = [114.8799, 3.4657, 13.0300, 27.6161, 40.8481, 49.1296]
    np.testing.assert_allclose(coefficients, wanted, atol=5e-5)


def test_polynomials_are_the_orthonormal_columns_of_a_qr_decomposition() -> None:
    x = table()["x"].to_numpy()
    q, r = np.linalg.qr(np.vander(x, 4, increasing=True))
    wanted = (q * np.sign(np.diag(r)))[:, 1:]
    np.testing.assert_allclose(learn("y ~ poly(x, 3)", table())[1], wanted, atol=1e-12)


def test_scaling_uses_the_training_rows() -> None:
    data = table()
    encoding, _ = Encoding.learn("y ~ scale(x) + center(z)", data)
    new = encoding.encode({"x": [5.0], "z": [7.0]}).inputs[""][:]
    wanted = [(5.0 - data["x"].mean()) / data["x"].std(), 7.0 - data["z"].mean()]
    np.testing.assert_allclose(new, [wanted], rtol=1e-13)


@pytest.mark.parametrize("formula", [*DIRECT, *MATERIALISED, NEW_FUNCTIONS])
def test_training_state_goes_with_the_encoding(formula: str) -> None:
    """Rows alone, in another order, with columns in another order, after JSON: the same bits as in training."""
    data = table()
    encoding, rows = Encoding.learn(formula, data)
    again = Encoding.from_json(json.loads(json.dumps(encoding.to_json(), allow_nan=False)))
    assert again == encoding
    assert again.encode(data).inputs[""][:].tobytes() == rows.inputs[""][:].tobytes()
    order = np.random.default_rng(1).permutation(len(data))[:7]
    part = data.iloc[order][list(data.columns[::-1])]
    new = again.encode(part, target=True)
    # A product of matrices (constrained splines, contrasts) may round by the number of rows.
    np.testing.assert_allclose(new.inputs[""][:], rows.inputs[""][:][order], rtol=1e-14, atol=1e-15)
    assert new.index.equals(part.index)
    assert new.target is not None
    pd.testing.assert_frame_equal(new.target, part[["y"]])


def test_matrices_are_float64_and_c_contiguous() -> None:
    data = table().astype({"x": "float32"})
    for formula in ("y ~ x + rank", "y ~ site", "y ~ 1", "y ~ site - 1"):
        matrix = learn(formula, data)[1]
        assert matrix.dtype == np.float64
        assert matrix.flags.c_contiguous
        assert matrix.shape[0] == len(data)


def test_the_direct_path_does_not_enter_formulaic(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("formulaic was asked for a matrix")

    monkeypatch.setattr(formulaic.ModelSpec, "get_model_matrix", refuse)
    for formula in DIRECT:
        learn(formula, table())


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.sampled_from(["x", "z", "`a b`", "rank", "flag", "x:z", "rank:flag", "x:z:`a b`"]), min_size=1
    ),
    st.booleans(),
    st.integers(1, 30),
)
def test_the_direct_path_equals_formulaic(terms: list[str], intercept: bool, rows: int) -> None:
    formula = f"y ~ {' + '.join(dict.fromkeys(terms))} {'' if intercept else '- 1'}"
    data = table(rows, seed=rows)
    columns, matrix = learn(formula, data)
    reference = by_formulaic(formula, data)
    assert columns == tuple(reference.columns)
    np.testing.assert_allclose(matrix, reference.to_numpy(dtype=float), rtol=1e-15)


def test_many_rows_and_many_columns_are_filled_in_by_blocks() -> None:
    rng = np.random.default_rng(0)
    tall = pd.DataFrame(rng.normal(size=(200_000, 3)), columns=["y", "a", "b"])
    np.testing.assert_array_equal(learn("y ~ .", tall)[1], tall[["a", "b"]].to_numpy())
    wide = pd.DataFrame(rng.normal(size=(700, 400))).add_prefix("c")
    np.testing.assert_array_equal(learn("c0 ~ .", wide)[1], wide.to_numpy()[:, 1:])


def test_large_finite_values_whose_sum_overflows_pass() -> None:
    assert learn("y ~ x", {"y": [1, 2], "x": [1.5e308, 1.5e308]})[1].tolist() == [[1.5e308], [1.5e308]]


def test_the_encoding_keeps_no_training_rows() -> None:
    encoding, _ = Encoding.learn("y ~ bs(x, df=5) + poly(z, 2) + site + C(rank)", table(5000))
    assert len(json.dumps(encoding.to_json())) < 3000


def test_a_plain_formula_has_one_nameless_predictor_and_a_mapping_its_own() -> None:
    encoding, rows = Encoding.learn({"loc": "y ~ . - grade", "scale": "~ x - 1"}, table())
    assert isinstance(rows, Rows)
    assert tuple(encoding.predictors) == tuple(rows.inputs) == ("loc", "scale")
    assert encoding.predictors["scale"].columns == ("x",)
    assert not encoding.predictors["scale"].intercept
    assert encoding.predictors["loc"].formula == "x + z + `a b` + rank + site + flag"
    assert encoding.target_names == ("y",)
