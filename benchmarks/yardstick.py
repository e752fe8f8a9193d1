"""The least that could do the journey: bare Flask, two upstream calls over one session.

No CSRF, no templates, no languages, no security headers, no state, no checking of what
the vendor says. What the demo costs is told as a ratio to it.
"""

import os
from urllib.parse import urlencode

import requests
from flask import Flask, redirect, request
from requests.adapters import HTTPAdapter
from werkzeug.wrappers import Response

VENDOR = os.environ["YARDSTICK_VENDOR"]
FORM = (
    '<!doctype html><title>Check</title><form method="post" action="/">'
    '<input type="hidden" name="actions" value="LookFront"><button>Start</button></form>'
)
RESULT = '<!doctype html><title>Result</title><main data-outcome="{}">Ended</main>'

session = requests.Session()
session.trust_env = False
session.mount("http://", HTTPAdapter(4, 256))
app = Flask(__name__)


@app.get("/")
def form() -> str:
    """Something to press."""
    return FORM


@app.post("/")
def start() -> Response:
    """Ask for a token, go to the camera page."""
    sent = {"actions": request.form["actions"], "returnUrl": f"{request.host_url}return"}
    answer = session.post(f"{VENDOR}/init", sent, timeout=8).json()
    token = answer["data"]["token"]
    return redirect(f"{VENDOR}/check/index?{urlencode({'token': token})}", 303)


@app.get("/return")
def returned() -> Response:
    """Ask how it ended."""
    sent = {"token": request.args["token"]}
    answer = session.post(f"{VENDOR}/result", sent, timeout=8).json()
    return redirect(f"/result?code={answer['code']}", 303)


@app.get("/result")
def result() -> str:
    """Say so."""
    return RESULT.format("passed" if request.args["code"] == "200" else "other")
