"""Which texts can a model be given? Any that can be written as UTF-8. Called by every embedding adapter."""


def well_formed(text: str) -> str:
    """The text, with lone surrogates (half of a broken character) replaced by question marks."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text
