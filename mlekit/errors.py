"""What can be wrong with an input or a fit, as exceptions that carry name, value and remedy.

Every error is also the built-in exception that a caller would expect (`ValueError`, `KeyError`, ...), so that
``except ValueError`` keeps working.
"""

from __future__ import annotations


class MlekitError(Exception):
    """Base of all errors that mlekit raises on purpose."""


class ParameterError(MlekitError, ValueError):
    """A distribution's parameter lies outside its domain, or parameters do not fit together."""


class SupportError(MlekitError, ValueError):
    """A value cannot be an outcome at all: NaN, or of the wrong kind or shape for the distribution."""


class FormulaError(MlekitError, ValueError):
    """A formula cannot be read, or asks for something that a formula may not do."""


class DataError(MlekitError, ValueError):
    """A table cannot be used: empty, a column missing, NaN, infinities, an unseen level, a wrong type."""


class TargetError(DataError):
    """The target's values do not suit the family: wrong support, one class only, soft labels off one."""


class NetworkError(MlekitError, ValueError):
    """A network's specification is invalid, or an array does not have the shape it was built for."""


class FitError(MlekitError, ValueError):
    """The likelihood has no maximum, or no unique one: separation, collinear columns, a scale going to zero."""


class AccuracyError(MlekitError, ArithmeticError):
    """A number could not be computed to the accuracy that a plain number promises."""


class FileFormatError(MlekitError, ValueError):
    """A saved model cannot be read: truncated, foreign, or written by a newer version."""
