# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib
import shutil
import subprocess

import pytest

import guest

SOURCE = pathlib.Path(guest.__file__).with_name("guest.S")


@pytest.mark.skipif(shutil.which("ld") is None, reason="binutils are not installed")
def test_the_bytes_are_the_assembled_source(tmp_path: pathlib.Path):
    made, linked = tmp_path / "guest.o", tmp_path / "guest.bin"
    subprocess.run(["as", "--32", "-o", made, SOURCE], check=True)
    link = ["ld", "-m", "elf_i386", "-Ttext", "0x7c00", "--oformat", "binary"]
    subprocess.run([*link, "-o", linked, made], check=True)
    assert linked.read_bytes() == guest.CODE


def test_the_image_is_a_bootable_mebibyte_with_one_partition():
    image = guest.image()
    assert len(image) == 1 << 20
    assert image[510:512] == b"\x55\xaa"
    assert image[446 + 4] == 0x83
    assert len(guest.CODE) <= 446
