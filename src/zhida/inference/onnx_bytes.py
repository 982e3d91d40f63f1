"""How is an ONNX graph written down? The few protobuf messages of it that the packaged model needs.

Called by ``build_minilm`` alone. Written by hand because the ``onnx`` package would be 60 MB of set-up for one file,
and because bytes that depend on nobody's version can be pinned by their digest. Field numbers are those of onnx.proto
(ONNX IR version 8); wire format: https://protobuf.dev/programming-guides/encoding/.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

ElementKind = np.float32 | np.uint8 | np.int8 | np.int32 | np.int64
AttributeValue = int | float | Sequence[int]

_VARINT, _LENGTH, _FIXED32 = 0, 2, 5
_MORE = 0x80
_ELEMENT_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7
IR_VERSION = 8
OPSETS = (("", 17), ("com.microsoft", 1))
"""The operators used: the standard set, and ONNX Runtime's fused ones."""


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= _MORE:
        out.append(value & 0x7F | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3 | _VARINT) + _varint(value)


def _bytes(tag: int, value: bytes) -> bytes:
    return _varint(tag << 3 | _LENGTH) + _varint(len(value)) + value


def _text(tag: int, value: str) -> bytes:
    return _bytes(tag, value.encode())


def _attribute(name: str, value: AttributeValue) -> bytes:
    out = _text(1, name)
    if isinstance(value, int):
        return out + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    if isinstance(value, float):
        return out + _varint(2 << 3 | _FIXED32) + struct.pack("<f", value) + _number(20, _ATTRIBUTE_FLOAT)
    return out + b"".join(_number(8, item) for item in value) + _number(20, _ATTRIBUTE_INTS)


def _tensor(name: str, values: NDArray[ElementKind]) -> bytes:
    out = b"".join(_number(1, length) for length in values.shape)
    out += _number(2, _ELEMENT_TYPES[values.dtype.name]) + _text(8, name)
    return out + _bytes(9, np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes())


def _value(name: str, element: str, shape: Iterable[int | str]) -> bytes:
    dimensions = b"".join(
        _bytes(1, _number(1, length) if isinstance(length, int) else _text(2, length)) for length in shape
    )
    tensor_type = _number(1, _ELEMENT_TYPES[element]) + _bytes(2, dimensions)
    return _text(1, name) + _bytes(2, _bytes(1, tensor_type))


@dataclass(slots=True)
class GraphWriter:
    """Collects nodes in the order in which they run, and the tensors that they read."""

    name: str
    _nodes: list[bytes] = field(default_factory=list[bytes])
    _tensors: list[bytes] = field(default_factory=list[bytes])
    _count: int = 0

    def constant(self, values: NDArray[ElementKind]) -> str:
        """Keep a tensor; returns its name."""
        self._count += 1
        name = f"c{self._count}"
        self._tensors.append(_tensor(name, values))
        return name

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        *,
        outputs: int | Sequence[str] = 1,
        domain: str = "",
        attributes: Mapping[str, AttributeValue] | None = None,
    ) -> tuple[str, ...]:
        """Append one operator; returns the names of its outputs. An empty input name leaves an optional input out."""
        self._count += 1
        names = tuple(f"n{self._count}_{i}" for i in range(outputs)) if isinstance(outputs, int) else tuple(outputs)
        out = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in names)
        out += _text(3, f"{operator}_{self._count}") + _text(4, operator)
        out += b"".join(_bytes(5, _attribute(key, value)) for key, value in sorted((attributes or {}).items()))
        self._nodes.append(out + (_text(7, domain) if domain else b""))
        return names

    def model(
        self,
        *,
        inputs: Mapping[str, tuple[str, Sequence[int | str]]],
        outputs: Mapping[str, tuple[str, Sequence[int | str]]],
    ) -> bytes:
        """The serialised ModelProto. Inputs and outputs: name to (element type, shape; a text is a free length)."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, self.name)
        graph += b"".join(_bytes(5, tensor) for tensor in self._tensors)
        graph += b"".join(_bytes(11, _value(name, *kind)) for name, kind in inputs.items())
        graph += b"".join(_bytes(12, _value(name, *kind)) for name, kind in outputs.items())
        opsets = b"".join(_bytes(8, _text(1, domain) + _number(2, version)) for domain, version in OPSETS)
        return _number(1, IR_VERSION) + _text(2, "zhida") + _bytes(7, graph) + opsets
