#!/bin/sh
# Makes the bad inputs of this folder anew from the good papers (qpdf, python3). They are kept, so tests need neither.
set -eu
cd "$(dirname "$0")"
good=../papers/giay-chung-sinh.pdf
printf 'Day khong phai la PDF, chi la chu.\n' > khong-phai.pdf
: > rong.pdf
qpdf --encrypt mat-khau mat-khau 256 -- "$good" khoa.pdf
head -c "$(($(stat -c %s "$good") / 2))" "$good" > cat-doi.pdf
printf 'GIF89a not a png' > khong-phai.png
head -c 700 ../papers/chu-ky.png > cat-doi.png
python3 - <<'END'
import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
# 60,000 x 60,000 grey pixels in a few kilobytes: 3.6 GB once unpacked
side = 60000
rows = zlib.compress(b"\0" * (1 << 20), 9)
open("bom.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
END
