"""How the knowledge room can fail."""

from typing import ClassVar

from zhida.errors import Kind, ZhidaError


class KnowledgeBaseNotFoundError(ZhidaError):
    """No knowledge base of that id or name, or none that the caller may see."""

    code: ClassVar[str] = "knowledge.base_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class KnowledgeBaseExistsError(ZhidaError):
    """The name is taken."""

    code: ClassVar[str] = "knowledge.base_exists"
    kind: ClassVar[Kind] = Kind.CONFLICT


class DocumentNotFoundError(ZhidaError):
    """No such document, or none that the caller may see."""

    code: ClassVar[str] = "knowledge.document_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class IndexDamagedError(ZhidaError):
    """Files of a search index are missing, truncated or inconsistent; it is rebuilt from the record."""

    code: ClassVar[str] = "knowledge.index_damaged"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class KnowledgeBaseNameError(ZhidaError):
    """The name cannot be one."""

    code: ClassVar[str] = "knowledge.base_name"
    kind: ClassVar[Kind] = Kind.INVALID


class KnowledgeReadOnlyError(ZhidaError):
    """The caller may read but not change it."""

    code: ClassVar[str] = "knowledge.read_only"
    kind: ClassVar[Kind] = Kind.FORBIDDEN
