#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a node of its own until it is ready, and ends it in order: the compile cache is written on the way.
set -eu
folder=$(mktemp -d)
log="$folder/log"
shortlink node --node.name=warm --data.dir="$folder/data" --cluster.initialNodes=warm=127.0.0.1:8083 \
  --objectStore.url="file://$folder/objects" --shutdown.lameDuckMs=0 > "$log" 2>&1 &
pid=$!
ask='fetch("http://127.0.0.1:9090/readyz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'
attempts=0
until node -e "$ask"; do
  attempts=$((attempts + 1))
  if [ "$attempts" -ge 120 ] || ! kill -0 "$pid"; then
    cat "$log" >&2
    exit 1
  fi
  sleep 0.5
done
# What a node loads only where there is a bucket.
node --disable-warning=ExperimentalWarning -e "import('/opt/shortlink/node/src/adapters/object-store/s3-store.ts')"
kill "$pid"
wait "$pid"
rm -rf "$folder"
