# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Tools about secrets."""

import copy
from collections.abc import Sequence
from typing import Any

from lab.juju.assets import Secret
from lab.juju.context import HookContext
from lab.juju.entities import Tracked
from lab.juju.secrets import fresh_id, readable, revise
from lab.juju.tools.arguments import Arguments, ToolError, parse

_ABOUT = ("label", "description", "expire", "rotate", "owner")


def secret_add(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Make a secret of the application (leader only) or the unit; it exists when the hook ends."""
    arguments = parse(argv, valued=_ABOUT)
    owner = f"unit:{context.unit.name}"
    if arguments.values.get("owner", "application") == "application":
        if not context.leads:
            raise ToolError("this unit is not the leader")
        owner = f"application:{context.app.name}"
    label = arguments.values.get("label", "")
    if label and _by_owner_label(context, label):
        raise ToolError(f'secret with label "{label}" already exists')
    secret = Secret(fresh_id(), owner)
    _describe(secret, arguments)
    revise(secret, _content(arguments), arguments.values.get("expire", ""))
    context.pending.secrets[secret.id] = secret
    return f"secret:{secret.id}\n"


def secret_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the content of the revision that the unit follows, or with an option of the newest.

    The first reading starts to follow; ``--refresh`` follows the newest; ``--peek`` only looks.
    Following takes effect at once (apiserver/common/secrets/access.go, GetSecretContent).
    """
    arguments = parse(argv, valued=("label",), switches=("refresh", "peek"), at_most=2)
    words = arguments.positional
    label = arguments.values.get("label", "")
    secret = _find(context, words[0] if words else "", label)
    if not readable(context.model, context.unit, secret):
        raise ToolError("permission denied")
    revision = _followed(context, secret, label, arguments)
    content = secret.revisions[revision].content
    if len(words) > 1:
        if words[1] not in content:
            raise ToolError(f'secret key "{words[1]}" not found')
        return arguments.answer(content[words[1]])
    return arguments.answer(content)


def secret_info_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer what a manager of a secret may know beside its content."""
    arguments = parse(argv, valued=("label",), at_most=1)
    words = arguments.positional
    secret = _managed(context, words[0] if words else "", arguments.values.get("label", ""))
    info: dict[str, Any] = {
        "revision": secret.latest,
        "label": secret.label,
        "owner": secret.owner.partition(":")[0],
        "description": secret.description,
        "rotation": secret.rotation,
    }
    if expires := secret.revisions[secret.latest].expires:
        info["expiry"] = expires
    info["access"] = [
        {"target": f"{'unit' if '/' in who else 'application'}:{who}", "role": "view"}
        for who in secret.grants
    ]
    return arguments.answer({secret.id: info})


def secret_set(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Change a secret; equal content makes no new revision."""
    arguments = parse(argv, valued=_ABOUT)
    if not arguments.positional:
        raise ToolError("missing secret URI")
    secret = _editable(context, arguments.positional.pop(0))
    _describe(secret, arguments)
    if arguments.positional:
        revise(secret, _content(arguments), arguments.values.get("expire", ""))
    return ""


def secret_remove(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Remove a secret, or one revision of it."""
    arguments = parse(argv, valued=("revision",), at_most=1)
    secret = _editable(context, arguments.positional[0] if arguments.positional else "")
    revision = arguments.values.get("revision")
    if revision is not None:
        secret.revisions.pop(int(revision), None)
    if revision is None or not secret.revisions:
        context.pending.secrets[secret.id] = None
    return ""


def secret_grant(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Let the application, or one unit, at the other end of a relation read a secret."""
    secret, who, relation = _grant(context, argv)
    secret.grants[who] = str(relation)
    return ""


def secret_revoke(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Take back what secret-grant gave."""
    secret, who, _ = _grant(context, argv)
    secret.grants.pop(who, None)
    return ""


def secret_ids(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the secrets that the unit may change."""
    arguments = parse(argv, at_most=0)
    return arguments.answer([s.id for s in _all(context) if _manages(context, s)])


def _grant(context: HookContext, argv: Sequence[str]) -> tuple[Secret, str, int]:
    arguments = parse(argv, valued=("relation", "unit", "app", "application"), at_most=1)
    values = arguments.values
    secret = _editable(context, arguments.positional[0] if arguments.positional else "")
    if "relation" not in values:
        who = values.get("unit") or values.get("app") or values.get("application")
        if who is None:
            raise ToolError("no relation id specified")
        return secret, who, -1
    identifier = values["relation"].rpartition(":")[2]
    relation = context.relation(int(identifier) if identifier.isdigit() else -1)
    if relation is None:
        raise ToolError(f"relation {values['relation']} not found")
    who = values.get("unit") or relation.other(context.unit.app).app
    return secret, who, relation.id


def _all(context: HookContext) -> list[Secret]:
    merged: dict[str, Secret | None] = {**context.model.secrets, **context.pending.secrets}
    return [secret for secret in merged.values() if secret is not None]


def _find(context: HookContext, uri: str, label: str) -> Secret:
    """Return a secret by its URI, or by the label that its owner or this follower gave it."""
    # secret:ID, secret://MODEL/ID or the plain ID (core/secrets/secret.go, ParseURI).
    identifier = uri.removeprefix("secret:").rpartition("/")[2]
    if not identifier and not label:
        raise ToolError("require either a secret URI or label")
    if not identifier:
        owned = _by_owner_label(context, label)
        if owned is not None:
            return owned
        followed = (i for i, tracked in context.unit.tracked.items() if tracked.label == label)
        identifier = next(followed, "")
    for secret in _all(context):
        if secret.id == identifier:
            return secret
    raise ToolError(f'secret "{identifier or label}" not found')


def _managed(context: HookContext, uri: str, label: str = "") -> Secret:
    secret = _find(context, uri, label)
    if not _manages(context, secret):
        raise ToolError("permission denied")
    return secret


def _editable(context: HookContext, uri: str) -> Secret:
    """Return the copy of a secret that replaces it when the hook has succeeded."""
    secret = _managed(context, uri)
    if secret.id not in context.pending.secrets:
        context.pending.secrets[secret.id] = copy.deepcopy(secret)
    edited = context.pending.secrets[secret.id]
    if edited is None:
        raise ToolError(f'secret "{secret.id}" not found')
    return edited


def _manages(context: HookContext, secret: Secret) -> bool:
    if secret.owner == f"application:{context.unit.app}":
        return context.leads
    return secret.owner == f"unit:{context.unit.name}"


def _by_owner_label(context: HookContext, label: str) -> Secret | None:
    own = (f"application:{context.unit.app}", f"unit:{context.unit.name}")
    return next((s for s in _all(context) if s.label == label and s.owner in own), None)


def _followed(context: HookContext, secret: Secret, label: str, arguments: Arguments) -> int:
    tracked = context.unit.tracked.get(secret.id)
    if arguments.flag("peek"):
        return secret.latest
    owned = secret.owner in (f"application:{context.unit.app}", f"unit:{context.unit.name}")
    if tracked is None:
        tracked = context.unit.tracked[secret.id] = Tracked(secret.latest)
    if arguments.flag("refresh") or tracked.revision not in secret.revisions:
        tracked.revision = secret.latest
    if label and not owned:
        tracked.label = label
    context.changed()
    return tracked.revision


def _describe(secret: Secret, arguments: Arguments) -> None:
    secret.label = arguments.values.get("label", secret.label)
    secret.description = arguments.values.get("description", secret.description)
    secret.rotation = arguments.values.get("rotate", secret.rotation)


def _content(arguments: Arguments) -> dict[str, str]:
    """Return content given as ``key=value``; the client has already read ``key#file=PATH``."""
    content: dict[str, str] = {}
    for word in arguments.positional:
        key, equals, value = word.partition("=")
        if not equals:
            raise ToolError(f'invalid secret content: "{key}" lacks a value')
        if "#" in key:
            raise ToolError(f'secret key "{key}": the stand-in only knows #file')
        content[key] = value
    if not content:
        raise ToolError("missing secret value or filename")
    return content
