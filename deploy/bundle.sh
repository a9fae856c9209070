#!/bin/sh
# Makes the folder that a closed network installs from: `make bundle`, on a machine with the internet, with the Python and
# the kind of processor that the closed machine has. Everything is fetched by the hashes of requirements.lock.
set -eu
python=$1
bundle=$2
here=$(cd "$(dirname "$0")/.." && pwd)
pip="$python -m pip --disable-pip-version-check --no-input -qq"

rm -rf "$bundle.new"
mkdir -p "$bundle.new/wheels" "$bundle.new/source"
$pip wheel --no-deps --require-hashes -r "$here/requirements.lock" -w "$bundle.new/wheels"
(cd "$here" && "$python" -m hatchling build -t wheel -d "$bundle.new/wheels" && "$python" -m hatchling build -t sdist -d "$bundle.new/source") >/dev/null
cp "$here/requirements.lock" "$here/LICENSE" "$bundle.new/source/"
cp -R "$here/docs" "$here/deploy" "$bundle.new/"
mv "$bundle.new/deploy/install.sh" "$bundle.new/deploy/Containerfile" "$bundle.new/"
"$python" -c 'import platform, sys; print(*sys.version_info[:2], sys.platform, platform.machine())' > "$bundle.new/PYTHON"
(cd "$bundle.new" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs -d '\n' sha256sum > SHA256SUMS)
rm -rf "$bundle"
mv "$bundle.new" "$bundle"
echo "r57: $bundle: $(du -sm "$bundle" | cut -f1) MB, $(find "$bundle/wheels" -name '*.whl' | wc -l) wheels" >&2
