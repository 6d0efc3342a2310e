#!/usr/bin/env bash
# Fetches the browser modules by the lock file and keeps only the files a page loads.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd .. && pwd)
if ! command -v npm >/dev/null; then # a machine without Node.js: the one from PyPI, in a place of its own
  test -x "$root/.node/bin/npm" || python3 -m venv "$root/.node"
  "$root/.node/bin/pip" install -qq --require-hashes -r "$root/requirements-node.txt"
  export PATH="$root/.node/bin:$PATH"
fi
npm ci --silent --no-audit --no-fund

vendor=$root/blockwise/site/static/vendor
fresh=$vendor.new
rm -rf "$fresh"
mkdir -p "$fresh/maplibre-gl" "$fresh/htmx"
cp node_modules/maplibre-gl/dist/{maplibre-gl.mjs,maplibre-gl-worker.mjs,maplibre-gl.css} "$fresh/maplibre-gl/"
cp node_modules/maplibre-gl/LICENSE.txt "$fresh/maplibre-gl/LICENSE.txt"
cp node_modules/htmx.org/dist/htmx.esm.min.js node_modules/htmx.org/LICENSE "$fresh/htmx/"
"$root/.venv/bin/python" -m whitenoise.compress --quiet "$fresh"
rm -rf "$vendor"
mv "$fresh" "$vendor"
