"""Reading WordprocessingML elements whatever their namespace: transitional and strict files differ in that only."""

from xml.etree.ElementTree import Element as XmlElement

__all__ = ["XmlElement", "child_of", "children_of", "local", "number_of", "value_of"]


def local(element: XmlElement) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def value_of(element: XmlElement | None, name: str = "val") -> str | None:
    """An attribute by its local name."""
    if element is None:
        return None
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return value
    return None


def number_of(element: XmlElement | None, name: str = "val") -> int | None:
    """An attribute that is a number not below zero; None where it is anything else."""
    value = value_of(element, name)
    return int(value) if value is not None and value.isdecimal() and len(value) < len("1000000000") else None


def child_of(element: XmlElement | None, *names: str) -> XmlElement | None:
    """The first child of that name, of its child of the next name, and so on."""
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if local(child) == name), None)
    return element


def children_of(element: XmlElement | None, name: str) -> list[XmlElement]:
    """The children of that name."""
    return [] if element is None else [child for child in element if local(child) == name]
