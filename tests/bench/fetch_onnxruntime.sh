#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fetch_onnxruntime.sh [FOLDER]: the shared library of ONNX Runtime (MIT licence) out of its package for Node, into
# FOLDER (default: build/onnxruntime). Nothing is built against it: `nnd bench --peers` loads it if it is there.
set -eu
folder=${1:-build/onnxruntime}
version=${ONNXRUNTIME_VERSION:-1.30.0}
case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) echo "there is no library of ONNX Runtime for $(uname -m)" >&2 && exit 1 ;;
esac
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "onnxruntime-node@$version" >/dev/null
tar xzf "onnxruntime-node-$version.tgz" --wildcards "package/bin/*/linux/$machine/libonnxruntime.so.1"
mv package/bin/*/linux/"$machine"/libonnxruntime.so.1 "$folder/"
echo "$folder/libonnxruntime.so.1"
