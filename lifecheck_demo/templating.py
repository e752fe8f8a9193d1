"""Pages translated when they are compiled: an environment of templates per language.

What a template says through `_('…')` is known once its language is. Looked up anew for
every page, such sentences are most of what a page costs.
"""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

from babel.support import NullTranslations, Translations
from flask.sansio.app import App
from flask.templating import Environment
from jinja2 import Template, nodes, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from .i18n import language, other_than

FOLDER: Final = Path(__file__).parent / "translations"


class TranslatedEnvironment(Environment):
    """Flask's environment; behind it stands one for each language, chosen per request."""

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **options)
        self._translations: NullTranslations | None = None
        self._spoken: dict[str, TranslatedEnvironment] = {}

    def get_or_select_template(
        self, template_name_or_list: Any, *args: Any, **kwargs: Any
    ) -> Template:
        """The template in the language of this request."""
        if self._translations is not None:
            return super().get_or_select_template(template_name_or_list, *args, **kwargs)
        spoken = self.speaking(language())
        return spoken.get_or_select_template(template_name_or_list, *args, **kwargs)

    def speaking(self, chosen: str) -> "TranslatedEnvironment":
        """The environment of one language, as the app was when it was first asked for."""
        found = self._spoken.get(chosen)
        if found is None:
            # Two threads may make it at once: either serves, and one is kept.
            found = self._spoken.setdefault(chosen, self._made_for(chosen))
        return found

    def compile(self, source: Any, name: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Code for a template, its constant sentences translated."""
        if self._translations is not None and isinstance(source, str):
            filename = args[0] if args else kwargs.get("filename")
            tree = self.parse(source, name, filename)
            source = _Translator(self._translations).visit(tree)
        return super().compile(source, name, *args, **kwargs)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> dict[str, Any]:
        """What a template knows beside its values: settled once it is compiled.

        Jinja's own is a view of two mappings, which every page and every import of one
        would read name by name.
        """
        return {**self.globals, **(d or {})}

    def _made_for(self, chosen: str) -> "TranslatedEnvironment":
        translations = Translations.load(FOLDER, [chosen])
        made: TranslatedEnvironment = self.overlay(cache_size=-1)
        made._translations = translations
        made.globals = {
            **self.globals,
            **_functions(translations),
            "language": chosen,
            "other_language": other_than(chosen),
        }
        return made


class _Translator(NodeTransformer):
    """Puts the translation in place of each call of `_` with a constant sentence."""

    def __init__(self, translations: NullTranslations) -> None:
        self._translations = translations

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # Jinja's name
        """`_('sentence', name=value)`; any other call stays."""
        self.generic_visit(node)
        said = node.args[0] if len(node.args) == 1 else None
        if (
            not isinstance(node.node, nodes.Name)
            or node.node.name != "_"
            or not isinstance(said, nodes.Const)
            or node.dyn_args
            or node.dyn_kwargs
        ):
            return node
        sentence = self._translations.gettext(said.value)
        line = node.lineno
        if not node.kwargs:
            # A sentence is a format with or without values in it.
            return nodes.TemplateData(sentence % {}, lineno=line)
        values = [
            nodes.Pair(nodes.Const(one.key, lineno=line), one.value, lineno=line)
            for one in node.kwargs
        ]
        return nodes.Mod(
            nodes.TemplateData(sentence, lineno=line),
            nodes.Dict(values, lineno=line),
            lineno=line,
        )


def _functions(translations: NullTranslations) -> dict[str, Any]:
    """What is left to be called while a page is made: sentences that depend on a number."""

    @pass_eval_context
    def gettext(context: EvalContext, sentence: str, /, **values: Any) -> str:
        found = translations.gettext(sentence)
        return _format(found, context) % values

    @pass_eval_context
    def ngettext(
        context: EvalContext, one: str, many: str, num: int, /, **values: Any
    ) -> str:
        found = translations.ngettext(one, many, num)
        values.setdefault("num", num)
        return _format(found, context) % values

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def _format(sentence: str, context: EvalContext) -> str:
    """A sentence whose values are escaped as they come in."""
    # The sentence itself is the project's own, in a language's catalogue.
    return Markup(sentence) if context.autoescape else sentence  # noqa: S704
