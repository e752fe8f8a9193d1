"""Judges a camera run: frames and prompts in, verdict with reasons out."""
