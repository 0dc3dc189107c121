#!/usr/bin/env bash
# Builds the web interface into internal/webui/dist, from where it becomes part of the program; nothing is done when that is up to
# date. Without Node.js the program is built with a page that says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

least=20
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node.js is not there: hosu is built without its web interface. Install Node.js $least or newer and run make build again." >&2
  exit 0
fi
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt "$least" ]; then
  echo "Node.js $(node -v) is too old: hosu is built without its web interface. Install Node.js $least or newer and run make build again." >&2
  exit 0
fi

stamp=.cache/web.stamp
mkdir -p .cache
if [ -f "$stamp" ] && [ -f internal/webui/dist/index.html.br ] &&
  [ -z "$(find web scripts/web.sh scripts/embed-web.mjs -newer "$stamp" -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/e2e/*' -print -quit)" ]; then
  exit 0
fi
started=$(mktemp .cache/web.XXXXXX)
cd web
if ! cmp -s package-lock.json node_modules/.hosu-lock; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.hosu-lock
fi
npm run --silent build
node ../scripts/embed-web.mjs dist ../internal/webui/dist
cd ..
mv "$started" "$stamp" # of before the build: what changed meanwhile is newer
