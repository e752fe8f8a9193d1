"""A browser demo of a hosted face-liveness check; `create_app` is its table of contents."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from . import (
    access,
    callers,
    calls,
    doctor,
    error_pages,
    headers,
    health,
    i18n,
    packing,
    samples,
)
from .addresses import SANDBOX_PATH, Addresses, url_for_pages
from .assets import Assets
from .brand import create_brand
from .cleaning import Cleaning
from .client import MOST_AT_ONCE, InProcess, LifecheckClient, auth_for
from .codes import create_codes
from .consent import Consents
from .cookies import PatientSession
from .desk import KEPT, ResultDesk
from .handoff import create_handoff
from .journey import create_journey
from .kept import create_privacy
from .learn import create_learn
from .limits import StartLimits
from .logs import set_up_logging
from .sandbox import create_sandbox
from .settings import Settings
from .stage import create_stage
from .starting import Starter
from .store import open_store
from .templating import TranslatedEnvironment
from .wire import Wire

# Where the sandbox answers, in this process; no browser ever goes to this origin.
IN_PROCESS = f"http://127.0.0.1{SANDBOX_PATH}"
SANDBOX_H5 = f"{SANDBOX_PATH}/check/index"
STATIC = Path(__file__).parent.parent / "static"


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    most_at_once: int = MOST_AT_ONCE,
) -> Flask:
    """The demo, on the vendor that *settings* name or else on its own sandbox.

    So many calls to it may be under way *most_at_once*; the surplus is told to come back.

    Raises `SettingsError` with a sentence that says what to type.
    """
    settings = settings or Settings.from_environment()
    set_up_logging()

    app = Flask(__name__, template_folder="../templates", static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-visit" if settings.https else "visit",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=64 * 1024,
        # Pages send no Referer, and behind a proxy the host is not the browser's.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # Its own sentences are never shown: the form's page has the words for each fault.
        WTF_I18N_ENABLED=False,
    )
    app.session_interface = PatientSession(clock)
    app.jinja_environment = TranslatedEnvironment
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

    vendor = "sandbox" if settings.sandboxed else "live"
    app.jinja_env.globals.update(
        vendor=vendor, brand=settings.brand, url_for=url_for_pages(app)
    )

    headers.init_app(app, settings)
    Assets(STATIC, headers.of_files(settings)).init_app(app)
    packing.init_app(app)

    store = open_store(settings, clock)
    counter = calls.CallCounter(store, clock=clock)
    door = access.Door(settings, store, clock=clock) if settings.access_code else None
    if settings.sandboxed:
        sandbox = create_sandbox(
            data=settings.instance / "sandbox",
            state_url=settings.state_url,
            clock=clock,
            control_key=settings.sandbox_control_key,
            control_by_loopback=settings.local,
            public_url=settings.public_url,
            places=settings.sandbox_places,
            privacy_page="/privacy",
        )
        book = sandbox.extensions["sandbox"]
        packing.init_app(sandbox)
        # The client in this process comes in by itself, past every door.
        inside = DispatcherMiddleware(app.wsgi_app, {"/sandbox": sandbox})
        outside = access.closing(sandbox, app, door) if door else sandbox
        app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
            app.wsgi_app, {"/sandbox": outside}
        )
        client = LifecheckClient(
            f"{IN_PROCESS}/init",
            f"{IN_PROCESS}/result",
            auth=auth_for("none"),
            transport=InProcess(inside),
            sleep=sleep,
            most_at_once=most_at_once,
        )
        forget_at_vendor, consent_at_vendor = book.forget, book.consent
        cleaning = Cleaning(store.sweep, book.sweep)
    else:
        client = LifecheckClient(
            str(settings.init_url),
            str(settings.result_url),
            auth=auth_for(
                settings.auth,
                settings.appcode,
                key=settings.key,
                secret=settings.secret,
            ),
            in_query=settings.in_query,
            sleep=sleep,
            most_at_once=most_at_once,
        )
        forget_at_vendor = consent_at_vendor = None
        cleaning = Cleaning(store.sweep)
    wire = Wire(store, seconds=KEPT)
    desk = ResultDesk(
        client, store, wire, counter, forget_at_vendor=forget_at_vendor, clock=clock
    )
    consents = Consents(store, at_vendor=consent_at_vendor, clock=clock)

    i18n.init_app(app)
    error_pages.init_app(app)
    consents.init_app(app)
    # Each worker begins it for itself: `gunicorn.conf.py`.
    app.extensions["cleaning"] = cleaning
    callers.init_app(app, settings.trusted_proxies)
    if door:
        access.init_app(app, door)
    csrf = CSRFProtect(app)
    h5_url = SANDBOX_H5 if settings.sandboxed else settings.h5_url
    addresses = Addresses(settings, h5_url)
    limits = StartLimits(settings.limits, settings.secret_key, store, clock)
    starter = Starter(client, store, desk, wire, addresses, limits, counter, clock=clock)
    app.register_blueprint(
        create_journey(
            settings, client, desk, wire, addresses, starter, consents, clock=clock
        )
    )
    app.register_blueprint(
        create_handoff(
            store, desk, addresses, consents, sandboxed=settings.sandboxed, clock=clock
        )
    )
    app.register_blueprint(create_stage(settings, desk, addresses, consents))
    app.register_blueprint(create_brand(settings.brand))
    app.register_blueprint(
        create_learn(settings, desk, wire, addresses, starter, clock=clock)
    )
    app.register_blueprint(create_codes(can_provoke=settings.sandboxed))
    app.register_blueprint(create_privacy(sandboxed=settings.sandboxed))
    app.register_blueprint(doctor.create_doctor(settings, client, counter, clock=clock))
    app.register_blueprint(health.create_health(settings, store))
    doctor.init_app(app, settings, client, counter, clock=clock)
    calls.init_app(app, settings, counter)
    samples.init_app(app, settings, client, counter, clock=clock)
    # The form checks its own token, so that an outdated page keeps what was chosen.
    csrf.exempt("lifecheck_demo.journey.start")
    return app
