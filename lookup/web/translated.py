"""Templates compiled once a language: their fixed texts are constants there, so a page costs no look-up of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame, find_undeclared
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from lookup.web.i18n import LANGUAGES, language, translate

READY = frozenset({"say", "say_all", "day", "moment", "limit", "left", "icon", "place"})
"""Filters whose results are Markup already: they stand in the page as they are."""


_SPECIAL = ("caller", "kwargs", "varargs")


class _Direct(CodeGenerator):
    """Compiles what a page does most often to the least: `a["name"]` to just that, what READY filters return to no
    second escaping, macros of the same template to plain calls, and each block to one piece of text."""

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            self.visit(node.node, frame)
            self.write(f"[{node.arg.value!r}]")
        else:
            super().visit_Getitem(node, frame)

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        macros = [each for each in node.body if isinstance(each, nodes.Macro)]
        simple = [each for each in macros if not find_undeclared(each.body, _SPECIAL)]
        self._macros = {each.name: len(each.args) for each in simple}
        self._plain: nodes.Expr | None = None
        super().visit_Template(node, frame)

    def blockvisit(self, body: Iterable[nodes.Node], frame: Frame) -> None:
        """A block is gathered and given at once; each piece would else pass through the generators of its parents."""
        if not frame.block_frame or frame.buffer is not None:
            super().blockvisit(body, frame)
            return
        self.buffer(frame)
        super().blockvisit(body, frame)
        self.writeline(f"yield concat({frame.buffer})")
        frame.buffer = None

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if isinstance(node, nodes.Filter) and node.name in READY:
            self.write("(")
        elif isinstance(node, nodes.Call) and self._is_plain(node):
            self._plain = node
            self.write("(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _is_plain(self, call: nodes.Call) -> bool:
        """Whether it calls a macro of this template with values in their order, so that its function can be called."""
        named = isinstance(call.node, nodes.Name) and len(call.args) <= self._macros.get(call.node.name, -1)
        return named and not (call.kwargs or call.dyn_args or call.dyn_kwargs)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        if node is not self._plain or not isinstance(node.node, nodes.Name):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("._func(")
        for value in node.args:
            self.visit(value, frame)
            self.write(", ")
        self.write("missing, " * (self._macros[node.node.name] - len(node.args)) + ")")


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

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what every rendering of a template begins with. A surface adds no global once it answers."""
        return {**self.globals, **(d or {})}

    def copies(self) -> dict[str, Translated]:
        """Return the environment for each language. They share all filters and globals with this one."""
        made: dict[str, Translated] | None = self.__dict__.get("_copies")
        if made is None:
            made = {lang: self.overlay() for lang in LANGUAGES}
            for lang, copy in made.items():
                copy.spoken = lang
            self.__dict__["_copies"] = made
        return made

    def compile_all(self) -> None:
        """Compile every template in every language now; else the first visitors of each worker wait for it."""
        for copy in self.copies().values():
            for name in copy.list_templates():
                copy.get_template(name)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        if self.spoken:
            _Fixed(self.spoken).visit(parsed)
        return parsed


_FILLED = re.compile(r"%(?:(%)|\((\w+)\)[sd])")


class _Fixed(NodeTransformer):
    """Puts the translation in the place of `_("…")`: whole, or in pieces around the values that it is filled with."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def visit_Output(self, output: nodes.Output) -> nodes.Node:
        pieces: list[nodes.Expr] = []
        for child in output.nodes:
            pieces += self._pieces(child) if isinstance(child, nodes.Call) and child.kwargs else [child]
        output.nodes = pieces
        return self.generic_visit(output)

    def _pieces(self, call: nodes.Call) -> list[nodes.Expr]:
        """The message of a call with values of its own, cut where they stand; any other call as it is."""
        message = _message(call)
        if message is None or call.dyn_args or call.dyn_kwargs:
            return [call]
        values = {each.key: each.value for each in call.kwargs}
        cut = [
            *_FILLED.split(translate(message, self.lang)),
            None,
            None,
        ]  # text, percent sign or None, name or None, …
        pieces: list[nodes.Expr] = []
        for text, percent, name in zip(cut[::3], cut[1::3], cut[2::3], strict=True):
            pieces.append(nodes.TemplateData(f"{text}{percent or ''}", lineno=call.lineno))
            pieces += [values[name]] if name else []
        return pieces

    def visit_Call(self, call: nodes.Call) -> nodes.Node:
        self.generic_visit(call)
        message = _message(call)
        if message is None or call.kwargs:
            return call
        text = Markup(translate(message, self.lang)) % {}  # noqa: S704  # our own catalogue
        return nodes.Const(text, lineno=call.lineno)


def _message(call: nodes.Call) -> str | None:
    """What a call of `_` translates; None for any other call."""
    named = isinstance(call.node, nodes.Name) and call.node.name == "_"
    first = call.args[0] if named else None
    return str(first.value) if isinstance(first, nodes.Const) else None
