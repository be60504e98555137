# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands about secrets: an operator's own, and looking at all."""

import argparse
from typing import Any

import yaml

from lab.juju import secrets
from lab.juju.assets import Secret
from lab.juju.cli.command import Answer, Call, Command, add_format, render, settings
from lab.juju.errors import JujuError, UsageError
from lab.juju.model import Model


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--info", default="")
    parser.add_argument("--file")


def _add(call: Call) -> Answer:
    content = _content(call)
    if not content:
        raise UsageError("missing secret value or filename")
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        if call.options.name in model.secret_names:
            raise JujuError(f'secret with name "{call.options.name}" already exists')
        secret = Secret(secrets.fresh_id(), "model", description=call.options.info)
        secrets.revise(secret, content)
        model.secrets[secret.id] = secret
        model.secret_names[call.options.name] = secret.id
    return Answer(f"secret:{secret.id}\n")


def _update_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("secret")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--name")
    parser.add_argument("--info")
    parser.add_argument("--file")
    parser.add_argument("--auto-prune", action="store_true")


def _update(call: Call) -> Answer:
    options = call.options
    content = _content(call)
    engine = call.controller.engine(options.model)
    with engine.change(durable=True) as model:
        secret = secrets.find_owned_by_user(model, options.secret)
        if options.info is not None:
            secret.description = options.info
        if options.name:
            model.secret_names.pop(secrets.name_of(model, secret), None)
            model.secret_names[options.name] = secret.id
        if content:
            secrets.revise(secret, content)
        if options.auto_prune:
            secrets.prune(model, secret)
    return Answer()


def _grant_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("secret")
    parser.add_argument("applications")


def _grant(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        secret = secrets.find_owned_by_user(model, call.options.secret)
        for name in call.options.applications.split(","):
            app = model.application(name)
            if call.request.words[0] == "grant-secret":
                secret.grants[app.name] = ""
            else:
                secret.grants.pop(app.name, None)
    return Answer()


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("secret")
    parser.add_argument("--revision", type=int)


def _remove(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        secret = secrets.find_owned_by_user(model, call.options.secret)
        revision = call.options.revision
        if revision is not None and revision not in secret.revisions:
            raise JujuError(f"secret revision {revision} not found")
        if revision is not None:
            del secret.revisions[revision]
        if revision is None or not secret.revisions:
            model.secret_names.pop(secrets.name_of(model, secret), None)
            del model.secrets[secret.id]
    return Answer()


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("secret")
    parser.add_argument("--reveal", action="store_true")
    parser.add_argument("--revisions", action="store_true")
    parser.add_argument("--revision", "-r", type=int)
    add_format(parser)


def _show(call: Call) -> Answer:
    options = call.options
    if options.revisions and (options.reveal or options.revision is not None):
        raise UsageError("specify either --revisions or --reveal and --revision")
    model = call.controller.engine(options.model).model
    secret = secrets.find(model, options.secret)
    shown = _describe(model, secret)
    number = options.revision or secret.latest
    if number not in secret.revisions:
        raise JujuError(f"secret revision {number} not found")
    if options.reveal:
        content = secret.revisions[number].content
        shown["content"] = {"Data": content} if options.format == "json" else content
    if options.revisions:
        shown["revisions"] = [
            {"revision": n, "backend": "internal", "created": r.created, "updated": r.created}
            for n, r in secret.revisions.items()
        ]
    return Answer(render({secret.id: shown}, options.format))


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--owner")
    add_format(parser, default="tabular")


def _list(call: Call) -> Answer:
    model = call.controller.engine(call.options.model).model
    wanted = call.options.owner
    found = {
        secret.id: _describe(model, secret)
        for secret in model.secrets.values()
        if wanted is None or wanted.replace("-", ":", 1) in (secret.owner, f"{secret.owner}")
    }
    if call.options.format != "tabular":
        return Answer(render(found, call.options.format))
    lines = (
        f"{i}  {s.get('name', '-')}  {s['owner']}  {s['revision']}\n" for i, s in found.items()
    )
    return Answer("".join(lines))


def _describe(model: Model, secret: Secret) -> dict[str, Any]:
    kind, _, owner = secret.owner.partition(":")
    shown: dict[str, Any] = {
        "revision": secret.latest,
        "owner": "<model>" if kind == "model" else owner,
        "created": secret.created,
        "updated": secret.updated,
    }
    optional = {
        "name": secrets.name_of(model, secret),
        "label": secret.label,
        "description": secret.description,
        "rotation": secret.rotation if secret.rotation != "never" else "",
        "expires": secret.revisions[secret.latest].expires,
    }
    shown |= {key: value for key, value in optional.items() if value}
    if secret.grants:
        shown["access"] = [
            {
                "target": f"{'unit' if '/' in who else 'application'}-{who.replace('/', '-')}",
                "scope": f"relation-{scope}" if scope else f"model-{model.uuid}",
                "role": "view",
            }
            for who, scope in secret.grants.items()
        ]
    return shown


def _content(call: Call) -> dict[str, str]:
    """Return content from a YAML file, and from words; ``key#file=path`` takes a file's text."""
    content: dict[str, str] = {}
    if call.options.file:
        loaded: dict[str, Any] = yaml.safe_load(call.request.path(call.options.file).read_text())
        content = {str(key): str(value) for key, value in loaded.items()}
    for key, value in settings(call.options.words).items():
        if key.endswith("#file"):
            content[key.removesuffix("#file")] = call.request.path(value).read_text()
        else:
            content[key] = value
    return content


COMMANDS = {
    "add-secret": Command(_add_arguments, _add),
    "grant-secret": Command(_grant_arguments, _grant),
    "remove-secret": Command(_remove_arguments, _remove),
    "revoke-secret": Command(_grant_arguments, _grant),
    "secrets": Command(_list_arguments, _list),
    "show-secret": Command(_show_arguments, _show),
    "update-secret": Command(_update_arguments, _update),
}
