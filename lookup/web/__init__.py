"""The only home of Flask: three app factories, guards, problems, limits, tokens."""
