"""The vendor as we imitate it: a WSGI app of its own that knows nothing of the demo."""
