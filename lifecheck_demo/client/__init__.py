"""The vendor as we speak to it."""
