#!/bin/sh
# The command line: every exit code that a script relies on, the shapes of --json, and that no refused input leaves a file behind.
# The signed files are judged by outsiders (pdfsig, qpdf, cmp).
set -u
B=${B:-build}
for tool in curl python3 pdfsig qpdf; do
	command -v $tool >/dev/null || { echo "skip cli: $tool is not installed"; exit 0; }
done
W=$(mktemp -d) || exit 1
D=$W/sandbox
AN=001090123456
IN=tests/data/papers/giay-chung-sinh.pdf
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$W"' EXIT INT TERM

ok() { echo "ok cli $1"; }
not_ok() { echo "not ok cli $1: $(tr '\n' ' ' <"$W/log" 2>/dev/null | tail -c 400)"; }
check() { name=$1; shift; if "$@" >"$W/log" 2>&1; then ok "$name"; else not_ok "$name"; fi; }
# ends NAME CODE COMMAND...: passes when it ends with CODE; its output stays in $W/out, $W/err
ends() {
	name=$1 want=$2; shift 2
	"$@" >"$W/out" 2>"$W/err"
	got=$?
	if [ $got = "$want" ]; then ok "$name"; else echo "exit $got, not $want" | cat - "$W/err" "$W/out" >"$W/log"; not_ok "$name"; fi
}
json() { python3 - "$1" "$2" <<'END'
import json, sys
for line in open(sys.argv[1]):
    j = json.loads(line)
    assert eval(sys.argv[2], {"j": j}), (sys.argv[2], j)
END
}
absent() { [ ! -e "$1" ] || { echo "$1 is there"; return 1; }; }
has() { grep -q -- "$1" "$2" || { echo "no '$1' in: $(head -c 400 "$2")"; return 1; }; }
control() { curl -sf -d "$1" "$HTTP/control" >/dev/null; }

# --- what needs nobody else
ends "no command known: usage" 2 "$B/tramky" dance
ends "sign without its options: usage" 2 "$B/tramky" sign "$IN"
check "usage leaves no file" absent "$W/out.pdf"
ends "catalogue search" 0 "$B/tramky" catalogue search "khai sinh" --json
check "1.001193 comes first for khai sinh" json "$W/out" 'j["results"][0]["code"] == "1.001193" and isinstance(j["took_us"], int) and j["query"] == "khai sinh" and set(j["results"][0]) >= {"code","name","field","level","score"}'
ends "catalogue search, marks forgotten, words turned" 0 "$B/tramky" catalogue search "sinh khai dang ky" --json
check "1.001193 is among the first for words turned" json "$W/out" '"1.001193" in [r["code"] for r in j["results"][:5]]'
ends "catalogue show" 0 "$B/tramky" catalogue show 1.001193
ends "catalogue stats" 0 "$B/tramky" catalogue stats
check "2,642 procedures" has 2642 "$W/out"
printf 'ddawsk lawsk\nIa H'"'"'Drai\nthuw<<<\n' >"$W/keys"
ends "type telex" 0 sh -c '"$1" type --method telex <"$2"' - "$B/tramky" "$W/keys"
check "type telex gives the words" has 'đắk lắk' "$W/out"
check "impossible words stay as typed" has "Ia H'Drai" "$W/out"
printf 'd9a81k la81k\n' >"$W/keys"
ends "type vni" 0 sh -c '"$1" type --method vni <"$2"' - "$B/tramky" "$W/keys"
check "type vni gives the words" has 'đắk lắk' "$W/out"
ends "type without a method: usage" 2 "$B/tramky" type --method qwerty
ends "screens check" 0 "$B/tramky" screens check

# --- the sandbox
"$B/tramky-sandbox" --data "$D" >"$W/ready" 2>"$W/sandbox.err" &
pid=$!
until [ -s "$W/ready" ]; do
	kill -0 "$pid" 2>/dev/null || { cp "$W/sandbox.err" "$W/log"; not_ok "the sandbox starts"; exit 1; }
	sleep 0.05
