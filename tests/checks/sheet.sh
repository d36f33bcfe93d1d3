#!/bin/sh
# tramky verify --sheet: the sheet says in words what a person must learn of a check (read back by pdftotext), and the text output warns.
set -u
B=${B:-build}
for tool in pdftotext python3 openssl; do
	command -v $tool >/dev/null || { echo "skip sheet: $tool is not installed"; exit 0; }
done
W=$(mktemp -d) || exit 1
D=$W/data
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$W"' EXIT INT TERM
P=tests/data/pdf

check() {
	name=$1; shift
	if "$@" >"$W/log" 2>&1; then echo "ok sheet $name"; else echo "not ok sheet $name: $(tr '\n' ' ' <"$W/log" | tail -c 400)"; fi
}
same() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
has() { grep -qF -- "$1" "$W/words" || { echo "no '$1' in: $(head -c 600 "$W/words")"; return 1; }; }

"$B/tramky-sandbox" --data "$D" --outcome approve >"$W/ready" 2>"$W/err" &
pid=$!
until [ -s "$W/ready" ]; do
	kill -0 "$pid" 2>/dev/null || { echo "not ok sheet the sandbox starts: $(head -c 300 "$W/err")"; exit 1; }
	sleep 0.05
done
CONFIG=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["config"])' "$W/ready")
tramky() { "$B/tramky" --config "$CONFIG" "$@"; }
key() { echo "--method keyfile --key $D/people/$1.p12 --password-file $D/people/$1.password"; }
# sheet CODE FILE...: its words on one line, however they were broken
sheet() {
	want=$1; shift
	rm -f "$W/sheet.pdf"
	tramky verify "$@" --sheet "$W/sheet.pdf" >"$W/said" 2>&1
	same $? "$want" && pdftotext "$W/sheet.pdf" - | tr '\n' ' ' | tr -s ' ' >"$W/words"
}

tramky sign $P/table.pdf -o "$W/người ký 日.pdf" $(key 001090123456) --level B-T >"$W/said" 2>&1
signed=$W/"người ký 日.pdf"
valid() {
	sheet 0 "$signed" && has "người ký [U+65E5].pdf" && has "$(sha256sum "$signed" | cut -d' ' -f1)" && has "$(stat -c %s "$signed")" &&
		has "Kết quả: Hợp lệ" && has "Chữ ký 1: Hợp lệ" && has "Nội dung đã ký còn nguyên vẹn" && has "khi ký: Có hiệu lực" &&
		has "(UTC+7), theo dấu thời gian" && has "Phiếu này để tham khảo" && ! grep -q '0001-\|1970' "$W/words" || return 1
	tramky verify "$signed" --json >"$W/json"
	python3 - "$W/json" "$W/words" <<'PY'
import datetime, json, sys
s = json.load(open(sys.argv[1]))["signatures"][0]
words = open(sys.argv[2]).read()
zone = datetime.timezone(datetime.timedelta(hours=7))
shown = [datetime.datetime.fromisoformat(s[k].replace("Z", "+00:00")).astimezone(zone).strftime("%d/%m/%Y %H:%M:%S (UTC+7)")
         for k in ("signing_time", "cert_valid_from", "cert_valid_to")]
for what in ["Người ký: " + s["signer"]["name"], "Nơi cấp chứng thư: " + s["issuer"], "Đơn vị quản lý chứng thư: "] + shown:
    assert what in words, (what, words)
PY
}
check "a valid file: who, whose authority, when, intact, in force" valid
python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[b.index(b"/MediaBox") + 12] ^= 1
open(sys.argv[2], "wb").write(b)' "$signed" "$W/changed.pdf"
changed() { sheet 1 "$W/changed.pdf" && has "Chữ ký 1: Không hợp lệ" && has "Tính toàn vẹn: Không còn nguyên vẹn" && has "Tài liệu đã bị sửa: mã băm không khớp." && ! grep -q ': Hợp lệ' "$W/words"; }
check "a changed file" changed
mkdir -p "$W/nobody/public"
nobody() { sheet 8 "$signed" --trust "$W/nobody" && has "Chữ ký 1: Chưa kết luận được" && has "khi ký: Chưa kết luận được" && has "còn nguyên vẹn"; }
check "an authority that nobody knows" nobody
several() { sheet 1 "$signed" "$P/table.pdf" && has "Tệp 1" && has "Tệp 2" && has "table.pdf" && has "Tệp không có chữ ký số."; }
check "several files on one sheet, an unsigned one" several
english() { sheet 0 "$signed" --lang en && has "Result: Valid" && has "This sheet is informative"; }
check "in English" english
none() {
	for bad in tests/data/bad/khong-phai.pdf "$W/none.pdf"; do
		tramky verify "$signed" "$bad" --sheet "$W/no.pdf" >"$W/said" 2>&1
		same $? 3 && [ ! -e "$W/no.pdf" ] || return 1
	done
	tramky verify "$signed" --sheet "$W/none/no.pdf" >"$W/said" 2>&1
	same $? 3
}
check "an input that cannot be read leaves no sheet" none
own() {
	before=$(sha256sum <"$signed")
	ln -s "$signed" "$W/link.pdf"
	for f in "$signed" "$W/link.pdf"; do
		tramky verify "$signed" --sheet "$f" >"$W/said" 2>&1
		same $? 2 || return 1
	done
	same "$(sha256sum <"$signed")" "$before"
}
check "the sheet never takes the place of the file" own

# Two notes one over the other on page 1, there before it was signed: told beside a valid verdict.
python3 -c 'import sys
note = b"<< /Type /Annot /Subtype /Square /Rect [100 %d 200 %d] >> "
b = open(sys.argv[1], "rb").read().replace(b"/Contents 4 0 R", b"/Contents 4 0 R /Annots [" + note % (100, 200) + note % (150, 250) + b"]")
open(sys.argv[2], "wb").write(b)' $P/table.pdf "$W/notes.pdf"
warned() {
	tramky sign "$W/notes.pdf" -o "$W/noted.pdf" $(key 001090123456) --level B-T && sheet 0 "$W/noted.pdf" && has "nằm chồng lên nhau trên trang." || return 1
	cp "$W/said" "$W/words"
	has "  ! Có chú thích hoặc ô điền nằm chồng lên nhau trên trang. (annotations-overlap: 1)" && tramky verify "$signed" >"$W/words" && ! grep -q '!' "$W/words"
}
check "warnings are sentences, on paper and in the text" warned
