# ruff: noqa: ARG005  (a change takes document and tensors, whichever it changes)
"""Saved models: the same bits back, nothing of the training rows, nothing executed, and no half files."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import mlekit as mk
from mlekit.distributions import FAMILIES
from mlekit.networks import BuiltNetwork
from tests.fitting.simulation import overlapping
from tests.support import REPOSITORY

TABLE = overlapping(150).assign(
    flag=lambda table: table["yes"] == 1,
    grade=lambda table: pd.Categorical(table["kind"], ["low", "mid", "high"], ordered=True),
    small=lambda table: table["weight"].astype(np.int8),
    p=lambda table: np.where(table["yes"] == 1, 0.75, 0.25),
    q=lambda table: np.where(table["yes"] == 1, 0.25, 0.75),
)
NETWORKS = [mk.Linear(), mk.MLP(3, activation="gelu", skip=True)]
QUICK = mk.LBFGS(max_iterations=5)

# name: formula, family, settings
MODELS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "bernoulli": ("yes ~ x1 + x2", mk.Bernoulli, {}),
    "boolean": ("flag ~ x1", mk.Bernoulli, {}),
    "probit": ("yes ~ x1", mk.Bernoulli.family(links={"probs": "probit"}), {}),
    "several": ("yes + also ~ x1", mk.Bernoulli, {}),
    "categorical": ("kind ~ x1 + group", mk.Categorical, {}),
    "ordered": ("grade ~ x1", mk.Categorical, {}),
    "declared": ("kind ~ x1", mk.Categorical.family(categories=["mid", "high", "low"]), {}),
    "integers": ("small ~ x1", mk.Categorical, {}),
    "soft": ("p + q ~ x1", mk.Categorical, {}),
    "prior": ("kind ~ x1", mk.Categorical, {"prior": mk.Gaussian(loc=0.0, scale=1.0)}),
    "gaussian": ("length ~ x1 * x2", mk.Gaussian, {}),
    "fixed": ("length ~ x1", mk.Gaussian.family(scale=2.5), {}),
    "outputs": ("length + width ~ x1", mk.Gaussian, {}),
    "softplus": ("length ~ x1", mk.Gaussian.family(links={"scale": "softplus"}), {}),
    "distributional": ({"loc": "length ~ x1 + group", "scale": "~ x2"}, mk.Gaussian, {}),
    "spline": ("length ~ bs(x1, df=4) + C(group)", mk.Gaussian, {}),
    "functions": ("length ~ np.exp(x1) + I(x2**2) + center(x2)", mk.Gaussian, {}),
    "all": ("yes ~ .", mk.Bernoulli, {"prior": mk.Gaussian(loc=0.0, scale=1.0)}),
    "weighted": ("yes ~ x1", mk.Bernoulli, {"weights": "weight", "offset": "x2"}),
}


def fitted(name: str, network: mk.Network = mk.Linear()) -> mk.Model[Any]:  # noqa: B008
    formula, family, settings = MODELS[name]
    optimizer = None if isinstance(network, mk.Linear) else QUICK
    return mk.fit(formula, TABLE, family, network=network, optimizer=optimizer, **settings)


def assert_same(one: mk.Model[Any], other: mk.Model[Any]) -> None:
    """Compare all that can be seen of two models, to the last bit."""
    assert other.theta.tobytes() == one.theta.tobytes()
    assert other.theta.dtype == one.theta.dtype
    assert other.facts == one.facts
    pd.testing.assert_frame_equal(other.history, one.history, check_exact=True)
    facts = ("stop_reason", "converged", "interrupted", "loss_name", "family", "n_parameters", "aic", "bic")
    assert [getattr(other, fact) for fact in facts] == [getattr(one, fact) for fact in facts]
    assert (repr(other), other.summary()) == (repr(one), one.summary())
    predicted, expected = other.predict(TABLE), one.predict(TABLE)
    assert type(predicted) is type(expected)
    pd.testing.assert_frame_equal(pd.DataFrame(predicted), pd.DataFrame(expected), check_exact=True)
    pd.testing.assert_frame_equal(other.predict_frame(TABLE), one.predict_frame(TABLE), check_exact=True)
    assert other.log_likelihood(TABLE) == one.log_likelihood(TABLE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.mlekit"


@pytest.mark.parametrize("network", NETWORKS, ids=["linear", "mlp"])
@pytest.mark.parametrize("name", list(MODELS))
def test_every_model_comes_back_to_the_last_bit(name: str, network: mk.Network, path: Path) -> None:
    model = fitted(name, network)
    model.save(path)
    again = mk.load(path)
    assert_same(model, again)
    again.save(path)
    assert_same(model, mk.load(path))


@pytest.mark.parametrize("network", NETWORKS, ids=["linear", "mlp"])
@pytest.mark.parametrize("duplicate", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy, copy.copy])
def test_copies_lose_nothing(duplicate: Any, network: mk.Network) -> None:
    model = fitted("distributional", network)
    again = duplicate(model)
    assert_same(model, again)
    assert not again.theta.flags.writeable
    assert_same(model, duplicate(model))  # now that both have predicted


def test_another_process_reads_it(path: Path) -> None:
    model = fitted("spline")
    model.save(path)
    table = path.with_name("table.csv")
    TABLE.to_csv(table, index=False)
    script = (
        "import sys, pandas as pd, mlekit as mk; "
        "print(mk.load(sys.argv[1]).log_likelihood(pd.read_csv(sys.argv[2])).hex())"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    run = subprocess.run(
        [sys.executable, "-c", script, path, table],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert float.fromhex(run.stdout) == pytest.approx(model.log_likelihood(TABLE), rel=1e-14)


def test_no_training_rows_are_in_the_file(path: Path) -> None:
    rows = 5000
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {"x": rng.normal(size=rows), "y": rng.normal(size=rows), "note": ["sentinel-of-a-row"] * rows},
        index=[f"sentinel-{i}" for i in range(rows)],
    )
    data.iloc[17, :2] = (np.pi, np.e)
    model = mk.fit("y ~ x", data, mk.Gaussian, network=mk.MLP(4), optimizer=QUICK, validation=0.2)
    model.save(path)
    content = path.read_bytes()
    assert b"sentinel" not in content
    for number in (np.float64(np.pi), np.float64(np.e), np.float32(np.pi), np.float32(np.e)):
        assert number.tobytes() not in content
        assert str(number).encode() not in content
    assert len(content) < 20_000
    assert b"sentinel" not in pickle.dumps(model)


# ---- what is no saved model ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "model"
    fitted("categorical").save(path)
    return path.read_bytes()


@pytest.mark.parametrize("share", np.linspace(0, 0.999, 24).tolist())
def test_a_truncated_file(share: float, content: bytes, path: Path) -> None:
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(mk.FileFormatError, match="model"):
        mk.load(path)


@pytest.mark.parametrize(
    "foreign",
    [b"", b"x,y\n1,2\n", pickle.dumps({"a": 1}), b"\x00" * 1000, b"\xff" * 1000, b"PK\x03\x04" + b"zip" * 99],
    ids=["empty", "text", "pickle", "zeros", "ones", "zip"],
)
def test_a_foreign_file(foreign: bytes, path: Path) -> None:
    path.write_bytes(foreign)
    with pytest.raises(mk.FileFormatError):
        mk.load(path)


def test_a_file_of_weights_from_elsewhere(path: Path) -> None:
    save_file({"weight": np.zeros(3)}, path, metadata={"format": "pt"})
    with pytest.raises(mk.FileFormatError, match="not one that mlekit wrote"):
        mk.load(path)


def test_no_file_and_no_folder(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"model\.mlekit"):
        mk.load(path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        fitted("bernoulli").save(path / "deeper")
    with pytest.raises(mk.FileFormatError):
        mk.load(path.parent)


def tamper(content: bytes, path: Path, change: Any) -> None:
    """Write the file again with its document, or its tensors, changed."""
    path.write_bytes(content)
    with safe_open(str(path), framework="numpy") as file:
        document = json.loads(file.metadata()["mlekit"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    document = change(document, tensors) or document
    save_file(
        tensors, path, metadata={"mlekit": document if isinstance(document, str) else json.dumps(document)}
    )


CHANGES: dict[str, Any] = {
    "no document": lambda d, t: "{",
    "a list": lambda d, t: "[1, 2]",
    "a number": lambda d, t: "7",
    "deep": lambda d, t: "[" * 100_000,
    "no format": lambda d, t: d.pop("format") and None,
    "format of text": lambda d, t: d.update(format="one"),
    "no blocks": lambda d, t: d.update(blocks=[]),
    "no head": lambda d, t: d.pop("head") and None,
    "unknown family": lambda d, t: d["head"].update(distribution="os.system"),
    "unknown network": lambda d, t: d["blocks"][0].update(network={"type": "subprocess.Popen"}),
    "unknown link": lambda d, t: d["head"].update(links={"logits": "exec"}),
    "fewer classes": lambda d, t: d["head"]["constants"]["categories"]["values"].pop() and None,
    "strange labels": lambda d, t: d["head"]["constants"]["categories"].update(dtype="V8"),
    "other columns": lambda d, t: d["encoding"].update(schema={}),
    "unknown fact": lambda d, t: d["facts"].update(surprise=1),
    "no theta": lambda d, t: t.pop("theta") is None or None,
    "short theta": lambda d, t: t.update(theta=t["theta"][:-1]),
    "whole numbers": lambda d, t: t.update(theta=np.zeros(len(t["theta"]), dtype=np.int64)),
    "short scale": lambda d, t: t.update(scale=t["scale"][:-1]),
    "ragged history": lambda d, t: t.update(history=np.zeros(7)),
}


@pytest.mark.parametrize("name", list(CHANGES))
def test_a_tampered_file(name: str, content: bytes, path: Path) -> None:
    tamper(content, path, CHANGES[name])
    with pytest.raises(mk.FileFormatError):
        mk.load(path)


def test_a_file_may_be_of_single_precision(path: Path) -> None:
    data = overlapping(100)
    model = mk.fit("length ~ x1 + x2", data, mk.Gaussian, network=mk.MLP(4), optimizer=mk.Adam(epochs=2))
    model.save(path)
    with safe_open(path, "numpy") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file({name: tensor.astype(np.float32) for name, tensor in tensors.items()}, path, metadata)
    np.testing.assert_allclose(mk.load(path).predict(data), model.predict(data), rtol=1e-4)


def test_a_newer_format(content: bytes, path: Path) -> None:
    tamper(content, path, lambda d, t: d.update(format=99, versions={"mlekit": "9.9"}))
    with pytest.raises(mk.FileFormatError, match=r"format 99.*mlekit 9\.9.*upgrade"):
        mk.load(path)


@pytest.mark.parametrize(
    "call", ["__import__('os').system('touch {0}')", "open('{0}', 'w')", "x1.__class__.__base__", "exec('1')"]
)
def test_nothing_in_a_file_is_executed(call: str, content: bytes, path: Path) -> None:
    mark = path.with_name("executed")
    call = call.format(mark)

    def change(document: dict[str, Any], tensors: dict[str, np.ndarray]) -> str:
        # The formula stands in the document more than once: all of them are changed alike.
        return json.dumps(document).replace("x1 + ", f"{call} + ").replace('"x1"', json.dumps(call))

    tamper(content, path, change)
    with pytest.raises(mk.MlekitError):
        mk.load(path)(TABLE)
    assert not mark.exists()


class Odd(mk.Gumbel):
    """A family from outside the library."""


def test_a_family_that_no_file_could_name_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = mk.fit("length ~ x1", TABLE, Odd)
    with pytest.raises(mk.FileFormatError, match=r"Odd.*FAMILIES"):
        model.save(path)
    assert not path.exists()
    monkeypatch.setitem(FAMILIES, "Odd", Odd)
    model.save(path)
    again = mk.load(path)
    assert again.family is Odd
    assert again.log_likelihood(TABLE) == model.log_likelihood(TABLE)


def test_a_file_names_the_version_of_this_tree(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    with safe_open(path, framework="numpy") as file:
        document = json.loads(file.metadata()["mlekit"])
    assert document["versions"]["mlekit"] == mk.__version__


# ---- writing ---------------------------------------------------------------------------------------------------


def test_a_failed_save_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fitted("bernoulli")
    old.save(path)

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        fitted("gaussian").save(path)
    assert_same(old, mk.load(path))
    assert list(path.parent.iterdir()) == [path]


def test_an_interrupted_save_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fitted("bernoulli").save(path)
    assert list(path.parent.iterdir()) == []


def test_saving_replaces_and_takes_text_as_a_path(path: Path) -> None:
    fitted("bernoulli").save(str(path))
    model = fitted("gaussian")
    model.save(str(path))
    assert_same(model, mk.load(str(path)))


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_the_file_has_the_permissions_of_any_new_file(path: Path) -> None:
    other = path.with_name("other")
    other.touch()
    fitted("bernoulli").save(path)
    assert path.stat().st_mode == other.stat().st_mode


@dataclass(frozen=True)
class Own:
    """A network of the user's own."""

    def build(self, n_inputs: int, n_outputs: int, *, dtype: Any = np.float64) -> BuiltNetwork:
        return mk.MLP(2).build(n_inputs, n_outputs, dtype=dtype)


def test_a_network_of_ones_own_cannot_be_saved(path: Path) -> None:
    model = mk.fit("yes ~ x1", TABLE, mk.Bernoulli, network=Own(), optimizer=QUICK)
    with pytest.raises(mk.NetworkError, match="cannot be written to a file"):
        model.save(path)
    assert not path.exists()


def test_labels_that_a_file_cannot_hold(path: Path) -> None:
    when = pd.to_datetime(["2020-01-01", "2021-01-01"])
    data = TABLE.assign(when=[str(when[int(yes)].date()) for yes in TABLE["yes"]])
    model = mk.fit("when ~ x1", data, mk.Categorical)
    model.save(path)
    assert mk.load(path)(data).categories.tolist() == ["2020-01-01", "2021-01-01"]
