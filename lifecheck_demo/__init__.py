"""A browser demo of a hosted face-liveness check."""
