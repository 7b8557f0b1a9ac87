"""The documentation: its pages, and in `docs.book` what they are made with."""
