"""What is drawn, as data: no pixels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from mlekit.distributions import Bernoulli, Categorical, Gaussian
from mlekit.errors import ParameterError
from mlekit.plotting import plot_history, plot_prediction_band, plot_probabilities, plot_probability_surface
from mlekit.plotting.style import COLORS, MARKERS


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


PLANE = pd.DataFrame({"u": [-2.0, 0.0, 2.0], "v": [-3.0, 1.0, 3.0], "label": ["a", "b", "c"]})


def bars_of(ax: Axes) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def legend(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


# ---- histories --------------------------------------------------------------------------------------------


def steps(validation: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"step": [10, 20, 30], "train_nll": [0.9, 0.5, 0.4], "validation_nll": validation})


def test_history_draws_both_likelihoods_and_marks_the_best_step() -> None:
    ax = plot_history(steps([0.9, 0.6, 0.7]))
    train, validation = ax.get_lines()
    np.testing.assert_array_equal(train.get_xydata(), [[10, 0.9], [20, 0.5], [30, 0.4]])
    np.testing.assert_array_equal(validation.get_ydata(), [0.9, 0.6, 0.7])
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), [[20, 0.6]])
    assert legend(ax) == ["training", "validation", "kept: step 20"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "negative log-likelihood (nats a row)")


def test_history_without_validation_has_one_line() -> None:
    ax = plot_history(steps([np.nan] * 3))
    assert len(ax.get_lines()) == 1
    assert ax.get_legend() is None


# ---- bars -------------------------------------------------------------------------------------------------


def test_bars_are_the_probabilities() -> None:
    ax = plot_probabilities(Categorical.from_dict({"random": 0.5, "radon": 0.25, "radom": 0.25}))
    assert [bar.get_height() for bar in bars_of(ax)] == [0.5, 0.25, 0.25]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["random", "radon", "radom"]
    assert [text.get_text() for text in ax.texts] == ["50", "25", "25"]


def test_bars_side_by_side_do_not_overlap() -> None:
    p, q = Categorical(probs=[0.2, 0.8]), Categorical(probs=[0.996, 0.004])
    ax = plot_probabilities({"data": p, "model": q})
    bars = sorted(bars_of(ax), key=lambda bar: bar.get_x())
    assert [bar.get_height() for bar in bars] == pytest.approx([0.2, 0.996, 0.8, 0.004])
    for left, right in pairwise(bars):
        assert left.get_x() + left.get_width() <= right.get_x()
    assert legend(ax) == ["data", "model"]


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.0, "0"),
        (1.0, "100"),
        (0.256, "26"),
        (0.0496, "5.0"),
        (0.9901, "99.0"),
        (0.996, "99.6"),
        (1e-4, "0.01"),
    ],
)
def test_percentages_show_how_far_from_certain(probability: float, shown: str) -> None:
    ax = plot_probabilities(Categorical(probs=[probability, 1 - probability]))
    assert ax.texts[0].get_text() == shown


def test_bars_refuse_what_does_not_stand_side_by_side() -> None:
    p = Categorical(probs=[0.5, 0.5], categories=["a", "b"])
    with pytest.raises(ParameterError, match=r"model is over \['b', 'a'\]"):
        plot_probabilities({"data": p, "model": Categorical(probs=[0.5, 0.5], categories=["b", "a"])})
    with pytest.raises(ParameterError, match=r"batch of shape \(1,\)"):
        plot_probabilities(Categorical(probs=[[0.5, 0.5]]))
    with pytest.raises(ParameterError, match="not 0"):
        plot_probabilities({})


# ---- bands ------------------------------------------------------------------------------------------------


def test_band_is_the_quantiles_along_the_column() -> None:
    data = pd.DataFrame({"age": [2.0, 4.0, 12.0], "height": [85.0, 100.0, 150.0]})
    ax = plot_prediction_band(
        lambda table: Gaussian(loc=70 + 7 * table["age"], scale=table["age"]), data, "age", "height"
    )
    (mean,) = ax.get_lines()
    x = np.asarray(mean.get_xdata())
    assert (x[0], x[-1]) == (2.0, 12.0)
    np.testing.assert_allclose(np.asarray(mean.get_ydata()), 70 + 7 * x)
    (band,) = [c for c in ax.collections if isinstance(c, PolyCollection)]
    edge = np.asarray(band.get_paths()[0].vertices, dtype=float)
    at_the_end = edge[edge[:, 0] == 12.0, 1]
    # 1.644854 is the 95 % quantile of the standard normal distribution.
    assert (at_the_end.min(), at_the_end.max()) == pytest.approx((154 - 12 * 1.644854, 154 + 12 * 1.644854))
    points = next(c for c in ax.collections if c is not band)
    np.testing.assert_array_equal(points.get_offsets(), data[["age", "height"]])
    assert legend(ax) == ["5–95 %", "mean"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("age", "height")


def test_band_holds_other_columns_and_tells_bands_apart() -> None:
    data = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]})
    seen: list[pd.DataFrame] = []

    def predictor(table: pd.DataFrame) -> Gaussian:
        seen.append(table)
        return Gaussian(loc=table["x"], scale=1.0)

    ax = plot_prediction_band(predictor, data, "x", "y", at={"site": "b"}, label="here")
    assert plot_prediction_band(predictor, data, "x", "y", at={"site": "b"}, label="there", ax=ax) is ax
    assert set(seen[0]["site"]) == {"b"}
    assert legend(ax) == ["here: 5–95 %", "here: mean", "there: 5–95 %", "there: mean"]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("missing", "no column 'missing'"),
        ("site", "needs numbers"),
        ("same", "no range"),
        ("flag", "needs numbers"),
    ],
)
def test_band_refuses_columns_that_make_no_axis(column: str, message: str) -> None:
    data = pd.DataFrame({"y": [0.0, 1.0], "site": ["a", "b"], "same": [1.0, 1.0], "flag": [True, False]})
    with pytest.raises(ParameterError, match=message):
        plot_prediction_band(lambda _: Gaussian(loc=0.0, scale=1.0), data, column, "y")


def test_band_refuses_labels_and_contradictions() -> None:
    with pytest.raises(ParameterError, match="Bernoulli, which has labels"):
        plot_prediction_band(lambda _: Bernoulli(probs=0.5), PLANE, "u", "v")
    with pytest.raises(ParameterError, match="'u' is drawn along"):
        plot_prediction_band(lambda _: Gaussian(loc=0.0, scale=1.0), PLANE, "u", "v", at={"u": 1.0})


# ---- surfaces ---------------------------------------------------------------------------------------------


def image(ax: Any) -> np.ndarray:
    return np.asarray(ax.get_images()[0].get_array(), dtype=float)


def vertices(ax: Any, which: int) -> np.ndarray:
    return np.concatenate([path.vertices for path in ax.collections[which].get_paths() if len(path.vertices)])


def test_bernoulli_boundary_lies_where_both_are_equally_likely() -> None:
    ax = plot_probability_surface(lambda t: Bernoulli(logits=2 * t["u"] - t["v"]), PLANE, "u", "v")
    boundary = vertices(ax, 0)
    np.testing.assert_allclose(boundary[:, 1], 2 * boundary[:, 0], atol=1e-2)
    lines = vertices(ax, 1)
    np.testing.assert_allclose(np.abs(2 * lines[:, 0] - lines[:, 1]), np.log(9), atol=2e-2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("u", "v")


def test_the_picture_covers_the_data_and_points_are_drawn_by_label() -> None:
    def predictor(table: pd.DataFrame) -> Categorical:
        zero = 0 * table["u"]
        return Categorical(
            logits=np.stack([table["u"], zero, table["v"]], axis=-1), categories=["a", "b", "c"]
        )

    ax = plot_probability_surface(predictor, PLANE, "u", "v", target="label")
    (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert low < -2.0
    assert high > 2.0
    assert bottom < -3.0
    assert top > 3.0
    assert legend(ax) == ["a", "b", "c"]
    points = ax.collections[-3:]
    assert [np.asarray(c.get_offsets()).tolist() for c in points] == PLANE[["u", "v"]].to_numpy()[
        :, None
    ].tolist()
    assert [tuple(np.asarray(c.get_facecolor())[0, :3]) for c in points] == [
        to_rgb(color) for color in COLORS[:3]
    ]


def test_a_certain_place_has_its_labels_colour_and_an_undecided_one_the_mixture() -> None:
    def certain(table: pd.DataFrame) -> Bernoulli:
        return Bernoulli(probs=(table["u"] > 0).astype(float))

    ax = plot_probability_surface(certain, PLANE, "u", "v")
    no, yes = (0.5 + 0.5 * np.array(to_rgb(color)) for color in COLORS[:2])
    np.testing.assert_allclose(image(ax)[0, 0], no)
    np.testing.assert_allclose(image(ax)[0, -1], yes)
    undecided = plot_probability_surface(lambda t: Bernoulli(probs=0.5 + 0 * t["u"]), PLANE, "u", "v")
    np.testing.assert_allclose(image(undecided)[5, 7], (no + yes) / 2)
    assert len(undecided.collections) == 0, "there is no boundary where nothing is decided"


def test_rows_go_up_and_columns_across() -> None:
    ax = plot_probability_surface(lambda t: Bernoulli(probs=(t["v"] > 0).astype(float)), PLANE, "u", "v")
    assert ax.get_images()[0].origin == "lower"
    np.testing.assert_allclose(image(ax)[-1, 0], 0.5 + 0.5 * np.array(to_rgb(COLORS[1])))


def test_surface_refuses_numbers_and_too_many_labels() -> None:
    with pytest.raises(ParameterError, match="Gaussian is predicted"):
        plot_probability_surface(lambda t: Gaussian(loc=t["u"], scale=1.0), PLANE, "u", "v")  # type: ignore[arg-type,return-value]
    with pytest.raises(ParameterError, match="7 labels apart, but there are 9"):
        plot_probability_surface(lambda t: Categorical(logits=np.zeros((len(t), 9))), PLANE, "u", "v")


# ---- style ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", ["history", "bars", "band", "surface"])
def test_axes_that_are_given_are_used_and_returned(draw: str) -> None:
    _, ax = plt.subplots()
    data = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]})
    returned = {
        "history": lambda: plot_history(steps([0.9, 0.6, 0.7]), ax=ax),
        "bars": lambda: plot_probabilities(Categorical(probs=[0.5, 0.5]), ax=ax),
        "band": lambda: plot_prediction_band(
            lambda t: Gaussian(loc=t["x"], scale=1.0), data, "x", "y", ax=ax
        ),
        "surface": lambda: plot_probability_surface(
            lambda t: Bernoulli(probs=t["x"] / 2 + 0.2), data, "x", "y", ax=ax
        ),
    }[draw]()
    assert returned is ax
    assert len(plt.get_fignums()) == 1


def test_colours_and_markers_are_distinct_and_as_many() -> None:
    assert len(set(COLORS)) == len(COLORS) == len(set(MARKERS))
