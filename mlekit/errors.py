"""What can be wrong with an input or a fit, as exceptions that carry name, value and remedy.

Every error is also the built-in exception that a caller would expect (`ValueError`, `KeyError`, ...), so that
``except ValueError`` keeps working.
"""

from __future__ import annotations


class MlekitError(Exception):
    """Base of all errors that mlekit raises on purpose.

    >>> import mlekit as mk
    >>> try:
    ...     mk.Gaussian(loc=0.0, scale=-1.0)
    ... except mk.MlekitError as error:
    ...     print(error)
    Gaussian: scale must lie in (0, inf), but is -1
    """


class ParameterError(MlekitError, ValueError):
    """A distribution's parameter lies outside its domain, or parameters do not fit together.

    >>> from mlekit import Categorical
    >>> Categorical(probs=[0.5, 0.6])
    Traceback (most recent call last):
    mlekit.errors.ParameterError: Categorical: probabilities must sum to 1, but those of row (0,) sum to 1.1; ...
    """


class SupportError(MlekitError, ValueError):
    """A value cannot be an outcome at all: NaN, or of the wrong kind or shape for the distribution.

    >>> from mlekit import Poisson
    >>> Poisson(rate=2.0).log_prob("three")
    Traceback (most recent call last):
    mlekit.errors.SupportError: Poisson: an outcome must be a number, but is 'three'
    """


class FormulaError(MlekitError, ValueError):
    """A formula cannot be read, or asks for something that a formula may not do.

    >>> import pandas as pd, mlekit as mk
    >>> mk.fit("heads ~ (coin", pd.DataFrame({"heads": [0, 1], "coin": [1, 2]}), mk.Bernoulli)
    Traceback (most recent call last):
    mlekit.errors.FormulaError: the formula '(coin' cannot be read: ...
    """


class DataError(MlekitError, ValueError):
    """A table cannot be used: empty, a column missing, NaN, infinities, an unseen level, a wrong type.

    >>> import pandas as pd, mlekit as mk
    >>> mk.fit("heads ~ coin", pd.DataFrame({"heads": [0, 1]}), mk.Bernoulli)
    Traceback (most recent call last):
    mlekit.errors.DataError: the table has no column 'coin': it has 'heads'
    """


class TargetError(DataError):
    """The target's values do not suit the family: wrong support, one class only, soft labels off one.

    >>> import pandas as pd, mlekit as mk
    >>> mk.fit("mails ~ 1", pd.DataFrame({"mails": [3, -1]}), mk.Poisson)
    Traceback (most recent call last):
    mlekit.errors.TargetError: column 'mails' holds -1 at row 1, but Poisson needs values in whole numbers ...
    """


class NetworkError(MlekitError, ValueError):
    """A network's specification is invalid, or an array does not have the shape it was built for.

    >>> from mlekit import MLP
    >>> MLP()
    Traceback (most recent call last):
    mlekit.errors.NetworkError: MLP() has no hidden layer; give widths, as in MLP(16, 16), or use Linear().
    """


class FitError(MlekitError, ValueError):
    """The likelihood has no maximum, or no unique one: separation, collinear columns, a scale going to zero.

    >>> import pandas as pd, mlekit as mk
    >>> mk.fit("diet ~ kilos", pd.DataFrame({"diet": [0, 0, 1, 1], "kilos": [50, 60, 90, 95]}), mk.Bernoulli)
    Traceback (most recent call last):
    mlekit.errors.FitError: the classes are completely separated, so the likelihood has no maximum: kilos → +∞, ...
    """


class AccuracyError(MlekitError, ArithmeticError):
    """A number could not be computed to the accuracy that a plain number promises.

    >>> import mlekit as mk
    >>> said, model = mk.Empirical(["a"]), mk.Categorical(logits=[-3000.0, 0.0], categories=["a", "b"])
    >>> mk.bhattacharyya(said, model)
    Traceback (most recent call last):
    mlekit.errors.AccuracyError: ...
    """


class FileFormatError(MlekitError, ValueError):
    """A saved model cannot be read: truncated, foreign, or written by a newer version.

    >>> import tempfile, mlekit as mk
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     mk.load(file.name)
    Traceback (most recent call last):
    mlekit.errors.FileFormatError: ... is no saved model, or is cut short: ...
    """
