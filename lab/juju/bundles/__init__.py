# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Charms and bundles as Juju reads them: from files to a plan, without touching anything.

The way through::

    wanted = deployment([Path("bundles/lab.yaml"), Path("overlays/masakari.yaml"), ...])

It returns a Plan or raises BundleError with every reason, each with its file and line. The same
in steps: ``load_bundle(paths)``, ``load_charms(bundle)``, ``plan(bundle, charms)``.

For single commands: ``load_charm(path)``, ``parse_option(option, text)`` (``juju config``),
``match_endpoints(...)`` (``juju integrate A[:ep] B[:ep]``), ``parse_placement(text)`` (``--to``),
``resource_fault(...)`` (``juju attach-resource``).
"""

from lab.juju.bundles.bundle import Bundle, load_bundle
from lab.juju.bundles.charm import (
    JUJU_INFO,
    ActionSpec,
    CharmMetadata,
    Endpoint,
    Option,
    ResourceSpec,
    Role,
    Scope,
)
from lab.juju.bundles.charmfile import load_charm
from lab.juju.bundles.charms import load_charms
from lab.juju.bundles.errors import BundleError, CharmError, InvalidError, Problem
from lab.juju.bundles.options import OptionError, parse_option
from lab.juju.bundles.placement import Directive, parse_constraints, parse_placement
from lab.juju.bundles.plan import (
    Application,
    Constraints,
    End,
    Machine,
    OptionValue,
    Placement,
    Plan,
    Relation,
)
from lab.juju.bundles.planner import deployment, plan
from lab.juju.bundles.relations import match_endpoints
from lab.juju.bundles.resources import fault as resource_fault

__all__ = [
    "JUJU_INFO",
    "ActionSpec",
    "Application",
    "Bundle",
    "BundleError",
    "CharmError",
    "CharmMetadata",
    "Constraints",
    "Directive",
    "End",
    "Endpoint",
    "InvalidError",
    "Machine",
    "Option",
    "OptionError",
    "OptionValue",
    "Placement",
    "Plan",
    "Problem",
    "Relation",
    "ResourceSpec",
    "Role",
    "Scope",
    "deployment",
    "load_bundle",
    "load_charm",
    "load_charms",
    "match_endpoints",
    "parse_constraints",
    "parse_option",
    "parse_placement",
    "plan",
    "resource_fault",
]
