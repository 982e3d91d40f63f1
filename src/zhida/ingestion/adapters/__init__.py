"""The room's vendors: parsers of the formats, the sandbox around them."""
