"""Damages bytes at random: flips, cuts, copies, numbers that parsers fear."""

from __future__ import annotations

import random
import struct

FEARED = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
TOKENS = (b"", b"\0", b"\xff", b"-1", b"1e999", b"null", b"{", b"[" * 3000, b'"', b"\n", b"../")


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to six damages."""
    content = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        position = rng.randrange(len(content) + 1)
        length = min(rng.choice((1, 2, 4, 8, 30)), len(content) - position)
        match rng.randrange(7):
            case 0 if length:
                content[position] ^= 1 << rng.randrange(8)
            case 1:
                content[position : position + length] = rng.randbytes(length)
            case 2:
                del content[position : position + length]
            case 3:
                content[position:position] = content[position : position + length]
            case 4:
                order, size = rng.choice("<>"), rng.choice("BHIQ")
                limit = 1 << 8 * struct.calcsize(size)
                number = struct.pack(order + size, rng.choice(FEARED) % limit)
                content[position : position + len(number)] = number
            case 5:
                content[position:position] = rng.choice(TOKENS)
            case 6 if rng.random() < 0.2:
                del content[position:]
    return bytes(content)
