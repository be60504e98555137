# Written by the masakari charm.
"""The API of Masakari for mod_wsgi, and a health check that needs no token.

`masakari.cmd.api` is there before and after the release that dropped the script `masakari-wsgi`
(20, OpenStack 2025.2) and that brought `masakari.wsgi.api`. Its package switches eventlet on when
imported, so nothing else of Masakari may be imported before it.
"""

from masakari.cmd.api import initialize_application  # isort: skip
import os

from oslo_middleware import healthcheck

_api = initialize_application()
_health = healthcheck.Healthcheck.app_factory(
    {},
    path="/healthcheck",
    backends="disable_by_file",
    disable_by_file_path="/etc/masakari/healthcheck_disable",
)


def application(environ, start_response):
    """Answer a request."""
    if environ.get("PATH_INFO") != "/healthcheck":
        return _api(environ, start_response)
    if os.path.exists("/run/masakari-api-drain"):
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    return _health(environ, start_response)
