#!/bin/sh
# Files that ask for more than a document may: 10,000 pages, a tree 5,000 deep, 30,000 fields, a table that leads back to itself, validation
# data that swells to 300 MB. Each ends with an exit code of tramky(1) and a sentence, and nothing is swollen into memory.
set -u
B=${B:-build}
command -v python3 >/dev/null || { echo "skip limits: python3 is not installed"; exit 0; }
W=$(mktemp -d) || exit 1
D=$W/data
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$W"' EXIT INT TERM

check() {
	name=$1; shift
	if "$@" >"$W/log" 2>&1; then echo "ok limits $name"; else echo "not ok limits $name: $(tr '\n' ' ' <"$W/log" | tail -c 400)"; fi
}
has() { grep -qF -- "$1" "$2" || { echo "no '$1' in: $(head -c 400 "$2")"; return 1; }; }

"$B/tramky-sandbox" --data "$D" --outcome approve >"$W/ready" 2>"$W/err" &
pid=$!
until [ -s "$W/ready" ]; do
	kill -0 "$pid" 2>/dev/null || { echo "not ok limits the sandbox starts: $(head -c 300 "$W/err")"; exit 1; }
	sleep 0.05
done
CONFIG=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["config"])' "$W/ready")
KEY="--method keyfile --key $D/people/001090123456.p12 --password-file $D/people/001090123456.password --level B-B"

# Runs a command and its helpers; its exit code, unless one of them took more memory than is right for any file (sanitizers take their own).
cat >"$W/within.py" <<'END'
import os, resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
if most > int(sys.argv[1]) and not os.environ.get("SAN"):
    sys.exit("%d MB of memory" % most)
sys.exit(code if code >= 0 else 99)
END
# ends CODE SENTENCE COMMAND...
ends() {
	want=$1; words=$2; shift 2
	python3 "$W/within.py" 200 "$B/tramky" --config "$CONFIG" "$@" >"$W/said" 2>&1
	got=$?
	[ $got = "$want" ] || { echo "exit $got, not $want: $(tail -c 300 "$W/said")"; return 1; }
	has "$words" "$W/said"
}
verified() { ends "$2" "$3" verify "$W/$1.pdf"; }
# refused NAME SENTENCE: neither verdict nor signature, and no file
refused() { verified "$1" 3 "$2" && ends 3 "$2" sign "$W/$1.pdf" -o "$W/no.pdf" $KEY && [ ! -e "$W/no.pdf" ]; }
# signed NAME: nothing is wrong with it but its size: it can be signed, and the signed file is judged
signed() {
	verified "$1" 1 "(unsigned)" && ends 0 "Ký số thành công" sign "$W/$1.pdf" -o "$W/signed-$1.pdf" $KEY &&
		verified "signed-$1" 0 "phủ toàn bộ tệp"
}

check "the files are made" python3 tests/checks/limits.py "$W"
check "10,000 pages are signed and judged" signed pages
check "a page tree 5,000 deep" signed deep
check "30,000 fields are refused" refused fields "Tệp có cấu trúc bất thường nên bị từ chối."
loop() { verified loop 3 "Tệp PDF bị hỏng" && signed_loop; }
# Nobody's signature is in it, so it may be written anew before it is signed.
signed_loop() { ends 0 "Ký số thành công" sign "$W/loop.pdf" -o "$W/signed-loop.pdf" $KEY && verified signed-loop 0 "phủ toàn bộ tệp"; }
check "a table that leads back to itself" loop
"$B/tramky" --config "$CONFIG" sign tests/data/pdf/table.pdf -o "$W/small.pdf" $KEY >"$W/said" 2>&1
check "the bomb is made" python3 tests/checks/limits.py "$W" "$W/small.pdf"
# What a signature says is not undone by data that nobody can use: the bomb is passed over, by the verdict and by what is added later.
bomb() {
	verified dss 0 "phủ một bản trước đó của tệp" && ends 0 "Ký số thành công" sign "$W/dss.pdf" -o "$W/again.pdf" $KEY &&
		ends 0 "Đã bổ sung" sign --upgrade B-LT "$W/dss.pdf" -o "$W/later.pdf"
}
check "validation data that swells to 300 MB" bomb
