#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Removes from node_modules, in the current folder, what only people and compilers read.
set -eu
find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' -o -name '*.markdown' \) -delete
