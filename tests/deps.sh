#!/bin/sh
# Installs the Debian packages that the build, the lab and the tests need, and only the missing
# ones. As root or with sudo; where it may do neither, it says what it would install.
set -eu

packages='gcc clang clang-format make pkg-config libncurses-dev freetds-dev libiniparser-dev
libcmocka-dev libsqlite3-dev libjansson-dev libxml2-dev libssl-dev libclang-rt-14-dev freetds-bin
python3 python3-tds python3-openssl python3-pyte python3-pil python3-jsonschema fonts-dejavu-core mandoc'

# shellcheck disable=SC2086
missing=$(dpkg-query -W -f '${Package} ${Status}\n' $packages 2>/dev/null |
    awk '$4 == "installed" {print $1}' | sort >/tmp/stopmark-deps.$$ || true
    for p in $packages; do echo "$p"; done | sort | comm -23 - /tmp/stopmark-deps.$$)
rm -f /tmp/stopmark-deps.$$
[ -z "$missing" ] && exit 0

set -- apt-get install -y --no-install-recommends
if [ "$(id -u)" -eq 0 ]; then
    sudo=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    sudo=sudo
else
    echo "missing Debian packages; as root, run:" >&2
    # shellcheck disable=SC2086
    echo "  $*" $missing >&2
    exit 1
fi
# shellcheck disable=SC2086
echo "installing:" $missing
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo "$@" $missing
