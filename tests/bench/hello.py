"""The baseline of an answer: a bare Flask application that says hello."""

from flask import Flask


def hello() -> Flask:
    """The application, with nothing added."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app
