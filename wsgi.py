"""Where a server finds the application: `gunicorn wsgi:app`."""

from lifecheck_demo import create_app

app = create_app()
