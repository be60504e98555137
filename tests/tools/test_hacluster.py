# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# pyright: basic, reportMissingImports=false

# The charm's modules are found by the path that is set below only.
# pyright: basic, reportMissingImports=false

"""What hacluster renders and plans, judged by Corosync, crmsh and Pacemaker themselves."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from instance_ha.interfaces import hacluster

HACLUSTER = pathlib.Path(__file__).parents[2] / "charms/hacluster"
sys.path.insert(0, str(HACLUSTER / "src"))

import cib  # noqa: E402 (the charm's own modules, found only now)
import cluster  # noqa: E402
import corosync  # noqa: E402
import crmsh  # noqa: E402
import fencing  # noqa: E402
import matching  # noqa: E402
import plan  # noqa: E402
import remotes  # noqa: E402
import spare  # noqa: E402
from config import Config  # noqa: E402
from remotes import Watched  # noqa: E402

if any(
    shutil.which(program, path="/usr/sbin") is None for program in ("corosync", "crm", "cibadmin")
):
    pytest.skip("corosync, crmsh and pacemaker are not installed", allow_module_level=True)

REQUEST = hacluster.Request(
    resources={
        "res_masakari_d9411c8_vip": "ocf:heartbeat:IPaddr2",
        "res_masakari_haproxy": "lsb:haproxy",
        "res_monitor": "systemd:masakari-fencing-monitor",
    },
    resource_params={
        "res_masakari_d9411c8_vip": 'params ip="10.0.0.100" meta migration-threshold="INFINITY"'
        ' op monitor timeout="20s" interval="10s" depth="0"',
        "res_masakari_haproxy": 'op monitor interval="5s"',
    },
    groups={"grp_masakari_vips": "res_masakari_d9411c8_vip"},
    clones={"cl_res_masakari_haproxy": "res_masakari_haproxy"},
    colocations={"with": "inf: grp_masakari_vips cl_res_masakari_haproxy"},
    orders={"first": "Mandatory: cl_res_masakari_haproxy grp_masakari_vips"},
    locations={"where": "res_monitor rule -inf: #kind eq remote"},
)


def run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **env}
    )


def wanted(present: ET.Element, **values: object) -> plan.Wanted:
    hosts = ("virt-node-01.maas", "virt-node-02.maas", "virt-node-10.maas")
    given: dict[str, object] = {
        "config": Config(maas_url="http://10.0.0.1:5240/MAAS", monitor_host="10.0.0.1"),
        "members": frozenset({"a", "b", "c"}),
        "remotes": tuple(Watched(name, f"10.0.0.{n}") for n, name in enumerate(hosts, 20)),
        "fenced": fencing.Fenced(
            {name: matching.Identity(f"id{n}", name.split(".")[0]) for n, name in enumerate(hosts)}
        ),
        "fencing": True,
        "opt_in": True,
        "principal": crmsh.translate(REQUEST),
        **values,
    }
    return cluster.wanted(cluster.Goal(**given), present)  # type: ignore[arg-type]


def planned() -> ET.Element:
    empty = ET.fromstring(run("/usr/sbin/cibadmin", "--empty").stdout)
    return plan.apply(empty, wanted(empty))


def accepts(configuration: ET.Element, directory: pathlib.Path) -> None:
    """Let Pacemaker replace a cluster's configuration, which it does if the schema allows it."""
    live, new = directory / "live.xml", directory / "new.xml"
    live.write_text(run("/usr/sbin/cibadmin", "--empty").stdout)
    configuration.set("epoch", "9")
    new.write_text(ET.tostring(configuration, encoding="unicode"))
    done = run("/usr/sbin/cibadmin", "--replace", "--xml-file", str(new), CIB_file=str(live))
    assert done.returncode == 0, done.stderr


