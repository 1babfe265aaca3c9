"""Django's backend for PostgreSQL, which looks at a connection without asking the server."""
