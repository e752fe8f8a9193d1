"""The page that tells how a run was judged, and its one most telling plot as a picture."""

from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, make_response
from flask.typing import ResponseReturnValue

from .checks import CheckBook
from .pages import language, name_of, render, with_policy
from .plots import lights_of, plots_of, telling_plot

# In the page and in the picture alike, so that neither waits for a second sheet.
STYLE: Final = (Path(__file__).parent / "plots.css").read_text(encoding="utf-8")
PICTURE_STYLE: Final = f"{STYLE}text {{ font-family: system-ui, sans-serif; }}"


def create_judged(book: CheckBook) -> Blueprint:
    """The report's page and picture, under a name that nobody can guess."""
    judged = Blueprint("judged", __name__, url_prefix="/lifecheck/v2")

    @judged.get("/judged/<name>")
    def page(name: str) -> ResponseReturnValue:
        found = book.report(name)
        if found is None:
            page = render("problem.html", kind="no-report", back="", check=None)
            return with_policy(page, None), 404
        check, report = found
        page = render(
            "judged.html",
            report=report,
            check=check,
            reasons=[
                (reason, sentence_of(reason, report), tone)
                for reason, tone in report["reasons"]
            ],
            values=values_of(report),
            plots=plots_of(report),
            lights=lights_of(report),
            style=STYLE,
            # Without the token: whoever is shown this page must not get the photo by it.
            back="" if check.returns_to_app else check.return_url,
        )
        return with_policy(page, check, style=STYLE)

    @judged.get("/judged/<name>.svg")
    def picture(name: str) -> ResponseReturnValue:
        found = book.report(name)
        plot = telling_plot(found[1]) if found else None
        if plot is None:
            return Response(status=404)
        answer = make_response(render("judged.svg", plot=plot, style=PICTURE_STYLE))
        answer.content_type = "image/svg+xml"
        answer.headers["Content-Language"] = language()
        # It brings its own style, and nothing else may come with it.
        answer.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src {name_of(PICTURE_STYLE)}; "
            "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
        )
        answer.vary.update(("Accept-Language", "Cookie"))
        return answer

    return judged


def sentence_of(reason: str, report: dict[str, Any]) -> str:
    """The key of its sentence: a film that turned back is a loop of its own kind."""
    turned = reason == "frames-loop" and "loop_seconds" not in report["numbers"]
    return "reason-frames-turned" if turned else f"reason-{reason}"


def values_of(report: dict[str, Any]) -> dict[str, Any]:
    """What the reasons' sentences are filled with."""
    numbers, others = report["numbers"], report["others"]
    tries = [numbers[name] for name in sorted(numbers) if name.startswith("flash_")]
    # The one that decided, or came nearest to it.
    p, _correlation, strength, _error, lag = min(tries, default=[1.0, 0.0, 0.0, 0.0, 0.0])
    missing = [step["action"] for step in report["steps"] if not step["done"]]
    wrong = [one["wrong"] for step in report["steps"] for one in step["tries"]]
    return {
        "others": others,
        "beaten": others - max(0, round(p * (others + 1)) - 1),
        "strength": f"{100 * strength:.1f}",
        "lag": round(1000 * lag),
        "loop": f"{(numbers.get('loop_seconds') or [0.0])[0]:.1f}",
        "turned": f"{(numbers.get('turned_after') or [0.0])[0]:.1f}",
        "label": report["camera"]["label"],
        "missing": next((action for action in missing if action), "LookFront"),
        "wrong": next((action for action in wrong if action), ""),
    }
