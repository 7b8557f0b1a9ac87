"""The Palmer penguins, as they ship with the package."""

from __future__ import annotations

import importlib.resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["penguins"]


def penguins() -> pd.DataFrame:
    """344 penguins of three species, measured near Palmer Station, Antarctica, from 2007 to 2009.

    Columns:

    * ``species``: Adelie (152 rows), Chinstrap (68) or Gentoo (124).
    * ``island``: of the Palmer Archipelago: Biscoe, Dream or Torgersen.
    * ``bill_length_mm``: length of the bill's ridge, in millimetres.
    * ``bill_depth_mm``: depth of the bill, in millimetres.
    * ``flipper_length_mm``: in millimetres.
    * ``body_mass_g``: in grams.
    * ``sex``: female or male, told from blood samples.
    * ``year``: of the observation.

    11 rows have missing values: ``sex`` is missing in all of them, the four measurements in two. Models take no
    missing values, so begin with ``penguins().dropna()``, which leaves 333 rows.

    Source: Gorman, Williams and Fraser (2014), "Ecological sexual dimorphism and environmental variability within a
    community of Antarctic penguins (genus *Pygoscelis*)", PLoS ONE 9(3): e90081; simplified by Horst, Hill and
    Gorman (2020) in the R package palmerpenguins, doi:10.5281/zenodo.3960218. Licence: CC0, public domain.

    Returns:
        A new DataFrame on every call.

    >>> penguins().dropna().groupby("species")["body_mass_g"].mean().round().to_dict()
    {'Adelie': 3706.0, 'Chinstrap': 3733.0, 'Gentoo': 5092.0}
    """
    import pandas as pd

    with importlib.resources.files("mlekit.datasets").joinpath("penguins.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
