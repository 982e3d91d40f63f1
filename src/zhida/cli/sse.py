"""What does a stream of server-sent events say? The form is of WHATWG's HTML, section 9.2."""

import json
from collections.abc import Iterable, Iterator
from typing import Any


def events_of(lines: Iterable[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each event's name and its data, which are one JSON object; comments keep a connection alive and are left out."""
    name, data = "message", ""
    for line in lines:
        field, _, value = line.decode(errors="replace").rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data += value
        elif not field and not value:
            if data:
                yield name, json.loads(data)
            name, data = "message", ""
