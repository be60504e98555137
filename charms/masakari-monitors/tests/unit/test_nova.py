# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

from machine import Machine

import nova


def test_novas_own_name_for_the_hypervisor_counts(machine: Machine):
    nova.CONFS[0].write_text("[DEFAULT]\nhost = compute-7.example.org\n[database]\nhost = no\n")
    assert nova.host() == "compute-7.example.org"


def test_the_second_file_wins_as_it_does_for_nova(machine: Machine):
    nova.CONFS[0].write_text("[DEFAULT]\nhost = first\n")
    nova.CONFS[1].write_text("[DEFAULT]\nhost = second\n")
    assert nova.host() == "second"


def test_an_unconfigured_nova_will_get_the_full_name(machine: Machine):
    assert nova.host() == "virt-node-01.maas"


def test_what_configparser_dislikes_and_oslo_likes_is_read(machine: Machine):
    nova.CONFS[0].write_text(
        "[DEFAULT]\nmy_ip = 1\nmy_ip = 2\nlog = %(asctime)s\nhost=compute-7\n[DEFAULT]\nx = 1\n"
    )
    assert nova.host() == "compute-7"


def test_a_file_that_cannot_be_read_does_not_stop_the_monitors(machine: Machine):
    nova.CONFS[0].write_text("nonsense before any section\n")
    assert nova.host() == "virt-node-01.maas"


def test_a_file_of_the_directory_wins(machine: Machine):
    nova.CONFS[0].write_text("[DEFAULT]\nhost = a\n")
    nova.DIRECTORIES[0].mkdir()
    (nova.DIRECTORIES[0] / "10-host.conf").write_text("[DEFAULT]\nhost = b\n")
    assert nova.host() == "b"
