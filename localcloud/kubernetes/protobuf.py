"""Objects that Go clients send as protobuf: kubectl does for what it makes itself, and helm.

Only the kinds that are little more than metadata are read (core/v1 ConfigMap, Namespace, Secret and
ServiceAccount); field numbers are those of Kubernetes' ``generated.proto`` files.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from localcloud.kubernetes.status import ApiError

_MAGIC: Final = b"k8s\x00"
_Field: TypeAlias = tuple[int, int | bytes]

_STRINGS: Final = {
    "metadata": {1: "name", 2: "generateName", 3: "namespace", 5: "uid", 6: "resourceVersion"},
    "ConfigMap": {},
    "Namespace": {},
    "Secret": {3: "type"},
    "ServiceAccount": {},
}
_MAPS: Final = {
    "metadata": {11: "labels", 12: "annotations"},
    "ConfigMap": {2: "data"},
    "Namespace": {},
    "Secret": {4: "stringData"},
    "ServiceAccount": {},
}
_BINARY_MAPS: Final = {
    "metadata": {},
    "ConfigMap": {3: "binaryData"},
    "Namespace": {},
    "Secret": {2: "data"},
    "ServiceAccount": {},
}
_FLAGS: Final = {
    "metadata": {},
    "ConfigMap": {4: "immutable"},
    "Namespace": {},
    "Secret": {5: "immutable"},
    "ServiceAccount": {4: "automountServiceAccountToken"},
}
# What a client sends empty, or what means nothing here: spec and status of a new Namespace.
_IGNORED: Final = {
    "metadata": {4, 7, 8, 9, 10, 17},
    "ConfigMap": set[int](),
    "Namespace": {2, 3},
    "Secret": set[int](),
    "ServiceAccount": set[int](),
}


def decoded(body: bytes) -> dict[str, Any]:
    """The object in a request's body.

    Raises:
        ApiError: For another kind, a field that is not read here, or no protobuf.
    """
    try:
        if not body.startswith(_MAGIC):
            raise _unsupported("what does not begin with the magic number")
        envelope = dict(_fields(body[len(_MAGIC) :]))
        type_meta = dict(_fields(_as_bytes(envelope[1])))
        api_version, kind = _text(type_meta[1]), _text(type_meta[2])
        if api_version != "v1" or kind not in _STRINGS or kind == "metadata":
            raise _unsupported(f"a {kind} of {api_version}")
        fields = list(_fields(_as_bytes(envelope[2])))
        metadata = dict(fields).get(1, b"")
        return {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": _message("metadata", _fields(_as_bytes(metadata))),
            **_message(kind, (field for field in fields if field[0] != 1)),
        }
    except (IndexError, KeyError, UnicodeDecodeError, ValueError) as error:
        raise ApiError(400, "BadRequest", f"the body is no protobuf: {error}") from error


def _message(name: str, fields: Iterable[_Field]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    for number, value in fields:
        if number in _STRINGS[name]:
            if value:
                message[_STRINGS[name][number]] = _text(value)
        elif number in _MAPS[name]:
            _add(message.setdefault(_MAPS[name][number], {}), value, _text)
        elif number in _BINARY_MAPS[name]:
            _add(message.setdefault(_BINARY_MAPS[name][number], {}), value, _base64)
        elif number in _FLAGS[name]:
            message[_FLAGS[name][number]] = bool(value)
        elif number not in _IGNORED[name]:
            raise _unsupported(f"field {number} of {name}")
    return message


def _add(entries: dict[str, str], value: int | bytes, read: Callable[[int | bytes], str]) -> None:
    entry = dict(_fields(_as_bytes(value)))
    entries[_text(entry.get(1, b""))] = read(entry.get(2, b""))


def _fields(message: bytes) -> Iterator[_Field]:
    """The fields of a message in protobuf's wire format."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        match tag & 7:
            case 0:
                value, place = _varint(message, place)
                yield tag >> 3, value
                continue
            case 2:
                size, place = _varint(message, place)
            case 1:
                size = 8
            case 5:
                size = 4
            case other:
                raise ValueError(f"wire type {other}")
        if place + size > len(message):
            raise ValueError("it ends too early")
        yield tag >> 3, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place


def _as_bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where a message is expected")
    return value


def _text(value: int | bytes) -> str:
    return _as_bytes(value).decode()


def _base64(value: int | bytes) -> str:
    return base64.b64encode(_as_bytes(value)).decode()


def _unsupported(what: str) -> ApiError:
    return ApiError(
        415,
        "UnsupportedMediaType",
        f"the local Kubernetes API does not read {what} as protobuf; send JSON or YAML "
        "(kubectl: add --dry-run=client -o yaml, and pipe it to kubectl apply -f -)",
    )
