#!/bin/sh
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
#
# Runs in mount and PID namespaces of its own (see builder.py), so nothing that it mounts outlives it.
#
#   enter.sh LOWER BIND... -- PROGRAM ARGUMENT...
#
# Makes an overlay over LOWER (directories as overlayfs wants them, top first), binds each
# SOURCE:TARGET[:ro] into it and runs the program there, as root, in the host's network.
set -eu

lower=$1
shift
work=/run/lock
mkdir -p "$work"
mount -t tmpfs -o mode=0755 tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
root=$work/root

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mkdir -m 0700 "$root/run/user"

# Names resolve as they do on the host.
for file in resolv.conf hosts; do
    rm -f "$root/etc/$file"
    cp -L "/etc/$file" "$root/etc/$file" 2>/dev/null || :
done
# charmcraft asks snapd for its build snaps unless it believes itself in a container.
touch "$root/.dockerenv"

while [ "$1" != -- ]; do
    source=${1%%:*}
    rest=${1#*:}
    target=$root${rest%%:*}
    mode=${rest#*:}
    if [ -d "$source" ]; then
        mkdir -p "$target"
    else
        mkdir -p "$(dirname "$target")"
        [ -e "$target" ] || touch "$target"
    fi
    mount --bind "$source" "$target"
    [ "$mode" != ro ] || mount -o remount,bind,ro "$target"
    shift
done
shift
exec chroot "$root" "$@"
