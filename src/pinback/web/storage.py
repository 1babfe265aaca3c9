"""Where static files are found: under the hashed names that they were collected under, else as they are."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class CollectedOrPlain(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names, so that browsers keep files for ever; what was not collected keeps its own name."""

    # What a style sheet shows gets a hashed name. Bundles' links to their sources do not: none is collected.
    patterns = (("*.css", CompressedManifestStaticFilesStorage.patterns[0][1][:2]),)

    def stored_name(self, name: str) -> str:
        """The name that a file is served under."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
