"""Room 5: what is to be said about fitted models. Reads models; returns tables and text."""
