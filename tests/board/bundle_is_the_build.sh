#!/bin/sh
# bundle_is_the_build.sh BOARD: type-checks the pages' sources, builds them, and compares with what is committed.
set -eu
cd "$1"
node_modules/.bin/tsc
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
node_modules/.bin/vite build --logLevel warn --outDir "$out" --emptyOutDir
node_modules/.bin/vite build --mode serve --logLevel warn --outDir "$out"
for file in board.js board.css plot.css serve.js serve.css; do
  cmp "$out/$file" "dist/$file" || { echo "dist/$file is not the build of src: npm run build"; exit 1; }
done
