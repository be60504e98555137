# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What zaza makes of the files that are written for it; run by ``tests/zaza_check.py`` where zaza is.

Prints a line for each thing looked at, and exits with 1 if zaza does not take one.
"""

import importlib.util
import tempfile
from pathlib import Path

import yaml
import zaza.controller
from zaza.charm_lifecycle import deploy, utils

BUNDLES = ("gate_bundles", "smoke_bundles", "dev_bundles")
PUBLIC = "zaza.openstack"


def main() -> int:
    """Look at everything."""
    # The only thing for which rendering asks a controller.
    zaza.controller.get_cloud_type = lambda: "maas"
    utils.set_base_test_dir("tests")
    utils.get_charm_config("tests/tests.yaml")
    for key in BUNDLES:
        for environment in utils.get_environment_deploys(key):
            for step in environment.model_deploys:
                rendered(step.bundle)
                print(f"ok: {key}: {step.bundle} as {step.model_alias}")
    steps = [name for found in (utils.get_config_steps(), utils.get_test_steps())
             for names in found.values() for name in names]  # fmt: skip
    return max([looked_up(name) for name in steps], default=0)


def rendered(bundle: str) -> None:
    """Render a bundle's overlays as for a deployment."""
    with tempfile.TemporaryDirectory() as directory:
        bundle_file = f"{utils.get_bundle_dir()}/{bundle}.yaml"
        for path in deploy.render_overlays(bundle_file, directory):
            assert yaml.safe_load(Path(path).read_text())["applications"]


def looked_up(name: str) -> int:
    """Import a test or a step as zaza does, and return whether that failed."""
    if name.startswith(PUBLIC) and importlib.util.find_spec(PUBLIC) is None:
        print(f"skipped: {name}: zaza-openstack-tests is in no package index")
        return 0
    try:
        utils.get_class(name)
    except (ImportError, AttributeError) as error:
        print(f"FAILED: {name}: {error}")
        return 1
    print(f"ok: {name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
