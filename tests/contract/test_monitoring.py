# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`nrpe-external-master` and `cos-agent`, as their other ends read them."""

import base64
import json
import lzma

import yaml

from instance_ha.interfaces import cos_agent, nrpe_external_master
from instance_ha.interfaces.nrpe_external_master import Check

CHECK = Check("crm_status", "Check crm status", "/usr/local/lib/nagios/plugins/check_crm -s")
TOPOLOGY = cos_agent.Topology("m", "1234567890", "hacluster", "hacluster")


def test_checks_are_announced_as_yaml():
    written = nrpe_external_master.write([CHECK])
    assert written["primary"] == "True"
    assert yaml.safe_load(written["monitors"]) == {
        "monitors": {"remote": {"nrpe": {"crm_status": {"command": "check_crm_status"}}}}
    }


def test_the_machines_name_in_nagios_is_the_nrpe_charms_if_it_says_one():
    name = nrpe_external_master.host_name
    assert name({"nagios_hostname": "juju-keystone-0"}, "juju", "hacluster/0") == "juju-keystone-0"
    assert name({}, "juju", "hacluster/0") == "juju-hacluster-0"
    assert name({"nagios_hostname": "../../etc/x"}, "juju", "hacluster/0") == "juju-hacluster-0"


def test_nrpe_and_nagios_get_a_file_each():
    assert "command[check_crm_status]=/usr/local" in nrpe_external_master.command_file(CHECK)
    service = nrpe_external_master.service_file(CHECK, "juju-hacluster-0", "juju")
    assert "check_nrpe!check_crm_status\n" in service
    assert "juju-hacluster-0[crm_status] Check crm status\n" in service


def test_the_agent_gets_one_key_with_jobs_rules_and_compressed_dashboards():
    group = {"name": "g", "rules": [{"alert": "A", "expr": "up{%%juju_topology%%} == 0"}]}
    alerts = cos_agent.rules([group], TOPOLOGY)
    written = cos_agent.write(ports=[15870], alerts=alerts, dashboards=["{}"], topology=TOPOLOGY)
    assert set(written) == {"config"}
    content = json.loads(written["config"])
    assert content["metrics_scrape_jobs"][0]["static_configs"] == [
        {"targets": ["localhost:15870"]}
    ]
    (rule,) = content["metrics_alert_rules"]["groups"][0]["rules"]
    assert 'juju_application="hacluster"' in rule["expr"]
    assert rule["labels"]["juju_model_uuid"] == "1234567890"
    assert lzma.decompress(base64.b64decode(content["dashboards"][0])) == b"{}"
    assert set(content) == {
        *("metrics_alert_rules", "log_alert_rules", "dashboards", "metrics_scrape_jobs"),
        *("log_slots", "subordinate", "tracing_protocols"),
    }
