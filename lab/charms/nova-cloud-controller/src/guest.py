# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The guest's disk: one mebibyte with the boot sector of guest.S."""

# guest.S, assembled: as --32, ld -m elf_i386 -Ttext 0x7c00 --oformat binary.
CODE = bytes.fromhex(
    "fa31c08ed88ec08ed0bc007cfcb030e64330c0e640e640c706c0016e7ca3"
    "c201b0fbe621b0fee6a1b00ae670b02fe671b00be670b042e671e83f00bb"
    "997cfe07803f3a7506c607304bebf3be817cac84c0741288c4bafd03eca8"
    "2074fb88e0baf803eeebe9b90200fbf4e2fcebcd50e80800b020e6a0e620"
    "58cfb00ce670e471c36c6162206775657374206865617274626561742030"
    "303030300d0a00"
)
_SIZE = 1 << 20
_SECTOR = 512


def image() -> bytes:
    """Return the raw disk.

    Nova's image inspector refuses a boot sector without a partition ("Safety checks failed: mbr"),
    so there is one, of type 83 (Linux), from the second sector to the end.
    """
    first, count = 1, _SIZE // _SECTOR - 1
    partition = (
        bytes([0x80, 0, 2, 0, 0x83, 0, 0, 0])
        + first.to_bytes(4, "little")
        + count.to_bytes(4, "little")
    )
    sector = (CODE.ljust(446, b"\0") + partition).ljust(_SECTOR - 2, b"\0") + b"\x55\xaa"
    return sector.ljust(_SIZE, b"\0")
