"""Templates in two languages: what is put in when they are compiled, and what later."""

import pytest
from flask import Flask, render_template_string

from lifecheck_demo.templating import TranslatedEnvironment

CONSTANT = "{{ _('Copied') }}"
ZH_COPIED = "已复制"
ZH_FOOT = "不核实其身份"
EN_FOOT = "never who they are"


def say(app: Flask, language: str, template: str, **values: object) -> str:
    """A template as a page of that language shows it."""
    environment = app.jinja_env
    assert isinstance(environment, TranslatedEnvironment)
    return environment.speaking(language).from_string(template).render(**values)


@pytest.mark.parametrize(("language", "copied"), [("en", "Copied"), ("zh", ZH_COPIED)])
def test_a_constant_sentence_stands_in_the_compiled_template(
    app: Flask, language: str, copied: str
) -> None:
    """Nothing is looked up any more while the page is made."""
    environment = app.jinja_env
    assert isinstance(environment, TranslatedEnvironment)
    spoken = environment.speaking(language)
    code = spoken.compile(CONSTANT, raw=True)

    assert ascii(copied)[1:-1] in ascii(code)
    assert "'_'" not in code
    assert say(app, language, CONSTANT) == copied


def test_values_come_in_when_the_page_is_made_and_are_escaped(app: Flask) -> None:
    """What a visitor or the vendor wrote is never markup."""
    template = "{% autoescape true %}{{ _('Copy %(name)s', name=name) }}{% endautoescape %}"

    assert say(app, "en", template, name="<b>") == "Copy &lt;b&gt;"
    assert say(app, "zh", template, name="<b>").endswith("&lt;b&gt;")


def test_a_number_chooses_its_form_in_each_language(app: Flask) -> None:
    """English has two forms, Chinese one."""
    template = "{{ ngettext('%(num)s action', '%(num)s actions', n) }}"

    english = [say(app, "en", template, n=n) for n in (1, 2)]
    chinese = [say(app, "zh", template, n=n) for n in (1, 2)]

    assert english == ["1 action", "2 actions"]
    assert chinese[0].replace("1", "2") == chinese[1]
    assert "action" not in chinese[0]


def test_a_sentence_that_a_variable_holds_is_translated_too(app: Flask) -> None:
    """It cannot be known beforehand."""
    assert say(app, "zh", "{{ _(sentence) }}", sentence="Copied") == ZH_COPIED


def test_an_address_follows_the_path_that_a_proxy_has_the_demo_below(app: Flask) -> None:
    """With values or without, at the first request and at every other."""
    template = "{{ url_for('codes.page') }} {{ url_for('journey.form', scenario='flash') }}"
    for root in ("", "/demo", "/other", ""):
        below = {"SCRIPT_NAME": root}
        with app.test_request_context("/", environ_overrides=below):
            said = render_template_string(template)

        assert said == f"{root}/codes {root}/?scenario=flash"


def test_the_request_chooses_the_language(app: Flask) -> None:
    """One environment stands behind all of Flask's functions."""
    said = []
    for language in ("zh", "en", "zh"):
        headers = {"Accept-Language": language}
        page = app.test_client().get(f"/check/{'a' * 16}", headers=headers).text
        said.append((ZH_FOOT in page, EN_FOOT in page))

    assert said == [(True, False), (False, True), (True, False)]
    with app.test_request_context("/?lang=zh"):
        assert render_template_string(CONSTANT) == ZH_COPIED