def judged(ring: corosync.Ring, directory: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Let Corosync judge a ring's configuration: it reads all that it would need to start."""
    conf, key = directory / "corosync.conf", directory / "authkey"
    key.write_bytes(b"k" * 256)
    key.chmod(0o400)
    text = corosync.render(ring).replace("to_stderr: no", "to_stderr: yes")
    conf.write_text(text.replace("totem {", f"totem {{\n    keyfile: {key}"))
    return run("/usr/sbin/corosync", "-t", "-c", str(conf))


@pytest.mark.parametrize("transport", ["knet", "udpu", "udp"])
@pytest.mark.parametrize(
    ("addresses", "multicast"), [("127.0.0.{}", "226.94.1.1"), ("fd00::{}", "ff15::1")]
)
def test_corosync_accepts_the_ring(
    tmp_path: pathlib.Path, transport: str, addresses: str, multicast: str
):
    nodes = frozenset(
        corosync.Node(1000 + n, f"node-{n}", addresses.format(n + 1)) for n in range(3)
    )
    ring = corosync.Ring("hacluster", transport, nodes, netmtu=1400, multicast=multicast)
    done = judged(ring, tmp_path)
    assert done.returncode == 0, done.stderr


def test_corosync_accepts_links_of_both_families(tmp_path: pathlib.Path):
    nodes = frozenset(
        corosync.Node(1000 + n, f"node-{n}", f"fd00::{n + 1}", (f"10.1.0.{n + 1}",))
        for n in range(3)
    )
    done = judged(corosync.Ring("hacluster", "knet", nodes), tmp_path)
    assert done.returncode == 0, done.stderr


def test_corosync_does_judge(tmp_path: pathlib.Path):
    nodes = frozenset({corosync.Node(1000, "node-0", "fd00::1")})
    wrong = corosync.Ring("hacluster", "udp", nodes, multicast="226.94.1.1")
    done = judged(wrong, tmp_path)
    assert done.returncode != 0
    assert "failed to parse mcast address" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("agent", "params"),
    [
        ("ocf:heartbeat:IPaddr2", 'params ip="fd00::100" cidr_netmask="64" nic="eth0"'),
        ("ocf:heartbeat:IPv6addr", 'params ipv6addr="fd00::100" cidr_netmask="64" nic="eth0"'),
        ("ocf:heartbeat:IPv6addr", " params ipv6addr=fd00::100  op monitor interval=10s"),
    ],
)
def test_an_ipv6_address_of_a_principal_reaches_the_cluster_as_it_is(agent: str, params: str):
    part = crmsh.translate(
        hacluster.Request(
            resources={"res_ks_eth0_ipv6addr_vip": agent},
            resource_params={"res_ks_eth0_ipv6addr_vip": params},
            groups={"grp_ks_vips": "res_ks_eth0_ipv6addr_vip"},
        )
    )
    (group,) = part.resources
    (vip,) = group
    assert "fd00::100" in cib.attributes(vip).values()


def test_pacemaker_accepts_remotes_with_ipv6_addresses(tmp_path: pathlib.Path):
    empty = ET.fromstring(run("/usr/sbin/cibadmin", "--empty").stdout)
    hosts = (Watched("virt-node-01.maas", "fd00::21"), Watched("virt-node-02.maas", "fd00::22"))
    made = plan.apply(empty, wanted(empty, remotes=hosts))
    assert tuple(remotes.present(made)) == hosts
    accepts(made, tmp_path)


@pytest.mark.parametrize("change", [spare.begin, spare.everything])
def test_what_is_left_alone_for_a_while_is_a_valid_cluster_and_is_whole_again(
    tmp_path: pathlib.Path, change: Callable[[ET.Element], ET.Element]
):
    before = planned()
    between = change(before)
    assert spare.names(between) == tuple(host.name for host in remotes.present(before))
    accepts(between, tmp_path)
    # The leader may plan meanwhile.
    again = plan.apply(between, wanted(between))
    assert spare.names(again) == spare.names(between)
    after = spare.nothing(again, maintenance=False)
    cib.remove_pair(after, cib.HOLD)
    assert cib.equal(plan.apply(after, wanted(after)), after)
    assert not any(
        cib.attributes(each, "meta_attributes")
        for each in after.iter("primitive")
        if each.get("type") == "remote"
    )


def test_crmsh_understands_a_request():
    part = crmsh.translate(REQUEST)
    assert part.ids == {
        "cl_res_masakari_haproxy",
        "first",
        "grp_masakari_vips",
        "res_monitor",
        "where",
        "with",
    }


def test_a_promotable_clone_is_one_that_pacemaker_still_knows():
    part = crmsh.translate(
        hacluster.Request(resources={"r": "ocf:heartbeat:Dummy"}, ms={"m": "r meta notify=true"})
    )
    (clone,) = part.resources
    assert clone.tag == "clone"
    assert cib.attributes(clone, "meta_attributes") == {"promotable": "true", "notify": "true"}


@pytest.mark.parametrize(
    "text",
    ['params ip="10.0.0.1', "op monitor interval=5s property stonith-enabled=false primitive y"],
)
def test_what_crmsh_does_not_understand_is_refused_or_harmless(text: str):
    request = hacluster.Request(
        resources={"x": "ocf:heartbeat:Dummy"}, resource_params={"x": text}
    )
    try:
        part = crmsh.translate(request)
    except crmsh.RequestError:
        return
    assert part.ids == {"x"}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"locations": {"where": "x 100 a"}}, "where"),
        ({"orders": {"first": "Mandatry: x y"}}, "first"),
        ({"colocations": {"with": "inf x ) ("}}, "with"),
        ({"resource_params": {"x": 'params a="1'}}, "x"),
    ],
)
def test_what_crmsh_rejects_is_named(values: dict[str, dict[str, str]], name: str):
    request = hacluster.Request.model_validate(
        {"resources": {"x": "ocf:heartbeat:Dummy"}, **values}
    )
    with pytest.raises(crmsh.RequestError, match=f"^{name}: "):
        crmsh.translate(request)


