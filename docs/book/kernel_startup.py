"""What holds in every kernel that executes a page: a warning is an error, as in the tests."""

import warnings

warnings.simplefilter("error")
