"""What gunicorn is told to read where it must not read the demo's `gunicorn.conf.py`."""
