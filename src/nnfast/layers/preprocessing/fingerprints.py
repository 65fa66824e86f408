"""Hashes that are the same everywhere: FarmHash64, SipHash-2-4 and TensorFlow's of several values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_ALL = 2**64 - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _word(data: bytes, start: int, size: int = 8) -> int:
    return int.from_bytes(data[start : start + size], "little")


def _right(value: int, count: int) -> int:
    """Rotated to the right."""
    value &= _ALL
    return (value >> count | value << (64 - count)) & _ALL


def _mixed(value: int) -> int:
    value &= _ALL
    return value ^ value >> 47


def _of_two(u: int, v: int, factor: int) -> int:
    first = _mixed(((u ^ v) & _ALL) * factor)
    return _mixed((v & _ALL ^ first) * factor) * factor & _ALL


def farm_hash(data: bytes) -> int:
    """The 64-bit fingerprint of FarmHash (Pike, 2014).

    >>> farm_hash(b"nnfast") % 1000
    113
    """
    size = len(data)
    if size > 64:
        return _farm_hash_of_many(data)
    if size > 32:
        return _farm_hash_to_64(data)
    factor = _K2 + size * 2
    if size > 16:
        a, b = _word(data, 0) * _K1, _word(data, 8)
        c, d = _word(data, size - 8) * factor, _word(data, size - 16) * _K2
        return _of_two(_right(a + b, 43) + _right(c, 30) + d, a + _right(b + _K2, 18) + c, factor)
    if size >= 8:
        a, b = _word(data, 0) + _K2, _word(data, size - 8)
        return _of_two(_right(b, 37) * factor + a, (_right(a, 25) + b) * factor, factor)
    if size >= 4:
        return _of_two(size + (_word(data, 0, 4) << 3), _word(data, size - 4, 4), factor)
    if size > 0:
        y, z = data[0] + (data[size >> 1] << 8), size + (data[-1] << 2)
        return _mixed(y * _K2 & _ALL ^ z * _K0 & _ALL) * _K2 & _ALL
    return _K2


def _farm_hash_to_64(data: bytes) -> int:
    size = len(data)
    factor = _K2 + size * 2
    a, b = _word(data, 0) * _K2, _word(data, 8)
    c, d = _word(data, size - 8) * factor, _word(data, size - 16) * _K2
    y = _right(a + b, 43) + _right(c, 30) + d
    z = _of_two(y, a + _right(b + _K2, 18) + c, factor)
    e, f = _word(data, 16) * factor, _word(data, 24)
    g, h = (y + _word(data, size - 32)) * factor, (z + _word(data, size - 24)) * factor
    return _of_two(_right(e + f, 43) + _right(g, 30) + h, e + _right(f + a, 18) + g, factor)


def _of_32(data: bytes, start: int, a: int, b: int) -> tuple[int, int]:
    """Of 32 bytes and two seeds."""
    w, x, y, z = (_word(data, start + 8 * number) for number in range(4))
    a += w
    b = _right(b + a + z, 21)
    c = a
    a += x + y
    return (a + z) & _ALL, (b + _right(a, 44) + c) & _ALL


def _farm_hash_of_many(data: bytes) -> int:
    size = len(data)
    x, y = 81, (81 * _K1 + 113) & _ALL
    z = _mixed(y * _K2 + 113) * _K2 & _ALL
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(data, 0)) & _ALL

    def turn(start: int, factor: int, scale: int) -> None:
        nonlocal x, y, z, v, w
        x = _right(x + y + v[0] + _word(data, start + 8), 37) * factor
        y = _right(y + v[1] + _word(data, start + 48), 42) * factor
        x ^= w[1] * scale
        y += v[0] * scale + _word(data, start + 40)
        z = _right(z + w[0], 33) * factor
        v = _of_32(data, start, v[1] * factor, x + w[0])
        w = _of_32(data, start + 32, z + w[1], y + _word(data, start + 16))
        x, y, z = z & _ALL, y & _ALL, x & _ALL

    for start in range(0, (size - 1) // 64 * 64, 64):
        turn(start, _K1, 1)
    factor = _K1 + ((z & 0xFF) << 1)
    rest = w[0] + ((size - 1) & 63)
    v = (v[0] + rest, v[1])
    w = (rest + v[0], w[1])
    turn(size - 64, factor, 9)
    return _of_two(_of_two(v[0], w[0], factor) + _mixed(y) * _K0 + z, _of_two(v[1], w[1], factor) + x, factor)


_CROSS, _START = 0xC6A4A7935BD1E995, 0xDECAFCAFFE


def crossed(values: Iterable[str | int]) -> int:
    """A 64-bit hash of several values in their order, strings and whole numbers, as TensorFlow crosses features.

    >>> crossed(["a", 3]) % 1000
    486
    """
    total = _START
    for value in values:
        number = farm_hash(value.encode()) if isinstance(value, str) else value & _ALL
        total ^= _CROSS ^ (_mixed(number * _CROSS) * _CROSS & _ALL)
        total = _mixed(_mixed(total * _CROSS) * _CROSS)
    return total


def sip_hash(data: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4 (Aumasson and Bernstein, 2012) with a key of two 64-bit numbers.

    >>> hex(sip_hash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)))
    '0xa129ca6149be45e5'
    """
    first, second = (number & _ALL for number in key)
    a, b = first ^ 0x736F6D6570736575, second ^ 0x646F72616E646F6D
    c, d = first ^ 0x6C7967656E657261, second ^ 0x7465646279746573
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    words = [_word(padded, start) for start in range(0, len(padded), 8)]

    def turns(count: int) -> None:
        nonlocal a, b, c, d
        for _ in range(count):
            a = (a + b) & _ALL
            c = (c + d) & _ALL
            b, d = _right(b, 51) ^ a, _right(d, 48) ^ c
            a = _right(a, 32)
            a = (a + d) & _ALL
            c = (c + b) & _ALL
            b, d = _right(b, 47) ^ c, _right(d, 43) ^ a
            c = _right(c, 32)

    for word in words:
        d ^= word
        turns(2)
        a ^= word
    c ^= 0xFF
    turns(4)
    return a ^ b ^ c ^ d
