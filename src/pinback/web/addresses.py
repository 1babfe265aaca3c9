"""How an id stands in the address of a page: any of its characters, and none that a browser would change."""


class IdInAddress:
    """A part of a path that is an id (section 1).

    Django escapes what needs it. Browsers take `.` and `..` for steps between folders, however they are
    escaped, so these two, and ids that begin like their stand-ins, get a `~` in front.
    """

    regex = "[!-.0-~]+"

    def to_python(self, value: str) -> str:
        """The id of a part of a path; ValueError, and so no such page, for a part that stands for none."""
        stands_in = value.startswith("~")
        id_ = value[1:] if stands_in else value
        if len(id_) > 64 or self.to_url(id_) != value:
            raise ValueError(value)
        return id_

    def to_url(self, value: str) -> str:
        """The part of a path for an id."""
        return f"~{value}" if value in {".", ".."} or value.startswith("~") else value
