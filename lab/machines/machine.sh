#!/bin/sh
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
#
# Boots a machine and waits for its end. Its root file system is mounted in a mount namespace that
# only this script and the machine live in, so nothing stays mounted when they are gone. A machine
# that ends by itself (poweroff inside) has its cables pulled here; one that is killed takes this
# script with it, and whoever killed it cleans up.
#
# usage: machine.sh OVERLAY ROOT LOCK SWITCH NAMESPACE PORTS WATCH-GROUPS MACHINE-GROUPS COMMAND...
set -eu
if [ -z "${LAB_MOUNTS:-}" ]; then
    export LAB_MOUNTS=private
    exec unshare --mount --propagation slave "$0" "$@"
fi
unset LAB_MOUNTS
overlay=$1 root=$2 lock=$3 switch=$4 namespace=$5 ports=$6 watch=$7 groups=$8
shift 8

for group in $watch; do echo $$ >"$group/cgroup.procs"; done
# systemd-nspawn leaves its locks and its mail box when it is killed.
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
mount -t overlay "lab-$namespace" -o "$overlay" "$root"
# systemd-nspawn --keep-unit leaves a reboot to its caller and says so with this exit code.
rc=133
while [ "$rc" -eq 133 ]; do
    rc=0
    sh -euc 'for group in $1; do echo $$ >"$group/cgroup.procs"; done; shift; exec "$@"' \
        machine "$groups" "$@" || rc=$?
    echo "machine ended: $rc"
done
# Whoever holds the lock is powering the machine off and will kill this script.
exec 9>>"$lock"
flock 9
for port in $ports; do ip -n "$switch" link del "$port" || true; done
ip netns del "$namespace"
