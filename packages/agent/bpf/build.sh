#!/bin/sh
# Compiles the kernel programs: build.sh [OUTPUT_DIR], by default dist/bpf at the root of the repository.
# BPF_CFLAGS: more flags for clang.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../../dist/bpf}
mkdir -p "$out"
# clang knows no system include path for the bpf target; asm/types.h lives under the host's.
for source in "$here/sonde.bpf.c" "$here/profile/profile.bpf.c"; do
  object=$out/$(basename "$source" .c).o
  # shellcheck disable=SC2086 # flags of tests
  clang ${BPF_CFLAGS:-} -O2 -g -Wall -Werror -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 \
    -idirafter /usr/include/x86_64-linux-gnu -c "$source" -o "$object.new"
  mv "$object.new" "$object"
done
