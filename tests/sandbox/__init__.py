"""Tests of the sandbox, which knows nothing of the demo."""
