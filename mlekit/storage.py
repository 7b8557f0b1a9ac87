"""Saved models: one safetensors file, weights as tensors and everything else as JSON in its header.

The JSON holds formulas, the schema of the columns, levels, the family, the network's shape, and versions. No
training rows are written, and nothing is executed on load: formulas are checked against the same list of
permitted functions as in a fit. A file is written beside its place and renamed into it, so that it appears
whole or not at all.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlekit.distributions import COMPOSITIONS, FAMILIES, TRANSFORMS, Distribution, Family, Head, MixtureHead
from mlekit.distributions.composed import Kind
from mlekit.distributions.labels import label_array
from mlekit.distributions.spelling import read_kind
from mlekit.errors import FileFormatError, ParameterError
from mlekit.fitting.features import Features, Preparation
from mlekit.fitting.scaling import Scaling
from mlekit.frames import Encoding
from mlekit.model import FitFacts, Model
from mlekit.networks import from_json as network_from_json
from mlekit.networks import to_json as network_to_json
from mlekit.regression import Block, Regression
from mlekit.version import __version__

__all__ = ["load", "save"]

_FORMAT = 2
_KEY = "mlekit"


def save(model: Model[Any], path: str | Path) -> None:
    """Write a model to a file; see `Model.save`.

    Raises:
        NetworkError: for a network that is not mlekit's own.
        FileFormatError: for labels that a file cannot hold, and a family that is not in `FAMILIES`.
        FileNotFoundError: if there is no such folder.
    """
    from safetensors.numpy import save as to_bytes

    tensors = {
        "theta": np.ascontiguousarray(model.theta),
        **_preparation_to_tensors(model.preparation),
        "target_shift": np.atleast_1d(model.head.member.shift),
        "target_scale": np.atleast_1d(model.head.member.scale),
        "target_resolution": model.head.member.resolution,
        "history": np.ascontiguousarray(model.history.to_numpy(dtype=np.float64)),
        "log_likelihood": np.array([model.facts.log_likelihood]),  # −inf has no place in JSON
    }
    if isinstance(model.head, MixtureHead):
        tensors["member_weights"] = model.head.weights
    document = {
        "format": _FORMAT,
        "versions": {
            "mlekit": __version__,
            **{name: version(name) for name in ("numpy", "pandas", "formulaic")},
        },
        "encoding": model.regression.encoding.to_json(),
        "blocks": [
            {
                "parameters": list(block.parameters),
                "formula": block.formula,
                "network": network_to_json(block.network),
                "n_outputs": block.n_outputs,
                "columns": [block.columns.start, block.columns.stop],
            }
            for block in model.regression.blocks
        ],
        "head": _head_to_json(model.head.member),
        "facts": {name: value for name, value in vars(model.facts).items() if name != "log_likelihood"},
        "history": list(model.history.columns),
        "stop_reason": model.stop_reason,
        "converged": model.converged,
        "interrupted": model.interrupted,
    }
    content = to_bytes(tensors, metadata={_KEY: json.dumps(document, allow_nan=False)})
    _write_whole(Path(path), content)


def _write_whole(path: Path, content: bytes) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to save {path.name!r} in")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load(path: str | Path) -> Model[Any]:
    """Read a model that ``Model.save`` wrote. Nothing in the file is executed.

    Args:
        path: the file.

    Returns:
        The model; narrow its type with ``isinstance(model(data), Gaussian)`` where that matters.

    Raises:
        FileNotFoundError: if there is no such file.
        FileFormatError: for a file that is truncated, foreign, or of a newer format.

    >>> import pandas as pd, tempfile, pathlib, mlekit as mk
    >>> data = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [1.1, 1.9, 3.2, 3.9]})
    >>> model = mk.fit("y ~ x", data, mk.Gaussian)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "line.mlekit"
    ...     model.save(file)
    ...     again = mk.load(file)
    >>> bool((again(data).mean == model(data).mean).all())
    True
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileFormatError(f"{str(path)!r} is no saved model, or is cut short: {error}") from error
    if _KEY not in metadata:
        raise FileFormatError(f"{str(path)!r} is a safetensors file, but not one that mlekit wrote")
    try:
        document = json.loads(metadata[_KEY])
        if document["format"] > _FORMAT:
            raise FileFormatError(
                f"{str(path)!r} has format {document['format']}, written by mlekit "
                f"{document['versions']['mlekit']}; this version reads up to format {_FORMAT}: upgrade mlekit"
            )
        return _model(document, tensors)
    except FileFormatError:
        raise
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
        raise FileFormatError(f"{str(path)!r} is damaged: {type(error).__name__}: {error}") from error