done
field() { python3 -c 'import json,sys
j=json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."): j=j[int(k)] if isinstance(j,list) else j[k]
print(j)' "$W/ready" "$1"; }
HTTP=$(field phone) HTTP=${HTTP%/phone}
C=$(field config)
TRUST=$(field trust)
KEY=$(field people.0.key)
PASS=$(field people.0.password_file)
tramky() { "$B/tramky" "$@" --config "$C"; }
neac() { tramky sign "$IN" -o "$1" --method neac --ca VNPT-CA --user "${2:-$AN}" --at keyword:"GIẤY CHỨNG SINH" --timeout 20 --json; }

ends "doctor on a sound configuration" 0 tramky doctor

# --- signing by phone
control '{"outcome":"approve"}'
ends "sign by phone: 0" 0 neac "$W/signed.pdf"
check "sign --json" json "$W/out" 'j["state"] == "signed" and j["level"] == "B-T" and j["output"].endswith("signed.pdf") and j["document_code"].startswith("KS-") and j["transaction"] and j["certificate"] and j["took_ms"] > 0 and j["reason"] == ""'
check "states, one line each, on stderr" json "$W/err" 'set(j) >= {"state","document_code","transaction"}'
check "the original's bytes stand first, unchanged" cmp -n "$(stat -c %s "$IN")" "$IN" "$W/signed.pdf"
check "pdfsig: valid" sh -c 'pdfsig -nocert "$1" | tee /dev/stderr | grep -q "Signature is Valid"' - "$W/signed.pdf"
check "qpdf --check: clean" qpdf --check "$W/signed.pdf"
for outcome in refuse:4 expire:5 quota:6 wrong-key:6 wrong-hash:6 garbage:6 http500:6 cut:8; do
	control "{\"outcome\":\"${outcome%:*}\"}"
	ends "sign, the provider says ${outcome%:*}: ${outcome#*:}" "${outcome#*:}" neac "$W/no.pdf"
	check "sign --json says the end (${outcome%:*})" json "$W/out" '("error" in j and set(j["error"]) >= {"kind","message"}) or (j["state"] != "signed" and "transaction" in j)'
	check "no file after ${outcome%:*}" absent "$W/no.pdf"
done
control '{"outcome":"ask"}'
ends "a revoked certificate: 1" 1 neac "$W/no.pdf" 011082034567
ends "an expired certificate: 1" 1 tramky sign "$IN" -o "$W/no.pdf" --method neac --ca MISA-CA --user 011178023456 --invisible
ends "nobody's account: 1" 1 neac "$W/no.pdf" 011085012345
check "no file without a certificate" absent "$W/no.pdf"
# By python: a shell's background commands would ignore the signal.
check "Ctrl-C while the phone is asked: 4" python3 - "$HTTP/phone/requests?person=$AN" "$B/tramky" sign "$IN" -o "$W/no.pdf" --method neac --ca VNPT-CA \
	--user "$AN" --invisible --timeout 20 --config "$C" <<'END'
import json, signal, subprocess, sys, time, urllib.request
child = subprocess.Popen(sys.argv[2:], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
for _ in range(400):
    if any(r["kind"] == "sign" for r in json.load(urllib.request.urlopen(sys.argv[1]))):
        break
    time.sleep(0.025)
child.send_signal(signal.SIGINT)
code = child.wait(10)
print("it ended with", code)
sys.exit(code != 4)
END
check "no file after Ctrl-C" absent "$W/no.pdf"
control '{"network":"cut"}'
ends "no network: 6" 6 neac "$W/no.pdf"
control '{"network":"restore"}'

# --- inputs that cannot be used
for bad in khong-phai rong khoa cat-doi; do
	ends "$bad.pdf cannot be signed: 3" 3 tramky sign "tests/data/bad/$bad.pdf" -o "$W/no.pdf" --method keyfile --key "$KEY" --password-file "$PASS"
	check "a sentence, no trace" sh -c 'grep -q "^tramky: ." "$1" && ! grep -qi "assert\|0x" "$1"' - "$W/err"
	check "no file from $bad.pdf" absent "$W/no.pdf"
done
ends "no such input: 3" 3 tramky sign "$W/none.pdf" -o "$W/no.pdf" --method keyfile --key "$KEY" --password-file "$PASS"
ends "a keyword that is not there: 3" 3 tramky sign "$IN" -o "$W/no.pdf" --method keyfile --key "$KEY" --password-file "$PASS" --at keyword:"không có chữ này"
ends "a picture that is none: 3" 3 tramky sign "$IN" -o "$W/no.pdf" --method keyfile --key "$KEY" --password-file "$PASS" --at page=1,x=300,y=100 --image tests/data/bad/khong-phai.png
check "no file from a bad picture" absent "$W/no.pdf"

# --- a key in a file
ends "sign by key file: 0" 0 tramky sign "$IN" -o "$W/key.pdf" --method keyfile --key "$KEY" --password-file "$PASS" --at page=1,x=300,y=100
check "key file: pdfsig: valid" sh -c 'pdfsig -nocert "$1" | grep -q "Signature is Valid"' - "$W/key.pdf"
# Where templates put the box, by an outsider's reading of the new field's rectangle: page x0 y0 x1 y1
boxed() { python3 - "$1" "$2" <<'END'
import json, subprocess, sys
j = json.loads(subprocess.run(["qpdf", "--json", "--json-key=qpdf", "--json-key=pages", sys.argv[1]], capture_output=True, check=True).stdout)
objects = {k[4:]: v["value"] for k, v in j["qpdf"][1].items() if "value" in v}
kids = lambda a: objects[a] if isinstance(a, str) else a or []
for n, page in enumerate(j["pages"], 1):
    for a in kids(objects[page["object"]].get("/Annots")):
        if objects[a].get("/FT") == "/Sig":
            at = "%d %s" % (n, " ".join(str(round(float(v))) for v in objects[a]["/Rect"]))
            print(at)
            sys.exit(at != sys.argv[2])
sys.exit("no field")
END
}
qpdf --empty --pages "$IN" 1 "$IN" 1 -- "$W/twice.pdf"
template() { tramky sign "$W/twice.pdf" -o "$2" --method keyfile --key "$KEY" --password-file "$PASS" --level B-B --at "template:$1"; }
ends "template:last-page: 0" 0 template last-page "$W/t.pdf"
check "it is the last page's lower right" boxed "$W/t.pdf" "2 383 42 553 102"
ends "template:digitised-copy: 0" 0 template digitised-copy "$W/t.pdf"
check "it is page 1's upper right" boxed "$W/t.pdf" "1 367 754 567 814"
printf '%%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/Contents 4 0 R>>\nendobj\n4 0 obj\n<</Length 96>>\nstream\nBT /F 12 Tf 80 700 Td (1. Nguoi yeu cau: ) Tj 220 -300 Td (Nguoi yeu cau) Tj ET                   \nendstream\nendobj\ntrailer\n<</Root 1 0 R/Size 5>>\n%%%%EOF\n' >"$W/raw.pdf"
qpdf "$W/raw.pdf" "$W/form.pdf" 2>"$W/log"
ends "template:khai-sinh: 0" 0 tramky sign "$W/form.pdf" -o "$W/t.pdf" --method keyfile --key "$KEY" --password-file "$PASS" --level B-B --at template:khai-sinh
check "it is below the last of its words" boxed "$W/t.pdf" "1 300 334 470 394"
sed 's|/Size 5||' "$W/raw.pdf" >"$W/sizeless.pdf"
ends "an unsigned file whose trailer has no /Size: 0" 0 tramky sign "$W/sizeless.pdf" -o "$W/sized.pdf" --method keyfile --key "$KEY" --password-file "$PASS" --level B-B
check "no /Size: qpdf --check: clean" qpdf --check "$W/sized.pdf"
ends "template:khai-sinh where its words are not: 3" 3 template khai-sinh "$W/no.pdf"
ends "no such template: usage" 2 template none "$W/no.pdf"
ends "a template is a name, not a path: usage" 2 template ../forms/khai-sinh/form "$W/no.pdf"
check "no file without a template's place" absent "$W/no.pdf"
echo wrong >"$W/wrong"
ends "a wrong password of the key file: 7" 7 tramky sign "$IN" -o "$W/no.pdf" --method keyfile --key "$KEY" --password-file "$W/wrong"
check "no file after a wrong password" absent "$W/no.pdf"
ends "a folder that is not there: not 0" 3 tramky sign "$IN" -o "$W/none/no.pdf" --method keyfile --key "$KEY" --password-file "$PASS" --invisible
ends "no configuration: 2" 2 "$B/tramky" sign "$IN" -o "$W/no.pdf" --method keyfile --key "$KEY" --password-file "$PASS" --config "$W/none.yaml"

# --- verifying
ends "verify a valid file: 0" 0 "$B/tramky" verify "$W/signed.pdf" --trust "$TRUST" --config "$C" --json
check "verify --json" json "$W/out" 'j["verdict"] == "valid" and j["file"].endswith("signed.pdf") and j["signatures"][0]["covers_whole_file"] and j["signatures"][0]["level"] == "B-T" and j["signatures"][0]["signer"]["id"] == "001090123456" and j["signatures"][0]["time_source"] == "timestamp" and j["signatures"][0]["changes_after"] == []'
ends "verify an unsigned file: 1" 1 tramky verify "$IN" --json
check "unsigned is the verdict" json "$W/out" 'j["verdict"] == "unsigned" and j["signatures"] == []'
python3 - "$W/signed.pdf" "$W/tampered.pdf" <<'END'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
i = b.index(b"/MediaBox")
b[i + 12] ^= 1
open(sys.argv[2], "wb").write(b)
END
ends "verify a tampered file: 1" 1 tramky verify "$W/tampered.pdf" --json
check "invalid is the verdict" json "$W/out" 'j["verdict"] == "invalid"'
mkdir -p "$W/other/public" && cp "$TRUST"/government/root.pem "$W/other/public/"
ends "verify against another trust: 8" 8 "$B/tramky" verify "$W/signed.pdf" --trust "$W/other" --config "$C" --json
check "inconclusive is the verdict" json "$W/out" 'j["verdict"] == "inconclusive"'
ends "verify two files: the worst counts" 1 tramky verify "$W/signed.pdf" "$IN" --json
check "one line a file" [ "$(wc -l <"$W/out")" = 2 ]
ends "verify what is no PDF: 3" 3 tramky verify tests/data/bad/khong-phai.pdf