def test_everything_of_a_request_is_updated_and_what_is_not_wanted_any_more_goes():
    before = planned()
    changed = REQUEST.model_copy(
        update={
            "resource_params": {"res_masakari_d9411c8_vip": 'params ip="10.0.0.101"'},
            "clones": {"cl_res_masakari_haproxy": "res_masakari_haproxy meta interleave=true"},
            "colocations": {"with": "100: grp_masakari_vips cl_res_masakari_haproxy"},
            "orders": {"first": "Optional: cl_res_masakari_haproxy grp_masakari_vips"},
            "locations": {},
            "resources": {k: v for k, v in REQUEST.resources.items() if k != "res_monitor"},
        }
    )
    after = plan.apply(before, wanted(before, principal=crmsh.translate(changed)))
    text = ET.tostring(after, encoding="unicode")
    for here in ("10.0.0.101", 'name="interleave"', 'score="100"', 'kind="Optional"'):
        assert here in text
    for gone in ("10.0.0.100", 'kind="Mandatory"', 'id="where"', 'id="res_monitor"'):
        assert gone not in text


def test_nothing_in_a_text_is_run(tmp_path: pathlib.Path):
    mark = tmp_path / "mark"
    text = f'params a="$(touch {mark})" b=`touch {mark}`'
    request = hacluster.Request(
        resources={"x": "ocf:heartbeat:Dummy"}, resource_params={"x": text}
    )
    with contextlib.suppress(crmsh.RequestError):
        crmsh.translate(request)
    assert not mark.exists()


def test_pacemaker_accepts_the_planned_cluster(tmp_path: pathlib.Path):
    accepts(planned(), tmp_path)


@pytest.mark.parametrize("url", ["http://10.0.0.1:5240/MAAS", None])
def test_pacemaker_accepts_two_levels_of_fencing_and_their_end(
    tmp_path: pathlib.Path, url: str | None
):
    empty = ET.fromstring(run("/usr/sbin/cibadmin", "--empty").stdout)
    fenced = fencing.Fenced(
        {"virt-node-01.maas": matching.Identity("id0", "virt-node-01")},
        {"virt-node-01.maas": "virt-node-01", "virt-node-02.maas": "virt-node-02.maas"},
    )
    with_levels = plan.apply(empty, wanted(empty, config=Config(maas_url=url), fenced=fenced))
    file = tmp_path / "cib.xml"
    file.write_text(ET.tostring(with_levels, encoding="unicode"))
    # It warns that a file has no quorum, whatever the configuration.
    judged = run("/usr/sbin/crm_verify", "-VV", "--xml-file", str(file))
    assert "error" not in judged.stderr
    accepts(with_levels, tmp_path)
    without = plan.apply(with_levels, wanted(with_levels))
    assert without.find("configuration/fencing-topology") is None
    accepts(without, tmp_path)


def test_a_second_plan_makes_no_difference_to_pacemaker(tmp_path: pathlib.Path):
    once = planned()
    twice = plan.apply(once, wanted(once))
    before, after = tmp_path / "before.xml", tmp_path / "after.xml"
    before.write_text(ET.tostring(once, encoding="unicode"))
    after.write_text(ET.tostring(twice, encoding="unicode"))
    assert (
        run("/usr/sbin/crm_diff", "--original", str(before), "--new", str(after)).returncode == 0
    )


def test_taking_everything_away_again_leaves_a_valid_cluster(tmp_path: pathlib.Path):
    once = planned()
    none = wanted(
        once,
        remotes=(),
        fenced=fencing.Fenced(),
        principal=plan.Part(),
        config=Config(),
        opt_in=False,
    )
    result = plan.apply(once, none)
    assert [element.get("id") for element in cib.section(result, "resources")] == ["st-members"]
    assert len(cib.section(result, "constraints")) == 0
    accepts(result, tmp_path)


def test_crmsh_shows_the_planned_cluster_and_does_not_mind_our_notes(tmp_path: pathlib.Path):
    file = tmp_path / "cib.xml"
    file.write_text(ET.tostring(planned(), encoding="unicode"))
    done = run("/usr/sbin/crm", "configure", "show", CIB_file=str(file))
    assert done.returncode == 0, done.stderr
    assert "primitive virt-node-10.maas ocf:pacemaker:remote" in done.stdout


def test_the_agent_for_members_describes_itself_as_pacemaker_wants_it():
    done = run(str(HACLUSTER / "files/fence_member"), "-o", "metadata", "--action=metadata")
    root = ET.fromstring(done.stdout)
    assert {action.get("name") for action in root.iter("action")} >= {"off", "monitor", "status"}
