# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

# Older releases of keystoneauth have no types.
# pyright: basic

"""Logins of the engine's that are kept while they are good.

Masakari makes a new client of nova for every call (``masakari/compute/nova.py``), each of which asks keystone for
a token: five for an instance before its evacuation is ordered, and one for each look at how far it is. Where
many instances wait for their host to be evacuated, that is most of what keystone and the engine do. This is
keystoneauth's own way in with a password, but all that have the same one share its token. It is asked for
anew when it is about to expire, or when nova does not take it any more. Runs inside the engine,
under the distribution's Python; Masakari finds it by the name in ``[keystone_authtoken] auth_type``.
"""

from keystoneauth1 import access, identity, loading, session

_kept: dict[str | None, access.AccessInfo] = {}


class KeptPassword(identity.Password):
    """A login whose token is shared within the process.

    Nothing is locked: that two ask at the same moment is harmless, that all wait for one whom keystone
    does not answer would not be.
    """

    def get_auth_ref(self, session: session.Session) -> access.AccessInfo:
        """Return the token that is kept, or a new one."""
        key = self.get_cache_id()
        found = _kept.get(key)
        if found is None or found.will_expire_soon(self.MIN_TOKEN_LIFE_SECONDS):
            found = _kept[key] = super().get_auth_ref(session)
        return found

    def invalidate(self) -> bool:
        """Forget a token that was refused, for everybody; return whether there was one."""
        key = self.get_cache_id()
        if _kept.get(key) is self.auth_ref:
            _kept.pop(key, None)
        return super().invalidate()

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Return all that makes a login another one; keystoneauth's own leaves out the scope of the system."""
        return {**super().get_cache_id_elements(), "system_scope": self._system_scope}


class Loader(loading.BaseGenericLoader):
    """How Masakari comes by it."""

    def get_options(self) -> list[loading.Opt]:
        """Return the options of ``password``."""
        return loading.get_plugin_loader("password").get_options()

    @property
    def plugin_class(self) -> type[KeptPassword]:
        """What to make of the options."""
        return KeptPassword
