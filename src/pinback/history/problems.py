"""What stops an import: one exception whose text an engineer can act on without reading code."""


class HistoryError(Exception):
    """A file, a mapping or a campaign that cannot be used; the text names it, the place and the reason."""
