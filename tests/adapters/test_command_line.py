"""The command line says what the Python API says, and says errors in one message."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import mlekit as mk
from mlekit.adapters import command_line
from mlekit.adapters.command_line.application import application
from mlekit.distributions import FAMILIES
from mlekit.information import cross_entropy, entropy, js, kl


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, which holds cars.csv and cars.parquet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    rng = np.random.default_rng(0)
    speed = np.linspace(3, 30, 40).round(1)
    cars = pd.DataFrame(
        {
            "speed": speed,
            "distance": (2.5 * speed + rng.normal(0, 3, 40)).round(1),
            "site": np.where(np.arange(40) % 3 == 0, "north", "south"),
            "brakes": np.where(rng.random(40) < 0.5, "worn", "new"),
            "often": rng.integers(1, 4, 40),
        }
    )
    cars.to_csv("cars.csv", index=False)
    cars.to_parquet("cars.parquet")
    return tmp_path


def mlekit(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(application, list(arguments), input=stdin, prog_name="mlekit")


def succeeds(*arguments: str, stdin: str | None = None) -> str:
    result = mlekit(*arguments, stdin=stdin)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def fails(status: int, *arguments: str) -> str:
    result = mlekit(*arguments)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    # A usage error stands in a frame that breaks lines.
    return " ".join(result.output.replace("│", " ").split())


GAUSSIAN = ("--family", "gaussian")
FIT = ("fit", "cars.csv", "distance ~ speed", *GAUSSIAN)


# ---- fit --------------------------------------------------------------------------------------------------


def test_fit_prints_facts_and_coefficients() -> None:
    output = succeeds("fit", "cars.csv", "distance ~ speed + C(site)", *GAUSSIAN)
    model = mk.fit("distance ~ speed + C(site)", pd.read_csv("cars.csv"), mk.Gaussian)
    words = output.split()
    assert f"{model.facts.log_likelihood:.6f}" in words
    assert f"{model.aic:.4f}" in words
    coefficients = model.coefficients.reset_index()
    for parameter, term, value in coefficients.itertuples(index=False):
        assert f"{parameter} {term} {value:.6g}" in " ".join(words)
    assert "C(site)[T.south]" in words


SETTINGS = [
    ([], {}),
    (["--fix", "scale=2.0"], {"family": mk.Gaussian.family(scale=2.0)}),
    (["--prior-scale", "0.5"], {"prior": mk.Gaussian(loc=0.0, scale=0.5)}),
    (["--weights", "often"], {"weights": "often"}),
    (["--offset", "often"], {"offset": "often"}),
    (["--parameter", "scale=~ speed"], {"formula": {"loc": "distance ~ speed", "scale": "~ speed"}}),
    (["--validation", "0.25", "--seed", "3"], {"validation": 0.25, "seed": 3}),
    (["--optimizer", "newton"], {"optimizer": mk.Newton()}),
    (["--optimizer", "lbfgs"], {"optimizer": mk.LBFGS()}),
    (
        ["--optimizer", "sgd", "--epochs", "5", "--learning-rate", "0.02"],
        {"optimizer": mk.SGD(epochs=5, learning_rate=0.02)},
    ),
    (
        ["--hidden", "4,3", "--epochs", "5", "--seed", "7"],
        {"network": mk.MLP(4, 3), "optimizer": mk.Adam(epochs=5), "seed": 7},
    ),
    (
        ["--hidden", "4", "--activation", "relu", "--optimizer", "adam", "--epochs", "3"],
        {"network": mk.MLP(4, activation="relu"), "optimizer": mk.Adam(epochs=3)},
    ),
]


@pytest.mark.parametrize(("options", "settings"), SETTINGS, ids=[" ".join(s[0][:2]) for s in SETTINGS])
def test_every_option_is_the_argument_of_the_same_meaning(
    options: list[str], settings: dict[str, object]
) -> None:
    succeeds(*FIT, *options, "--save", "model")
    arguments: dict[str, Any] = {"formula": "distance ~ speed", "family": mk.Gaussian, **settings}
    same: mk.Model[mk.Gaussian] = mk.fit(data=pd.read_csv("cars.csv"), **arguments)
    saved = mk.load("model")
    np.testing.assert_array_equal(saved.theta, same.theta)
    assert saved.facts == same.facts


def test_a_link_is_replaced() -> None:
    data = pd.read_csv("cars.csv").assign(far=lambda cars: cars["distance"] + 20 * (cars["often"] - 2) > 40)
    data.to_csv("cars.csv", index=False)
    succeeds(
        "fit", "cars.csv", "far ~ speed", "--family", "bernoulli", "--link", "probs=probit", "--save", "m"
    )
    same = mk.fit("far ~ speed", data, mk.Bernoulli.family(links={"probs": "probit"}))
    np.testing.assert_array_equal(mk.load("m").theta, same.theta)


def test_a_list_is_held_fixed() -> None:
    succeeds(
        "fit",
        "cars.csv",
        "brakes ~ speed",
        "--family",
        "categorical",
        "--fix",
        "categories=worn,new",
        "--save",
        "m",
    )
    assert list(mk.load("m").predict_frame(pd.read_csv("cars.csv")).columns) == ["worn", "new"]


@pytest.mark.parametrize("family", FAMILIES)
def test_families_are_found_in_every_spelling(family: str) -> None:
    from mlekit.adapters.command_line.options import family_named
    from mlekit.distributions.spelling import kebab

    for spelling in (family, family.lower(), family.upper(), kebab(family), kebab(family).replace("-", "_")):
        assert family_named(spelling) is FAMILIES[family]
    assert kebab(family) in " ".join(
        fails(2, "fit", "cars.csv", "distance ~ speed", "--family", "no").split()
    )


def test_parquet_and_csv_give_the_same_model() -> None:
    assert succeeds(*FIT) == succeeds("fit", "cars.parquet", *FIT[2:])


def test_data_can_come_from_standard_input() -> None:
    assert succeeds("fit", "-", *FIT[2:], stdin=Path("cars.csv").read_text()) == succeeds(*FIT)


# ---- predict, show ----------------------------------------------------------------------------------------


@pytest.fixture
def model() -> mk.Model[mk.Gaussian]:
    """Return a model that is also saved as cars.mlekit."""
    fitted = mk.fit("distance ~ speed", pd.read_csv("cars.csv"), mk.Gaussian)
    fitted.save("cars.mlekit")
    return fitted


def test_predict_pipes_csv_in_full_precision(model: mk.Model[mk.Gaussian]) -> None:
    output = succeeds("predict", "cars.mlekit", "cars.csv")
    frame = pd.read_csv(io.StringIO(output))
    pd.testing.assert_frame_equal(frame, model.predict_frame(pd.read_csv("cars.csv")), rtol=1e-15, atol=0)


@pytest.mark.parametrize("target", ["out.csv", "out.tsv", "out.csv.gz", "out.parquet"])
def test_predict_writes_files(model: mk.Model[mk.Gaussian], target: str) -> None:
    from mlekit.adapters.tables import read_table

    cars = pd.read_csv("cars.csv")
    options = ("--point", "--keep", "site", "--keep", "distance", "--output", target)
    assert succeeds("predict", "cars.mlekit", "cars.parquet", *options) == ""
    expected = cars[["site", "distance"]].assign(distance_predicted=np.asarray(model.predict(cars)))
    pd.testing.assert_frame_equal(read_table(Path(target)), expected, rtol=1e-15, atol=0)


def test_predict_several_targets() -> None:
    cars = pd.read_csv("cars.csv")
    fitted = mk.fit("distance + often ~ speed", cars, mk.Gaussian)
    fitted.save("m")
    points = pd.read_csv(io.StringIO(succeeds("predict", "m", "cars.csv", "--point")))
    assert list(points.columns) == ["distance_predicted", "often_predicted"]
    frame = pd.read_csv(io.StringIO(succeeds("predict", "m", "cars.csv")))
    np.testing.assert_allclose(frame["often_95%"], fitted.predict_frame(cars)["often", "95%"], rtol=1e-14)


def test_predict_categories() -> None:
    cars = pd.read_csv("cars.csv")
    fitted = mk.fit("brakes ~ speed", cars, mk.Categorical)
    fitted.save("m")
    frame = pd.read_csv(io.StringIO(succeeds("predict", "m", "cars.csv")))
    pd.testing.assert_frame_equal(frame, fitted.predict_frame(cars), rtol=1e-15, atol=0)
    points = pd.read_csv(io.StringIO(succeeds("predict", "m", "cars.csv", "--point")))
    assert points["brakes_predicted"].tolist() == np.asarray(fitted.predict(cars)).tolist()


def test_show_prints_what_fit_printed(model: mk.Model[mk.Gaussian]) -> None:
    assert succeeds("show", "cars.mlekit") == succeeds(*FIT)


def test_a_prior_is_said_with_the_coefficients() -> None:
    assert "shrunk by the prior" in succeeds(*FIT, "--prior-scale", "1")


# ---- compare ----------------------------------------------------------------------------------------------


def compared(output: str) -> dict[str, float]:
    """Return the values by their symbols: 'H(p)', 'KL(p||q)', ..."""
    values = {}
    for line in output.splitlines():
        symbol, _, rest = line.partition("  ")
        if "(" in symbol and rest and "=" not in line:
            values[symbol] = float(rest.split()[-1])
    return values


def test_compare_two_columns_of_one_file() -> None:
    pd.DataFrame({"a": list("xxyz"), "b": list("xyzz")}).to_csv("t.csv", index=False)
    p, q = mk.Empirical(list("xxyz")), mk.Empirical(list("xyzz"))
    expected = {
        "H(p)": entropy(p, base=2),
        "H(q)": entropy(q, base=2),
        "CE(p, q)": cross_entropy(p, q, base=2),
        "CE(q, p)": cross_entropy(q, p, base=2),
        "KL(p||q)": kl(p, q, base=2),
        "KL(q||p)": kl(q, p, base=2),
        "JS(p, q)": js(p, q, base=2),
    }
    output = succeeds("compare", "t.csv", "--columns", "a,b", "--base", "2")
    assert compared(output) == pytest.approx({key: float(value) for key, value in expected.items()}, abs=1e-6)
    assert compared(output)["H(p)"] == 1.5  # ½·1 + 2·¼·2 bits
    assert compared(output)["KL(p||q)"] == 0.25  # ½·log₂ 2 + 0 − ¼·log₂ 2
    assert "bits" in output
    assert "infinite" not in output
    nats = compared(succeeds("compare", "t.csv", "--columns", "a,b"))
    assert nats["H(p)"] == pytest.approx(1.5 * np.log(2), abs=1e-6)


def test_compare_numbers_of_two_files_and_say_why_infinite() -> None:
    pd.DataFrame({"k": [1, 1, 2, 7, 8, 9, 10]}).to_csv("a.csv", index=False)
    pd.DataFrame({"k": [1.0, 2.0, 2.0]}).to_parquet("b.parquet")
    output = succeeds("compare", "a.csv", "b.parquet", "--column", "k")
    values = compared(output)
    assert values["KL(p||q)"] == values["CE(p, q)"] == np.inf
    assert np.isfinite(values["KL(q||p)"])
    flat = " ".join(output.split())
    assert (
        "CE(p, q) and KL(p||q) are infinite: p has values that q never has, 7 (0.1429), 8 (0.1429), 9 (0.1429)"
        in flat
    )
    assert "and 1 more, with probability 0.5714 together" in flat
    assert "KL(q||p) are infinite" not in flat
    assert compared(succeeds("compare", "a.csv", "b.parquet", "--columns", "k,k")) == values


def test_a_column_is_at_no_distance_from_itself() -> None:
    values = compared(succeeds("compare", "cars.csv", "cars.parquet", "--column", "speed"))
    assert values["KL(p||q)"] == values["KL(q||p)"] == values["JS(p, q)"] == 0


# ---- errors -----------------------------------------------------------------------------------------------

MISTAKES = [
    (("fit", "none.csv", "y ~ x", *GAUSSIAN), "error: there is no file 'none.csv'"),
    (("fit", "cars.xlsx", "y ~ x", *GAUSSIAN), "'cars.xlsx' has none of the suffixes of a table: .csv"),
    (("fit", "empty.csv", "y ~ x", *GAUSSIAN), "error: 'empty.csv' is empty"),
    (("fit", "latin.csv", "y ~ x", *GAUSSIAN), "error: 'latin.csv' is not UTF-8 text"),
    (("fit", "cars.csv", "distance ~ sped", *GAUSSIAN), "no column 'sped': did you mean 'speed'?"),
    (("fit", "cars.csv", "distance ~ (speed", *GAUSSIAN), "error: "),
    (("fit", "cars.csv", "site ~ speed", *GAUSSIAN), "error: "),
    ((*FIT, "--fix", "scale=-1"), "scale must lie in (0, inf), but is -1"),
    ((*FIT, "--fix", "sigma=1"), "there is no parameter 'sigma'"),
    ((*FIT, "--link", "loc=square"), "there is no link 'square'"),
    ((*FIT, "--hidden", "0"), "error: "),
    ((*FIT, "--hidden", "4", "--activation", "tan"), "'tan'"),
    ((*FIT, "--hidden", "4", "--learning-rate", "-1"), "learning_rate must be positive, but is -1.0"),
    ((*FIT, "--prior-scale", "0"), "scale must lie in (0, inf), but is 0"),
    ((*FIT, "--validation", "1.5"), "validation must be a share"),
    ((*FIT, "--weights", "weigth"), "no column 'weigth'"),
    ((*FIT, "--save", "none/m"), "'none/m' cannot be written: there is no folder 'none'"),
    (("predict", "none.mlekit", "cars.csv"), "error: there is no file 'none.mlekit'"),
    (("predict", "cars.csv", "cars.csv"), "'cars.csv' is no saved model"),
    (("predict", "cars.mlekit", "empty.csv"), "'empty.csv' is empty"),
    (("predict", "cars.mlekit", "small.csv"), "no column 'speed'"),
    (("predict", "cars.mlekit", "cars.csv", "--output", "out.xlsx"), "'out.xlsx' has none of the suffixes"),
    (("predict", "cars.mlekit", "cars.csv", "--output", "none/out.csv"), "there is no folder 'none'"),
    (("predict", "cars.mlekit", "cars.csv", "--keep", "name"), "--keep: the table has no column 'name'"),
    (("predict", "cars.mlekit", "named.csv", "--keep", "mean"), "the output would have two columns 'mean'"),
    (("show", "none.mlekit"), "there is no file 'none.mlekit'"),
    (("show", "cars.csv"), "'cars.csv' is no saved model"),
    (
        ("compare", "cars.csv", "--columns", "speed,wheels"),
        "'cars.csv' has no column 'wheels'; it has 'speed',",
    ),
    (("compare", "cars.csv", "--columns", "speed,site"), "are numbers, those of q (Empirical) are labels"),
    (
        ("compare", "gaps.csv", "--columns", "a,b"),
        "column 'b' of 'gaps.csv': Empirical: 1 of 2 samples are missing",
    ),
    (("compare", "cars.csv", "--columns", "speed,often", "--base", "1"), "base must be a number above 1"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_errors_are_one_message_and_status_1(
    arguments: tuple[str, ...], message: str, model: mk.Model[mk.Gaussian]
) -> None:
    Path("empty.csv").touch()
    Path("small.csv").write_text("y\n1\n")
    Path("latin.csv").write_bytes("y,x\nsüd,1\n".encode("latin-1"))
    Path("gaps.csv").write_text("a,b\n1,2\n3,\n")
    pd.read_csv("cars.csv").assign(mean=1).to_csv("named.csv")
    output = fails(1, *arguments)
    assert message in output
    assert output.startswith("error: ")
    assert output.count("error:") == 1


MISUSES = [
    ((), "Usage: mlekit"),
    (("fti",), "No such command 'fti'"),
    (("fit", "cars.csv", "distance ~ speed"), "--family"),
    (
        ("fit", "cars.csv", "y ~ x", "--family", "gausian"),
        "there is no family 'gausian'; did you mean gaussian?",
    ),
    ((*FIT, "--fix", "scale"), "'scale' is not of the form NAME=VALUE"),
    ((*FIT, "--fix", "scale="), "'scale=' is not of the form NAME=VALUE"),
    ((*FIT, "--fix", "scale=1", "--fix", "scale=2"), "'scale' is given twice"),
    ((*FIT, "--parameter", "loc=~ often"), "loc is what FORMULA predicts already"),
    ((*FIT, "--parameter", "scale"), "'scale' is not of the form NAME=VALUE"),
    ((*FIT, "--hidden", "4;4"), "'4;4' is no list of whole numbers"),
    ((*FIT, "--activation", "relu"), "give --hidden too"),
    ((*FIT, "--epochs", "3"), "only adam and sgd have it"),
    ((*FIT, "--optimizer", "lbfgs", "--learning-rate", "1"), "only adam and sgd have it"),
    ((*FIT, "--optimizer", "adamw"), "adamw"),
    ((*FIT, "--seed", "-1"), "--seed"),
    (("compare", "cars.csv"), "give one of --column NAME and --columns P,Q"),
    (("compare", "cars.csv", "--column", "a", "--columns", "a,b"), "give one of --column NAME and --columns"),
    (("compare", "cars.csv", "--column", "speed"), "give a second file, or --columns P,Q"),
    (("compare", "cars.csv", "--columns", "speed"), "'speed' is not two names"),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSES, ids=[" ".join(m[0]) for m in MISUSES])
def test_wrong_usage_has_status_2(arguments: tuple[str, ...], message: str) -> None:
    if arguments == ():
        assert message in " ".join(mlekit().output.split())  # the help; its status is typer's affair
    else:
        assert message in fails(2, *arguments)


def test_nothing_is_fitted_for_a_model_that_cannot_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mk, "fit", lambda *_, **__: pytest.fail("fitted"))
    fails(1, *FIT, "--save", "none/m")


def test_ctrl_c_outside_a_fit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlekit.adapters.command_line.fitting.read_table", interrupt)
    assert "interrupted" in fails(130, *FIT)
    monkeypatch.setattr("mlekit.adapters.command_line._run", interrupt)
    with pytest.raises(SystemExit) as exit_:
        command_line.main()
    assert exit_.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_unforeseen_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug shows its traceback; only what mlekit and the file system raise on purpose is a message."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mlekit.adapters.command_line.fitting.read_table", broken)
    assert isinstance(mlekit(*FIT).exception, ZeroDivisionError)


# ---- help -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["fit", "predict", "compare", "show"])
def test_every_command_has_an_example_in_its_help(command: str) -> None:
    output = succeeds(command, "--help")
    assert f"Example: mlekit {command} " in " ".join(output.split())
    assert max(map(len, output.splitlines())) <= 80
    assert command in succeeds("--help")


def test_version() -> None:
    assert succeeds("--version") == f"mlekit {mk.__version__}\n"
