# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import conf
from lab_charm import nova

CLOUD = nova.Cloud("h", "5000", "http", "u", "p", "services", "service_domain", "R")


def test_a_database_is_there_once_our_unit_is_allowed_in_all():
    reply = {"db_host": "10.0.0.1"}
    for prefix in ("nova", "novaapi", "novacell0", "placement", "glance", "neutron"):
        assert conf.database_urls(reply, "ncc/0") is None
        reply |= {f"{prefix}_password": "x", f"{prefix}_allowed_units": "ncc/0"}
    urls = conf.database_urls(reply, "ncc/0")
    assert urls is not None
    assert urls["novaapi"] == "mysql+pymysql://nova:x@10.0.0.1/nova_api"


def test_the_operators_flags_win():
    urls = dict.fromkeys(("nova", "novaapi", "placement", "glance", "neutron"), "url")
    files = conf.everything(urls, "queue", CLOUD, {"DEFAULT": {"service_down_time": "60"}})
    assert "service_down_time = 60" in files["nova", "nova.conf"]
    assert "service_down_time = 15" not in files["nova", "nova.conf"]


def test_the_cloud_survives_the_databag():
    assert nova.Cloud.from_databag(CLOUD.databag()) == CLOUD
    assert nova.Cloud.from_databag({"auth_host": "h"}) is None
