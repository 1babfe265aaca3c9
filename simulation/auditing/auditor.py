"""The auditor itself: reads each answer, enters it in the book, and holds the book against every clause."""

from simulation.auditing.book import Book
from simulation.auditing.clauses import check_all, check_law, check_touched
from simulation.auditing.document import check_document
from simulation.auditing.feed import Feed
from simulation.auditing.records import Fields


class Auditor:
    """Watches a settlement engine from outside; each method raises `Fault` at the first thing wrong."""

    def __init__(self, policy: str = "any") -> None:
        self.feed = Feed()
        self.book = Book(policy)

    def watch(self, event: Fields, decisions: list[Fields], *, placed: bool = True) -> str:
        """One event and its answer; the verdict: applied, duplicate, or the code of the refusal.

        Answers come in the order in which they were given; not `placed`, sooner by an unknown while.
        """
        verdict = self.feed.read(event, decisions, placed=placed)
        if verdict == "applied":
            self.book.enter(event, decisions)
            check_touched(self.book)
        return verdict

    def look(self, document: Fields) -> None:
        """The state document as it is now."""
        check_all(self.book)
        check_document(self.book, document)

    def look_at_the_end(self, document: Fields) -> None:
        """The state document once everything was undone."""
        self.look(document)
        check_law(self.book)
