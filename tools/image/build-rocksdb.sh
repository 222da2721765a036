#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Leaves of the RocksDB package what the given architecture (as Docker names it) needs, and compiles what is not there.
set -eu
cd node_modules/rocksdb
case "$1" in
  amd64) ;;
  arm64)
    apt-get update
    apt-get install -y --no-install-recommends g++ make python3 libzstd-dev libfolly-dev liburing-dev libfmt-dev \
      libgoogle-glog-dev libiberty-dev libunwind-dev libgflags-dev
    # The build file is written for one machine.
    sed -i -e 's/x86_64-linux-gnu/aarch64-linux-gnu/g' -e 's/-march=znver1/-march=armv8-a+crc+crypto/g' \
      binding.gyp deps/rocksdb/rocksdb.gyp
    npx --yes node-gyp@11 rebuild
    mkdir -p prebuilds/linux-arm64
    mv build/Release/leveldown.node prebuilds/linux-arm64/
    rm -rf build
    ;;
  *)
    echo "there is no way to build RocksDB for $1" >&2
    exit 1
    ;;
esac
rm -rf deps prebuilds.zip prebuilds/darwin-* ./*.cc ./*.h ./*.gyp
