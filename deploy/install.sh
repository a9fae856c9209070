#!/bin/sh
# Installs the workbench from this folder, without any network: ./install.sh /opt/r57
#
# The folder is whole or nothing is done; PYTHON names another Python than python3. What was there before makes room, and
# stays as it was when something fails.
set -eu
[ $# = 1 ] || { echo "r57: say where to: $0 /opt/r57" >&2; exit 2; }
mkdir -p "$(dirname "$1")"
target=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")"
python=${PYTHON:-python3}

sha256sum --quiet -c SHA256SUMS || { echo "r57: the bundle is not as it was made; copy it again" >&2; exit 1; }
found=$("$python" -c 'import platform, sys; print(*sys.version_info[:2], sys.platform, platform.machine())')
[ "$found" = "$(cat PYTHON)" ] || {
    echo "r57: the bundle is for Python and machine '$(cat PYTHON)', and '$python' is '$found': PYTHON=python3.x $0 $1" >&2
    exit 2
}
if [ -e "$target" ] && [ ! -e "$target/pyvenv.cfg" ]; then
    echo "r57: '$target' is there, and no environment of Python's" >&2
    exit 2
fi

# An environment knows its own address: it is made where it will stay.
rm -rf "$target.old"
[ ! -e "$target" ] || mv "$target" "$target.old"
trap 'rm -rf "$target"; [ ! -e "$target.old" ] || mv "$target.old" "$target"' EXIT
"$python" -m venv "$target"
pip="$target/bin/python -m pip --disable-pip-version-check --no-input -qq"
$pip install --no-index --no-deps wheels/pip-*.whl
$pip install --no-index --no-deps --compile wheels/*.whl
$pip list --format freeze | grep -q '^setuptools==' && [ -z "$(find wheels -name 'setuptools-*')" ] && $pip uninstall --yes setuptools
$pip check
trap - EXIT
rm -rf "$target.old"
echo "r57: $target: $(du -sm "$target" | cut -f1) MB; next: $target/bin/r57 init /srv/r57/project"
