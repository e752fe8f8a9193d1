"""The sandbox run alone, as an integrator in another language runs it."""

import subprocess
import sys

import requests


def test_it_runs_with_one_command_and_says_what_to_configure() -> None:
    """Real HTTP, from init to the result."""
    command = [sys.executable, "-m", "lifecheck_demo.sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as alone:
        try:
            assert alone.stdout
            said = dict(alone.stdout.readline().strip().split("=", 1) for _ in range(4))
            init = requests.post(
                said["LIFECHECK_INIT_URL"],
                {"returnUrl": "http://127.0.0.1/back"},
                timeout=5,
            ).json()
            result = requests.post(
                said["LIFECHECK_RESULT_URL"], init["data"], timeout=5
            ).json()
            page = requests.get(said["LIFECHECK_H5_URL"], init["data"], timeout=5)
        finally:
            alone.terminate()

    assert said["LIFECHECK_AUTH"] == "none"
    assert result["code"] == 201
    assert page.status_code == 200
