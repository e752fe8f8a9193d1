"""Tests of the demo: run them with `make test`."""
