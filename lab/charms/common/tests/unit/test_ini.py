# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest

from lab_charm import ini


def test_flags_without_a_section_are_for_default():
    assert ini.parse_flags("debug=true, a=1") == {"DEFAULT": {"debug": "true", "a": "1"}}


def test_a_flag_may_name_its_section_and_hold_a_list():
    text = "filter_scheduler/shuffle_best_same_weighed_hosts=true,filter_scheduler/enabled_filters=A,B"
    assert ini.parse_flags(text) == {
        "filter_scheduler": {"shuffle_best_same_weighed_hosts": "true", "enabled_filters": "A,B"}
    }


def test_a_flag_needs_a_value():
    with pytest.raises(ValueError, match="not key=value"):
        ini.parse_flags("debug")


def test_flags_lie_over_what_is_there():
    merged = ini.merge(
        {"DEFAULT": {"a": 1, "b": True}}, {"DEFAULT": {"a": "2"}, "new": {"c": "3"}}
    )
    assert ini.render(merged) == "[DEFAULT]\na = 2\nb = true\n\n[new]\nc = 3\n"
