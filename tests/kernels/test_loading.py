"""An element's bits depend neither on where it stands, nor on how many there are, nor on threads."""

from __future__ import annotations

import numpy as np
import pytest

from mlekit.kernels import evaluate, library
from tests.kernels.support import ask, kernels, needs_library

pytestmark = needs_library


@pytest.mark.parametrize("name", list(kernels()))
def test_the_library_has_every_kernel_and_bits_stay(name: str) -> None:
    loaded = library()
    assert loaded is not None
    assert getattr(loaded, name)
    rng = np.random.default_rng(0)
    arguments = [rng.uniform(0.1, 0.9, 150) for _ in range(kernels()[name])]
    whole = ask(name, *arguments)
    for part in (slice(0, 1), slice(3, 150), slice(60, 135)):
        np.testing.assert_array_equal(ask(name, *(argument[part] for argument in arguments)), whole[part])
    first = ask(name, arguments[0], *(argument[:1] for argument in arguments[1:]))
    np.testing.assert_array_equal(first[:1], whole[:1])


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_share_elements(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlekit.kernels.loading._THREADED_ELEMENTS", 4)
    monkeypatch.setattr("mlekit.kernels.loading.thread_count", lambda: threads)
    y, scale = np.linspace(-3, 3, 1003), np.linspace(1, 2, 1003)
    together = ask("gaussian_log_prob", y, np.zeros(1), scale)
    apart = [ask("gaussian_log_prob", y[k : k + 3], np.zeros(1), scale[k : k + 3]) for k in range(0, 1003, 3)]
    np.testing.assert_array_equal(together, np.concatenate(apart))


def test_arguments_are_laid_out_as_they_broadcast() -> None:
    y, loc, scale = np.arange(12.0).reshape(4, 3)[::2].T, np.arange(2.0), np.array([[1.0], [2.0], [3.0]])
    said = ask("gaussian_log_prob", y, loc, scale)
    full = np.broadcast_arrays(y, loc, scale)
    np.testing.assert_array_equal(
        said, ask("gaussian_log_prob", *(np.ascontiguousarray(one) for one in full))
    )
    assert ask("gaussian_log_prob", np.empty((0, 3)), np.zeros(3), np.ones(3)).shape == (0, 3)


def test_other_precisions_are_left_to_numpy() -> None:
    single = np.ones(3, dtype=np.float32)
    assert evaluate("gaussian_cdf", (3,), [single, np.zeros(3), np.ones(3)]) is None


def test_kernels_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEKIT_KERNELS", "0")
    assert library.__wrapped__() is None


def test_another_number_of_arguments_is_refused() -> None:
    with pytest.raises(TypeError, match="gaussian_cdf takes 3 arguments, not 1"):
        evaluate("gaussian_cdf", (), [np.zeros(())])
