"""mlekit: typed probabilistic modelling that treats deep learning as maximum-likelihood estimation."""

__version__ = "0.1.0.dev0"
