"""Where in a document a passage stands, so that a citation can open there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in one document version.

    Attributes:
        heading_path: headings above the passage, outermost first.
        page: first page, counted from 1; None where the format has no pages.
        last_page: last page; equal to ``page`` for a passage on one page.
        element: ordinal of the first element, counted from 0, as ``/elements`` lists them.
        last_element: ordinal of the last element.
        start: first character in the document's text (elements joined by a line feed), counted from 0.
        end: one past the last character.
    """

    heading_path: tuple[str, ...]
    page: int | None
    last_page: int | None
    element: int
    last_element: int
    start: int
    end: int
