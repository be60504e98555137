# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by ./check, ./demo and .ci/run: makes .venv, the Python environment that everything else of
# this checkout runs in, from the pins in requirements/. A second call does nothing.

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $*"
    exit 1
}

# As lab/machines/host.py does it: a mirror that hiccups is asked again, a held lock waited for.
apt_get() { apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"; }

# Install Debian packages that are missing; only what the first step needs.
need_packages() {
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q '^install ok' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    [ "$(id -u)" -eq 0 ] || fail "missing packages: ${missing[*]}; install them, or run this as root"
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    {
        apt_get update && apt_get install --yes --no-install-recommends "${missing[@]}"
    } </dev/null >"$LOGS/bootstrap.log" 2>&1 ||
        fail "apt-get failed: $(tail -n 1 "$LOGS/bootstrap.log") (see $LOGS/bootstrap.log)"
}

# A Python that can make virtual environments: the caller's own, or Debian's.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# An environment with nothing but uv, which brings the rest faster than pip.
make_environment() {
    "$2" -m venv --clear "$1/.venv" &&
        "$1/.venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            --require-hashes --requirement "$1/requirements/bootstrap.lock"
}

bootstrap() {
    local root=$1
    LOGS=$root/build/logs
    export UV_HTTP_RETRIES=${UV_HTTP_RETRIES:-6}
    mkdir -p "$LOGS"
    local wanted
    wanted=$(cat "$root/requirements/dev.lock" "$root/requirements/bootstrap.lock" | sha256sum)
    exec 9>"$root/build/.bootstrap.lock"
    flock 9
    if [ "$(cat "$root/.venv/.made-from" 2>/dev/null)" != "$wanted" ]; then
        find_python >/dev/null || need_packages python3 python3-venv ca-certificates
        local python
        python=$(find_python) || fail "no Python 3.10 or newer with its venv module was found"
        say "making .venv with $python"
        {
            # Kept when it is there: somebody may be running in it.
            { [ -x "$root/.venv/bin/uv" ] || make_environment "$root" "$python"; } &&
                "$root/.venv/bin/uv" pip sync --quiet --python "$root/.venv/bin/python" \
                    "$root/requirements/dev.lock"
        } </dev/null >"$LOGS/bootstrap.log" 2>&1 ||
            fail "the Python environment could not be made: $(tail -n 1 "$LOGS/bootstrap.log") (see $LOGS/bootstrap.log)"
        printf '%s' "$wanted" >"$root/.venv/.made-from"
    fi
    exec 9>&-
    export PATH=$root/.venv/bin:$PATH PYTHONPATH=$root PYTHONDONTWRITEBYTECODE=1
}
