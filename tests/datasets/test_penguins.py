from __future__ import annotations

import pandas as pd

from mlekit.datasets import penguins


def test_counts_are_those_that_were_published() -> None:
    """Of the R package palmerpenguins: its documentation and Gorman et al. (2014)."""
    table = penguins()
    assert table.shape == (344, 8)
    assert table["species"].value_counts().to_dict() == {"Adelie": 152, "Gentoo": 124, "Chinstrap": 68}
    assert table["island"].value_counts().to_dict() == {"Biscoe": 168, "Dream": 124, "Torgersen": 52}
    assert table["sex"].value_counts(dropna=False).to_list() == [168, 165, 11]
    assert table["year"].value_counts().sort_index().to_dict() == {2007: 110, 2008: 114, 2009: 120}


def test_missing_values_are_where_the_documentation_says() -> None:
    table = penguins()
    assert table.isna().any(axis=1).sum() == 11
    assert (
        table[["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]]
        .isna()
        .sum()
        .eq(2)
        .all()
    )
    assert table[["species", "island", "year"]].notna().all(axis=None)
    assert len(table.dropna()) == 333


def test_units_are_millimetres_and_grams() -> None:
    ranges = penguins().agg({"bill_length_mm": ["min", "max"], "body_mass_g": ["min", "max"]})
    assert ranges["bill_length_mm"].to_list() == [32.1, 59.6]
    assert ranges["body_mass_g"].to_list() == [2700.0, 6300.0]


def test_every_call_returns_a_table_of_its_own() -> None:
    mine = penguins()
    mine["species"] = "duck"
    assert "duck" not in set(penguins()["species"])
    pd.testing.assert_frame_equal(penguins(), penguins())