def _model(document: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Model[Any]:
    encoding = Encoding.from_json(document["encoding"])
    blocks = tuple(
        Block(
            tuple(block["parameters"]),
            block["formula"],
            network_from_json(block["network"]),
            int(block["n_outputs"]),
            slice(*map(int, block["columns"])),
        )
        for block in document["blocks"]
    )
    member = _head_from_json(document["head"], tensors)
    head = MixtureHead(member, tensors["member_weights"]) if "member_weights" in tensors else member
    regression = Regression(encoding, blocks)
    preparation = _preparation_from_tensors(tensors, len(regression.columns))
    network = regression.build(np.float64)
    theta = tensors["theta"]
    if theta.shape != (network.n_parameters,) or network.n_outputs != head.n_outputs:
        raise FileFormatError(
            f"the file holds {theta.size} weights for {head.n_outputs} outputs, but its network has "
            f"{network.n_parameters} for {network.n_outputs}"
        )
    _require_shape("log_likelihood", tensors, (1,))
    for name, tensor in tensors.items():
        if tensor.dtype.kind != "f":
            raise FileFormatError(f"{name!r} holds {tensor.dtype} where floating-point numbers belong")
    columns = document["history"]
    history = pd.DataFrame(tensors["history"].reshape(-1, len(columns)), columns=columns)
    return Model(
        head=head,
        regression=regression,
        preparation=preparation,
        theta=theta,
        facts=FitFacts(log_likelihood=float(tensors["log_likelihood"][0]), **document["facts"]),
        history=history.astype({name: np.int64 for name in ("member", "step") if name in columns}),
        stop_reason=document["stop_reason"],
        converged=document["converged"],
        interrupted=document["interrupted"],
    )


def _preparation_to_tensors(preparation: Preparation) -> dict[str, np.ndarray]:
    match preparation:
        case Scaling(center, scale):
            return {"center": center, "scale": scale}
        case Features():
            return {
                "center": preparation.scaling.center,
                "scale": preparation.scaling.scale,
                "kept": preparation.kept.astype(np.float64),
                "whitening": np.ascontiguousarray(preparation.whitening),
                "edges": preparation.edges,
                "edge_counts": preparation.counts.astype(np.float64),
            }
    raise FileFormatError(f"{preparation!r} prepares the inputs, and is not mlekit's own")


def _preparation_from_tensors(tensors: Mapping[str, np.ndarray], columns: int) -> Preparation:
    for name in ("center", "scale"):
        _require_shape(name, tensors, (columns,))
    scaling = Scaling(*(tensors[name].astype(np.float64) for name in ("center", "scale")))
    if "whitening" not in tensors:
        return scaling
    kept, counts = (tensors[name].astype(np.int64) for name in ("kept", "edge_counts"))
    _require_shape("edges", tensors, (int(counts.sum()),))
    _require_shape("edge_counts", tensors, kept.shape)
    _require_shape("whitening", tensors, (len(kept), *tensors["whitening"].shape[1:]))
    if len(kept) and not 0 <= kept.min() <= kept.max() < columns:
        raise FileFormatError(f"'kept' names column {kept.max()} of {columns}")
    return Features(scaling, kept, tensors["whitening"], tensors["edges"], counts)


def _require_shape(name: str, tensors: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> None:
    if tensors[name].shape != shape:
        raise FileFormatError(f"{name!r} has the shape {tensors[name].shape}, but its model needs {shape}")


def _head_to_json(head: Head[Any]) -> dict[str, Any]:
    _known_kind(head.family.name)
    return {
        "distribution": head.family.name,
        "fixed": {name: _plain(name, value) for name, value in head.family.fixed.items()},
        "links": dict(head.family.links),
        "target_names": list(head.target_names),
        "constants": {name: _plain(name, value) for name, value in head.constants.items()},
        "identified": head.identified,
        "boolean": head.boolean,
        "censored": head.censored,
    }


def _plain(name: str, value: Any) -> Any:
    """A number or text as it is; several as a list beside their dtype."""
    array = label_array(value)
    items = array.reshape(-1).tolist()
    for item in items:
        if not isinstance(item, (str, int, float, bool)):
            raise FileFormatError(
                f"{name} holds {item!r} of type {type(item).__name__}, which a saved model cannot hold; use "
                "text or numbers as labels"
            )
    return {"dtype": array.dtype.str, "values": array.tolist()} if array.ndim else items[0]


def _from_plain(plain: Any) -> Any:
    return np.array(plain["values"], dtype=plain["dtype"]) if isinstance(plain, dict) else plain


def _known_kind(name: str) -> Kind[Distribution]:
    """The kind of that name; a file holds names, no code."""
    try:
        return read_kind(name, FAMILIES, {**COMPOSITIONS, **TRANSFORMS})
    except ParameterError as error:
        reason = str(error).rstrip(".")
        raise FileFormatError(
            f"the model's family is not known to this version of mlekit: {reason}; a family of your own has to be put "
            "into mlekit.distributions.FAMILIES, where models are saved and where they are loaded"
        ) from error


def _head_from_json(document: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Head[Any]:
    kind = _known_kind(document["distribution"])
    fixed = {key: _from_plain(value) for key, value in document["fixed"].items()}
    family: Family[Distribution] = Family(kind, fixed, document["links"])
    return Head(
        family=family,
        target_names=tuple(document["target_names"]),
        constants={key: _from_plain(value) for key, value in document["constants"].items()},
        shift=tensors["target_shift"],
        scale=tensors["target_scale"],
        resolution=tensors["target_resolution"],
        identified=document["identified"],
        boolean=document["boolean"],
        censored=document.get("censored", False),
    )
