"""A package, so that no installed one of the same name (some distributions ship one) takes its place."""
