#!/bin/sh
# Signing from the command line, judged by outsiders: pdfsig, qpdf, mutool, openssl cms, openssl ts, pdftotext, and pyHanko where
# it is installed (PYHANKO names a python that has it). Levels, upgrades, what waits, algorithms, looks, places, locks, anchors.
set -u
B=${B:-build}
root=$(cd "$(dirname "$0")/../.." && pwd)
for tool in pdfsig qpdf mutool openssl pdftotext python3; do
	command -v $tool >/dev/null || { echo "skip levels: $tool is not installed"; exit 0; }
done
W=$(mktemp -d) || exit 1
D=$W/data
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$W"' EXIT INT TERM
PYHANKO=${PYHANKO:-python3}
P=$root/tests/data/pdf

# check NAME COMMAND...: passes when the command does; what it prints is the reason when not
check() {
	name=$1; shift
	if "$@" >"$W/log" 2>&1; then echo "ok levels $name"; else echo "not ok levels $name: $(tr '\n' ' ' <"$W/log" | tail -c 400)"; fi
}
json() { python3 -c 'import json,sys; j=json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."): j=j[int(k)] if isinstance(j,list) else j[k]
print("null" if j is None else j)' "$1" "$2"; }
same() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
has() { grep -qF -- "$1" "$2" || { echo "no '$1' in: $(head -c 300 "$2")"; return 1; }; }

start() {
	: >"$W/ready"
	"$B/tramky-sandbox" --data "$D" --outcome approve >"$W/ready" 2>"$W/err" &
	pid=$!
	until [ -s "$W/ready" ]; do
		kill -0 "$pid" 2>/dev/null || { echo "not ok levels the sandbox starts: $(head -c 300 "$W/err")"; exit 1; }
		sleep 0.05
	done
	CONFIG=$(json "$W/ready" config)
	sed "s|^tsa:.*|tsa: { url: \"http://127.0.0.1:9/tsa\" }|" "$CONFIG" >"$D/no-tsa.yaml"
	sed "s|^revocation:.*|revocation: { allow: [] }|" "$CONFIG" >"$D/no-revocation.yaml"
}
tramky() { "$B/tramky" --config "$CONFIG" --json "$@"; }
AN="--method keyfile --key $D/people/001090123456.p12 --password-file $D/people/001090123456.password"
MAI="--method keyfile --key $D/people/011192004567.p12 --password-file $D/people/011192004567.password"
# sign OUT IN OPTIONS...: by the first person; the answer is left in $W/said
sign() { out=$1; in=$2; shift 2; tramky sign "$in" -o "$out" $AN "$@" >"$W/said" 2>"$W/noise" || { cat "$W/said" "$W/noise"; return 1; }; }
said() { same "$(json "$W/said" "$1")" "$2"; }

# One signature's byte range and CMS out of the raw file: knows nothing of our reader.  parts.py FILE N RANGE CMS -> size of hole
cat >"$W/parts.py" <<'END'
import re, sys
data = open(sys.argv[1], "rb").read()
found = [m for m in re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", data)]
a, b, c, d = map(int, found[int(sys.argv[2])].groups())
hole = bytes.fromhex(data[a + b + 1:c - 1].decode())
n = 4 + int.from_bytes(hole[2:4], "big")
open(sys.argv[3], "wb").write(data[a:a + b] + data[c:c + d])
open(sys.argv[4], "wb").write(hole[:n])
print(n, len(hole))
END
parts() { python3 "$W/parts.py" "$1" "$2" "$W/range" "$W/cms"; }
roots() { cat "$D/trust/public/root.pem" "$D/trust/public/issuing.pem" >"$W/roots.pem"; }
# outsiders FILE N SIGNATURES: N valid signatures by pdfsig, nothing edited or honest edits by mutool, sound by qpdf; each CMS by openssl
outsiders() {
	same "$(pdfsig -nocert "$1" 2>/dev/null | grep -c 'Signature is Valid')" "$2" || return 1
	qpdf --check "$1" || return 1
	# a document time-stamp is not for mutool to judge: it ends with an error after the signatures
	mutool sign -v "$1" >"$W/mutool" 2>&1
	grep -q 'Digest error\|invalidated' "$W/mutool" && { cat "$W/mutool"; return 1; }
	same "$(grep -c 'unchanged since signing\|edits since signing' "$W/mutool")" "$2" || return 1
	i=0
	while [ $i -lt "${3:-$2}" ]; do
		parts "$1" $i >/dev/null && openssl cms -verify -cades -binary -inform DER -in "$W/cms" -content "$W/range" -CAfile "$W/roots.pem" \
			-purpose any -out /dev/null || return 1
		i=$((i + 1))
	done
}
prefix() { cmp -n "$(stat -c %s "$1")" "$1" "$2"; }
level() { tramky verify --offline "$1" >"$W/verdict"; json "$W/verdict" signatures.0.level; }

start
roots

# ---- levels --------------------------------------------------------------------------------------------------------------
made() { sign "$W/$1.pdf" "$P/$2.pdf" --at page=1,x=60,y=60 --level "$1" && said level "$1" && said reason "" && outsiders "$W/$1.pdf" 1; }
check "B-B on a table file" made B-B table
check "B-T on a stream file" made B-T stream
check "B-LT on a stream file" made B-LT stream
check "B-LTA on a table file" made B-LTA table
levels_read() { for l in B-T B-LT B-LTA; do same "$(level "$W/$l.pdf")" $l || return 1; done; }
check "the verifier reads the same levels" levels_read
stamp() {
	parts "$W/B-LTA.pdf" 1 >/dev/null &&
		openssl ts -verify -data "$W/range" -token_in -in "$W/cms" -CAfile "$D/trust/public/root.pem" -untrusted "$D/trust/public/issuing.pem"
}
check "the document time-stamp is over its own range" stamp
dss() {
	qpdf --qdf --object-streams=disable "$W/B-LT.pdf" - | strings >"$W/qdf"
	vri=$(python3 -c 'import re,sys,hashlib
d=open(sys.argv[1],"rb").read(); a,b,c,_=map(int,re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)",d).groups())
print("/"+hashlib.sha1(bytes.fromhex(d[a+b+1:c-1].decode())).hexdigest().upper())' "$W/B-LT.pdf")
	has "$vri" "$W/qdf" && has /Certs "$W/qdf" && has /OCSPs "$W/qdf"
}
check "DSS and VRI are there" dss
room() {
	for l in B-B B-T B-LT; do
		sign "$W/room.pdf" "$P/table.pdf" --level $l && set -- $(parts "$W/room.pdf" 0) || return 1
		# a quarter more than measured, and a little for algorithm names
		[ "$1" -le "$2" ] && [ "$2" -le $(($1 * 135 / 100)) ] || { echo "$l: CMS $1, room $2"; return 1; }
	done
}
check "room for the CMS is measured" room
big_stamp() {
	cp "$D/kiosk/token.json" "$W/token.json"
	sed -i 's/"bytes":[0-9]*/"bytes":100/' "$D/kiosk/token.json"
	sign "$W/big.pdf" "$P/table.pdf" --level B-T && said level B-T && same "$(grep -c ByteRange -a "$W/big.pdf")" 2 && outsiders "$W/big.pdf" 1 &&
		! grep -q '"bytes":100' "$D/kiosk/token.json"
}
check "a stamp that does not fit goes over the document" big_stamp

# ---- upgrades -------------------------------------------------------------------------------------------------------------
step() { tramky sign --upgrade "$2" "$W/$1" -o "$W/$3" >"$W/said" 2>"$W/noise" && said level "$2" && outsiders "$W/$3" 1 && prefix "$W/$1" "$W/$3"; }
check "upgrade B-B to B-T" step B-B.pdf B-T up1.pdf
check "upgrade B-T to B-LT" step up1.pdf B-LT up2.pdf
check "upgrade B-LT to B-LTA" step up2.pdf B-LTA up3.pdf
check "upgrade in one go" step B-B.pdf B-LTA up4.pdf
check "the upgraded file is B-LTA" same "$(level "$W/up4.pdf")" B-LTA
refused() { # FILE LEVEL CODE REASON
	rm -f "$W/no.pdf"
	tramky sign --upgrade "$2" "$1" -o "$W/no.pdf" >"$W/said" 2>"$W/noise"
	same $? "$3" && has "$4" "$W/said" && [ ! -e "$W/no.pdf" ]
}
check "what is there already is refused" refused "$W/B-LT.pdf" B-T 1 upgrade.there-already
check "an unsigned file is refused" refused "$P/table.pdf" B-T 1 upgrade.unsigned
sed 's|/Reason|/Raeson|; s|/Rect \[60 60|/Rect [61 60|' "$W/B-B.pdf" >"$W/changed.pdf"
check "a changed file is refused" refused "$W/changed.pdf" B-T 1 upgrade.not-intact
sed "s|^trust:.*|trust: \"$W/nobody\"|" "$CONFIG" >"$D/nobody.yaml"
mkdir -p "$W/nobody/public"
nobody() { (CONFIG=$D/nobody.yaml; refused "$W/B-B.pdf" B-LT 6 tsa.not-verified); }
check "a stamp that leads to no anchor is not taken" nobody

# ---- what waits -------------------------------------------------------------------------------------------------------------
later() { # CONFIG LEVEL-REACHED REASON
	rm -f "$W/later.pdf"
	"$B/tramky" --config "$1" --json sign "$P/table.pdf" -o "$W/later.pdf" $AN --level B-LTA --at page=1,x=60,y=60 >"$W/said" 2>"$W/noise" || return 1
	said level "$2" && said reason "$3" && has "chưa có dữ liệu kiểm tra lâu dài" "$W/noise" && outsiders "$W/later.pdf" 1 &&
		cp "$W/later.pdf" "$W/before.pdf"
}
synced() { tramky sync --once >"$W/sync" 2>&1 && same "$(level "$W/later.pdf")" B-LTA && prefix "$W/before.pdf" "$W/later.pdf" && outsiders "$W/later.pdf" 1; }
check "without a time-stamp service it is signed, B-B" later "$D/no-tsa.yaml" B-B sign.no-timestamp
check "sync completes it" synced
check "without revocation data it is signed, B-T" later "$D/no-revocation.yaml" B-T sign.no-long-term
check "sync completes that too" synced
touched() { later "$D/no-tsa.yaml" B-B sign.no-timestamp && cp "$P/table.pdf" "$W/later.pdf" && tramky sync --once && cmp "$P/table.pdf" "$W/later.pdf"; }
check "sync leaves another file in its place alone" touched

# ---- algorithms ---------------------------------------------------------------------------------------------------------------
# key NAME GENPKEY-OPTIONS...: a person's key file of another kind, issued by the sandbox's own CA
key() {
	name=$1; shift
	openssl genpkey "$@" -out "$W/$name.key" 2>/dev/null &&
		openssl req -new -key "$W/$name.key" -subj "/C=VN/CN=Nguoi Ky Thu/UID=CCCD:001090000001" -out "$W/$name.csr" 2>/dev/null &&
		printf 'keyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=critical,CA:FALSE\n' >"$W/ext" &&
		openssl x509 -req -in "$W/$name.csr" -CA "$D/ca/issuing.pem" -CAkey "$D/ca/issuing.key" -CAcreateserial -days 300 -extfile "$W/ext" \
			-out "$W/$name.pem" 2>/dev/null &&
		openssl pkcs12 -export -inkey "$W/$name.key" -in "$W/$name.pem" -certfile "$D/ca/issuing.pem" -passout pass:thu -out "$W/$name.p12" &&
		printf thu >"$W/thu.password"
}
algorithm() { # KEY WANTED OPTIONS...
	k=$1; want=$2; shift 2
	tramky sign "$P/table.pdf" -o "$W/$k.pdf" --method keyfile --key "$W/$k.p12" --password-file "$W/thu.password" --level B-T \
		--at page=1,x=60,y=60 "$@" >"$W/said" 2>"$W/noise" || { cat "$W/said"; return 1; }
	said algorithm "$want" && said level B-T && parts "$W/$k.pdf" 0 >/dev/null &&
		openssl cms -verify -cades -binary -inform DER -in "$W/cms" -content "$W/range" -CAfile "$W/roots.pem" -purpose any -out /dev/null || return 1
	# nobody publishes anything about these certificates: open, never wrong
	tramky verify "$W/$k.pdf" >"$W/verdict"
	case $(json "$W/verdict" verdict) in valid | inconclusive) ;; *) cat "$W/verdict"; return 1 ;; esac
}
key rsa3072 -algorithm RSA -pkeyopt rsa_keygen_bits:3072
key pss -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
for c in 256 384 521; do key p$c -algorithm EC -pkeyopt ec_paramgen_curve:P-$c; done
check "RSA 3072, PKCS#1 v1.5" algorithm rsa3072 rsa-pkcs1-sha256
check "RSA 3072, PSS when asked" algorithm rsa3072 rsa-pss-sha256 --pss
check "RSA 3072, SHA-512" algorithm rsa3072 rsa-pkcs1-sha512 --hash sha512
check "RSA 3072, PSS with SHA-384" algorithm rsa3072 rsa-pss-sha384 --pss --hash sha384
check "a key for PSS alone" algorithm pss rsa-pss-sha256
check "ECDSA P-256" algorithm p256 ecdsa-sha256
check "ECDSA P-384 takes SHA-384" algorithm p384 ecdsa-sha384
check "ECDSA P-521 takes SHA-512" algorithm p521 ecdsa-sha512
pdfsig_too() { for k in rsa3072 p256 p384 p521; do pdfsig -nocert "$W/$k.pdf" 2>/dev/null | grep -q 'Signature is Valid' || { echo "$k"; return 1; }; done; }
check "pdfsig says the same of RSA and ECDSA" pdfsig_too
never() { ! tramky sign "$P/table.pdf" -o "$W/no.pdf" $AN --hash sha1 >"$W/said" 2>&1 && [ ! -e "$W/no.pdf" ]; }
check "SHA-1 is never made" never

# ---- what the box shows ----------------------------------------------------------------------------------------------------------
# A picture of 30 x 20 dots with alpha, at 10 dots a millimetre when told: 3 mm would be no seal, so 360 x 360 dots for that
picture() { # FILE WIDTH HEIGHT DOTS-A-METRE
	python3 -c 'import struct,sys,zlib
f,w,h,d=sys.argv[1],int(sys.argv[2]),int(sys.argv[3]),int(sys.argv[4])
def c(t,b): return struct.pack(">I",len(b))+t+b+struct.pack(">I",zlib.crc32(t+b))
rows=b"".join(b"\0"+b"".join(bytes((200,0,0,255 if (x+y)%7 else 0)) for x in range(w)) for y in range(h))
open(f,"wb").write(b"\x89PNG\r\n\x1a\n"+c(b"IHDR",struct.pack(">IIBBBBB",w,h,8,6,0,0,0))+(c(b"pHYs",struct.pack(">IIB",d,d,1)) if d else b"")+c(b"IDAT",zlib.compress(rows))+c(b"IEND",b""))' "$@"
}
picture "$W/sign.png" 90 40 0
picture "$W/seal.png" 360 360 10000
words() { pdftotext -layout "$1" - >"$W/words"; }
rect() { python3 -c 'import re,sys
r=re.findall(rb"/Subtype /Widget[^>]*?/Rect \[([-0-9. ]+)\]",open(sys.argv[1],"rb").read())[-1].split()
x0,y0,x1,y1=map(float,r); print("%.1f %.1f %.1f %.1f"%(x0,y0,x1-x0,y1-y0))' "$1"; }
images() { pdfimages -list "$1" | grep -c 'smask'; }
ordered() {
	sign "$W/look.pdf" "$P/words.pdf" --at page=1,x=60,y=60,w=300,h=90 --show time,title,name --title "Chuyên viên thử" --level B-B --color 0000aa &&
		pdftotext "$W/look.pdf" - | grep -n 'Ngày ký\|Chức danh: Chuyên viên thử\|Ký bởi' | cut -d: -f2 | tr '\n' ' ' >"$W/order"
	same "$(cat "$W/order")" "Ngày ký Chức danh Ký bởi "
}
check "--show keeps its order" ordered
person() {
	sign "$W/look.pdf" "$P/words.pdf" --at page=1,x=60,y=60,w=120,h=50 --look person --image "$W/sign.png" --level B-B && words "$W/look.pdf" &&
		! grep -q 'Ký bởi' "$W/words" && same "$(images "$W/look.pdf")" 1 && outsiders "$W/look.pdf" 1
}
check "a person's picture stands alone, with its alpha" person
seal() {
	sign "$W/look.pdf" "$P/words.pdf" --at page=1,x=60,y=60,w=170,h=60 --look seal --image "$W/seal.png" --level B-B && same "$(rect "$W/look.pdf")" "60.0 60.0 102.0 102.0" &&
		sign "$W/look.pdf" "$P/words.pdf" --at page=1,x=60,y=60 --look seal --image "$W/sign.png" --size-mm 30 --level B-B &&
		same "$(rect "$W/look.pdf")" "60.0 60.0 85.0 37.8" && ! sign "$W/no.pdf" "$P/words.pdf" --at page=1,x=60,y=60 --look seal --image "$W/sign.png" --level B-B
}
check "a seal has its own size" seal
copy() {
	sign "$W/look.pdf" "$P/words.pdf" --look copy --form "TRÍCH SAO" --agency "UBND xã Thử Nghiệm" --image "$W/sign.png" --level B-B &&
		pdftotext -f 1 -l 1 -x 300 -y 0 -W 295 -H 100 "$W/look.pdf" "$W/words" && has "TRÍCH SAO" "$W/words" && has "UBND xã Thử Nghiệm" "$W/words" &&
		grep -q 'Thời gian ký: 20..-..-..T..:..:..+07:00' "$W/words" && same "$(images "$W/look.pdf")" 0 && outsiders "$W/look.pdf" 1 &&
		mutool draw -q -F stext -o "$W/stext" "$W/look.pdf" 1 && same "$(grep -c 'TramKySerif" size="10"' "$W/stext")" 3
}
check "a digitised copy: three lines at the upper right, size 10" copy
attachment() {
	sign "$W/look.pdf" "$P/words.pdf" --look attachment --number "12/TB-UBND" --level B-B &&
		pdftotext -f 1 -l 1 -x 300 -y 0 -W 295 -H 100 "$W/look.pdf" "$W/words" && has "12/TB-UBND" "$W/words" && has "Thời gian ký" "$W/words"
}
check "an attachment: number and time" attachment
several() {
	sign "$W/several.pdf" "$P/words.pdf" --at page=1,x=60,y=60 --at page=1,x=300,y=60,w=120,h=40 --level B-LTA && said level B-LTA &&
		outsiders "$W/several.pdf" 2 1 && same "$(pdftotext "$W/several.pdf" - | grep -c 'Ký bởi')" 2 && same "$(level "$W/several.pdf")" B-LTA &&
		same "$(json "$W/verdict" verdict)" valid
}
check "one signature in two places" several
second() {
	tramky sign "$W/several.pdf" -o "$W/two.pdf" $MAI --at page=1,x=60,y=200 --level B-T >"$W/said" 2>&1 && prefix "$W/several.pdf" "$W/two.pdf" &&
		outsiders "$W/two.pdf" 3 1 && tramky verify "$W/two.pdf" >"$W/verdict" && same "$(json "$W/verdict" verdict)" valid
}
check "a second person signs after it" second

# ---- fields, certification, locks -------------------------------------------------------------------------------------------------
field() { sign "$W/field.pdf" "$P/fields.pdf" --at field:ChuKy --level B-B && outsiders "$W/field.pdf" 1 && pdfsig -nocert "$W/field.pdf" | grep -q 'Field Name: ChuKy'; }
check "an empty field is filled" field
no_sign() { # IN REASON CODE OPTIONS...
	in=$1; reason=$2; code=$3; shift 3
	rm -f "$W/no.pdf"
	tramky sign "$in" -o "$W/no.pdf" $MAI --level B-B "$@" >"$W/said" 2>"$W/noise"
	same $? "$code" && has "$reason" "$W/said" && [ ! -e "$W/no.pdf" ]
}
check "a field that is filled is refused" no_sign "$W/field.pdf" place.field-used 3 --at field:ChuKy
check "a field that is not there is refused" no_sign "$P/fields.pdf" place.no-field 3 --at field:KhongCo
sed 's|/Action /Include /Fields \[(nhom)\]|/Action /All                     |' "$P/fields.pdf" >"$W/lock.pdf"
locked() { sign "$W/locked.pdf" "$W/lock.pdf" --at field:ChuKy --level B-B && no_sign "$W/locked.pdf" pdf.locked 3; }
check "a lock forbids the second signature" locked
certified() { sign "$W/p$1.pdf" "$P/table.pdf" --certify $1 --level B-LTA && outsiders "$W/p$1.pdf" 1 && same "$(level "$W/p$1.pdf")" B-LTA; }
check "certified P=1 up to B-LTA" certified 1
check "certified P=2 up to B-LTA" certified 2
check "P=1 forbids the second signature" no_sign "$W/p1.pdf" pdf.certified 3
check "certifying is for the first signature" no_sign "$W/p2.pdf" pdf.certify-later 3 --certify 2
allowed() { tramky sign "$W/p2.pdf" -o "$W/p2b.pdf" $MAI --level B-T >"$W/said" 2>&1 && outsiders "$W/p2b.pdf" 2 1; }
check "P=2 allows it" allowed

# ---- anchors, and what was known of a certificate -----------------------------------------------------------------------------------
ROOT=bac8bf609ab420a8ee1780d74f4de5c7f7184959d2a7375b0a75e4c29f0908e7
shipped=$root/src/trust/anchors
anchors() {
	cp -r "$D/trust" "$W/trust" && sed "s|^trust:.*|trust: \"$W/trust\"|" "$CONFIG" >"$D/own-trust.yaml"
	CONFIG=$D/own-trust.yaml
	tramky trust update >"$W/said" && same "$(tail -1 "$W/said")" 4 && tramky trust list >"$W/list" && same "$(grep -c . "$W/list")" 8 && has "$ROOT" "$W/list" &&
		has "rootca.gov.vn" "$W/list" && tramky trust remove bac8bf60 --reason thu >/dev/null && tramky trust list >"$W/list" && ! grep -q $ROOT "$W/list" &&
		has thu "$W/trust/removed/bac8bf609ab420a8.json" && tramky trust update >"$W/said" && same "$(cat "$W/said")" 0 &&
		openssl crl2pkcs7 -nocrl -certfile "$shipped/public/national-root-vnrca256.pem" -outform DER -out "$W/root.p7b" &&
		tramky trust add "$W/root.p7b" --to public --source "tệp thử" >/dev/null 2>&1 && tramky trust list >"$W/list" && has "tệp thử" "$W/list" &&
		openssl x509 -in "$shipped/public/national-root-vnrca256.pem" -outform DER -out "$W/root.der" &&
		! tramky trust add "$W/root.der" --to government >"$W/said" 2>&1 && has trust.there-already "$W/said"
}
check "anchors: update, list, remove with a trace, p7b, no doubles" anchors
CONFIG=$(json "$W/ready" config)
evidence() {
	sign "$W/evidence.pdf" "$P/table.pdf" --level B-B && hash=$(sha256sum "$W/evidence.pdf" | cut -d' ' -f1) && tramky trust show --signature $hash >"$W/said" &&
		same "$(json "$W/said" body.status)" good && json "$W/said" body.ocsp >/dev/null && tramky trust forget --signature $hash >/dev/null &&
		! tramky trust show --signature $hash >/dev/null 2>&1
}
check "what was known of a certificate is kept and destroyed" evidence

# ---- when every service is gone -------------------------------------------------------------------------------------------------------
kill "$pid"
wait "$pid" 2>/dev/null
pid=
alone() { for f in B-LT B-LTA up4 several p1; do tramky verify "$W/$f.pdf" >"$W/verdict" && same "$(json "$W/verdict" verdict)" valid || { echo $f; return 1; }; done; }
check "long-term files are valid with every service gone" alone
cat >"$W/hanko.py" <<'END'
# Everything out of the file itself: no fetching, and no revocation answer is a failure.
import sys
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
for name in sys.argv[2:]:
    with open(name, "rb") as f:
        reader = PdfFileReader(f)
        dss = DocumentSecurityStore.read_dss(handler=reader)
        found = reader.embedded_regular_signatures
        for signature in found:
            world = dss.as_validation_context({"trust_roots": [load_cert_from_pemder(sys.argv[1])], "allow_fetching": False,
                                               "revocation_mode": "hard-fail"})
            status = validate_pdf_signature(signature, world, world)
            if not status.bottom_line:
                sys.exit("%s: %s" % (name, status.pretty_print_details()))
        print(name, len(found), "VALID")
        if not found:
            sys.exit("no signature")
END
if "$PYHANKO" -c 'import pyhanko.sign.validation' 2>/dev/null; then
	check "pyHanko finds them valid, alone too" "$PYHANKO" "$W/hanko.py" "$D/trust/public/root.pem" "$W/B-LT.pdf" "$W/B-LTA.pdf" "$W/up4.pdf" \
		"$W/several.pdf" "$W/p1.pdf"
else
	echo "skip levels pyHanko: it is not installed (PYHANKO=a python that has it)"
fi
