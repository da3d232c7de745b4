#!/bin/sh
# Installs the Debian packages that the build, the lab and the tests need, and only the missing
# ones; with the word "deep" what check-deep needs beyond that. As root or with sudo; where it may do neither, it says what it would install.
set -eu

packages='gcc clang clang-format make pkg-config libncurses-dev freetds-dev libiniparser-dev
libcmocka-dev libsqlite3-dev libjansson-dev libxml2-dev libxml2-utils libssl-dev libclang-rt-14-dev freetds-bin
tdsodbc unixodbc python3-pymssql libdbd-sybase-perl
binutils python3 python3-tds python3-openssl python3-pyte python3-jsonschema mandoc'

[ "${1:-}" != deep ] || packages='dpkg-dev default-jdk-headless libjtds-java'

missing=
for package in $packages; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
    'install ok installed') ;;
    *) missing="$missing $package" ;;
    esac
done
[ -z "$missing" ] && exit 0

set -- apt-get install -y --no-install-recommends
if [ "$(id -u)" -eq 0 ]; then
    sudo=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    sudo=sudo
else
    echo "missing Debian packages; as root, run:" >&2
    echo "  $*$missing" >&2
    exit 1
fi
echo "installing:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo "$@" $missing
