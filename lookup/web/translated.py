"""Templates compiled once a language: their fixed texts are constants there, so a page costs no look-up of words."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from lookup.web.i18n import LANGUAGES, language, translate

READY = frozenset({"say", "day", "moment", "limit", "icon"})
"""Filters whose results are Markup already: they stand in the page as they are."""


class _Direct(CodeGenerator):
    """Compiles `a["name"]` to just that, and what READY filters return to no second escaping."""

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            self.visit(node.node, frame)
            self.write(f"[{node.arg.value!r}]")
        else:
            super().visit_Getitem(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if isinstance(node, nodes.Filter) and node.name in READY:
            self.write("(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Translated(Environment):
    """The environment of a surface's templates; it renders each from the copy in the language of the request."""

    spoken: str = ""
    code_generator_class = _Direct

    def get_or_select_template(
        self,
        template_name_or_list: Any,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """Return the template in the language of the request: what `render_template` asks for."""
        chosen = self if self.spoken else self.copies()[language()]
        return super(Translated, chosen).get_or_select_template(template_name_or_list, parent, globals)

    def copies(self) -> dict[str, Translated]:
        """Return the environment for each language. They share all filters and globals with this one."""
        made: dict[str, Translated] | None = self.__dict__.get("_copies")
        if made is None:
            made = {lang: self.overlay() for lang in LANGUAGES}
            for lang, copy in made.items():
                copy.spoken = lang
            self.__dict__["_copies"] = made
        return made

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        if self.spoken:
            _Fixed(self.spoken).visit(parsed)
        return parsed


class _Fixed(NodeTransformer):
    """Puts the translation in the place of `_("…")` where nothing is filled in."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def visit_Call(self, call: nodes.Call) -> nodes.Node:
        self.generic_visit(call)
        named = isinstance(call.node, nodes.Name) and call.node.name == "_"
        if not named or call.kwargs or not isinstance(call.args[0], nodes.Const):
            return call
        text = Markup(translate(call.args[0].value, self.lang)) % {}  # noqa: S704  # our own catalogue
        return nodes.Const(text, lineno=call.lineno)
