"""The only home of SQLAlchemy: tables and small query functions that return frozen values."""
