"""How asking a model can fail."""

from typing import ClassVar

from zhida.errors import Kind, ZhidaError


class ModelUnavailableError(ZhidaError):
    """The model does not answer now; the same call may succeed later."""

    code: ClassVar[str] = "inference.unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class ModelRejectedError(ZhidaError):
    """The model refused the input, the key or the model's name; the same call fails again."""

    code: ClassVar[str] = "inference.rejected"
    kind: ClassVar[Kind] = Kind.INVALID


class ModelFilesError(ZhidaError):
    """A local model's files are missing, unknown or not what their digest says."""

    code: ClassVar[str] = "inference.model_files"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
