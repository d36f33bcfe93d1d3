#!/bin/sh
# The sandbox against outsiders: curl speaks to it, openssl judges its time-stamps, status answers, lists and signatures.
set -u
B=${B:-build}
command -v curl >/dev/null || { echo "skip sandbox: curl is not installed"; exit 0; }
W=$(mktemp -d) || exit 1
D=$W/data
AN=001090123456
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$W"' EXIT INT TERM

ok() { echo "ok sandbox $1"; }
not_ok() { echo "not ok sandbox $1: $(tr '\n' ' ' <"$W/log" 2>/dev/null | tail -c 300)"; }
# check NAME COMMAND...: passes when the command does; what it prints is the reason when not
check() { name=$1; shift; if "$@" >"$W/log" 2>&1; then ok "$name"; else not_ok "$name"; fi; }
has() { grep -q -- "$1" "$2" || { echo "no '$1' in: $(head -c 400 "$2")"; return 1; }; }
lacks() { ! grep -q -- "$1" "$2" || { echo "'$1' in: $(head -c 400 "$2")"; return 1; }; }
json() { python3 -c 'import json,sys; j=json.load(open(sys.argv[1]))
for k in sys.argv[2].split("."): j=j[int(k)] if isinstance(j,list) else j[k]
print("null" if j is None else j)' "$1" "$2"; }
is() { got=$(json "$1" "$2"); [ "$got" = "$3" ] || { echo "$2 is '$got', not '$3': $(head -c 400 "$1")"; return 1; }; }

start() {
	: >"$W/ready"
	"$B/tramky-sandbox" --data "$D" "$@" >"$W/ready" 2>"$W/err" &
	pid=$!
	until [ -s "$W/ready" ]; do
		kill -0 "$pid" 2>/dev/null || { cp "$W/err" "$W/log"; not_ok "starts"; exit 1; }
		sleep 0.05
	done
	phone=$(json "$W/ready" phone)
	HTTP=${phone%/phone}
	portal=$(json "$W/ready" portal)
	HTTPS=${portal%/portal}
	SP="\"sp_id\":\"SANDBOX-SP\",\"sp_password\":\"$(cat "$D/sp-password")\""
}
stop() { kill -TERM "$pid"; wait "$pid"; rc=$?; pid=; [ $rc = 0 ] && [ ! -s "$W/err" ] || { echo "exit $rc: $(head -c 2000 "$W/err")"; return 1; }; }

tls() { curl -sS --max-time 30 --cacert "$D/ca/tls-root.pem" -o "$W/body" -w '%{http_code}' "$@" >"$W/code"; }
post() { path=$1; shift; tls "$HTTPS$path" "$@"; }
code() { [ "$(cat "$W/code")" = "$1" ] || { echo "HTTP $(cat "$W/code"), not $1: $(head -c 400 "$W/body")"; return 1; }; }
control() { curl -sS -o "$W/control" -w '%{http_code}' "$HTTP/control" -d "$1" >"$W/code" && code 200; }
requests() { curl -sS -o "$W/list" "$HTTP/phone/requests?person=$1"; }
count() { python3 -c 'import json,sys; print(sum(r["kind"]==sys.argv[2] for r in json.load(open(sys.argv[1]))))' "$W/list" "$1"; }
pick() { python3 -c 'import json,sys; print([r for r in json.load(open(sys.argv[1])) if r["kind"]==sys.argv[2]][-1][sys.argv[3]])' "$W/list" "$1" "$2"; }
# wait_phone: until the person's phone shows a request to sign
wait_phone() { n=0; while requests "$1" && [ "$(count sign)" = 0 ]; do n=$((n + 1)); [ $n -lt 200 ] || return 1; sleep 0.05; done; }
press() { curl -sS -o "$W/pressed" "$HTTP/phone/requests/$(pick sign id)" -d "{\"answer\":\"$1\"}"; }

printf 'signed attributes' >"$W/message"
B64=$(openssl dgst -sha256 -binary "$W/message" | openssl base64 -A)
HEX=$(openssl dgst -sha256 -r "$W/message" | cut -d' ' -f1)
neac() { echo "{$SP,\"user_id\":\"${2:-$AN}\",\"ca_name\":\"${3:-VNPT-CA}\",\"transaction_id\":\"$1\",\"sign_files\":[{\"doc_id\":\"KS-$1\",\"file_type\":\"pdf\",\"sign_type\":\"hash\",\"data_to_be_signed\":\"$B64\"}]}"; }
vnpt() { echo "{$SP,\"user_id\":\"$AN\",\"transaction_id\":\"$1\",\"transaction_desc\":\"<b>To khai</b>\",\"sign_files\":[{\"doc_id\":\"KS-$1\",\"file_type\":\"pdf\",\"sign_type\":\"hash\",\"data_to_be_signed\":\"$HEX\"}]}"; }
plain() { echo "{$SP,\"user_id\":\"$AN\",\"transaction_id\":\"$1\",\"sign_files\":[{\"doc_id\":\"KS-$1\",\"file_options\":{\"file_type\":\"pdf\",\"sign_type\":\"hash\"},\"data_to_be_signed\":\"$HEX\"}]}"; }
# verifies FIELD PERSON: the signature in the reply is that person's over the message
verifies() {
	json "$W/body" "$1" | openssl base64 -d -A >"$W/sig" && openssl x509 -in "$D/people/$2.pem" -pubkey -noout >"$W/pub" &&
		openssl dgst -sha256 -verify "$W/pub" -signature "$W/sig" "$W/message"
}

# ---- trust services --------------------------------------------------------------------------------------------------
ROOT=$D/trust/public/root.pem
CHAIN=$D/trust/public/issuing.pem
stamp() {
	openssl ts -query -data "$W/message" "-$1" -cert -out "$W/tsq" && curl -sS -H 'Content-Type: application/timestamp-query' --data-binary "@$W/tsq" -o "$W/tsr" "$HTTP/tsa" &&
		openssl ts -verify -in "$W/tsr" -queryfile "$W/tsq" -CAfile "$ROOT" -untrusted "$CHAIN"
}
stamp_bad() { printf 'no request' >"$W/junk"; curl -sS --data-binary "@$W/junk" -o "$W/tsr" "$HTTP/tsa"; openssl ts -reply -in "$W/tsr" -text >"$W/out" && has Rejected "$W/out"; }
ess() { openssl ts -reply -in "$W/tsr" -token_out | openssl cms -cmsout -inform DER -print >"$W/out" && has id-smime-aa-signingCertificateV2 "$W/out"; }
status() {
	openssl ocsp -issuer "$CHAIN" -cert "$1" -url "$HTTP/ocsp" -CAfile "$ROOT" -verify_other "$CHAIN" -nonce >"$W/out" 2>&1 &&
		has "$2" "$W/out" && has "Response verify OK" "$W/out" && lacks "WARNING" "$W/out"
}
status_unknown() { openssl ocsp -issuer "$CHAIN" -serial 0x1234 -url "$HTTP/ocsp" -CAfile "$ROOT" -verify_other "$CHAIN" >"$W/out" 2>&1; has unknown "$W/out"; }
status_get() {
	openssl ocsp -issuer "$CHAIN" -cert "$D/people/$AN.pem" -no_nonce -reqout "$W/ocsp" &&
		curl -sS -o "$W/resp" "$HTTP/ocsp/$(openssl base64 -A -in "$W/ocsp" | sed 's/+/%2B/g')" &&
		openssl ocsp -respin "$W/resp" -issuer "$CHAIN" -cert "$D/people/$AN.pem" -CAfile "$ROOT" -verify_other "$CHAIN" >"$W/out" 2>&1 && has good "$W/out"
}
status_gov() {
	G=$D/trust/government
	openssl ocsp -issuer "$G/issuing.pem" -cert "$D/people/011075070002.pem" -url "$HTTP/ocsp" -CAfile "$G/root.pem" -verify_other "$G/issuing.pem" >"$W/out" 2>&1 && has good "$W/out"
}
list() { curl -sS -o "$W/crl" "$HTTP/crl/$1" && openssl crl -inform DER -in "$W/crl" -CAfile "$2" -noout -text >"$W/out" 2>"$W/crlerr" && has "verify OK" "$W/crlerr"; }
list_names() { serial=$(openssl x509 -in "$D/people/011082034567.pem" -serial -noout | cut -d= -f2); has "$serial" "$W/out"; }
chain() { openssl verify -CAfile "$ROOT" -untrusted "$CHAIN" "$D/people/$AN.pem"; }
chain_crl() {
	curl -sS "$HTTP/crl/root.crl" | openssl crl -inform DER >"$W/crls.pem" && curl -sS "$HTTP/crl/issuing.crl" | openssl crl -inform DER >>"$W/crls.pem" &&
		openssl verify -crl_check_all -CRLfile "$W/crls.pem" -CAfile "$ROOT" -untrusted "$CHAIN" "$D/people/$AN.pem" &&
		! openssl verify -crl_check_all -CRLfile "$W/crls.pem" -CAfile "$ROOT" -untrusted "$CHAIN" "$D/people/011082034567.pem"
}
subject() { openssl x509 -in "$D/people/$AN.pem" -noout -subject -issuer -nameopt utf8 -ext keyUsage,authorityInfoAccess >"$W/out" && has "CCCD:$AN" "$W/out" && has TEST "$W/out" && has "critical" "$W/out" && has "$HTTP/ocsp" "$W/out"; }
expired() { ! openssl x509 -in "$D/people/011178023456.pem" -checkend 0 -noout; }
keyfile() { openssl pkcs12 -in "$D/people/$AN.p12" -passin "file:$D/people/$AN.password" -nodes -out "$W/p12.pem" && has "PRIVATE KEY" "$W/p12.pem"; }

start
check "ready line names a configuration that is there" test -s "$(json "$W/ready" config)"
for md in sha256 sha384 sha512; do check "time-stamp over $md is verified by openssl" stamp $md; done
check "time-stamp carries ESSCertIDv2" ess
check "a request that is none is rejected in form" stamp_bad
check "OCSP: good" status "$D/people/$AN.pem" good
check "OCSP: revoked" status "$D/people/011082034567.pem" revoked
check "OCSP: unknown serial" status_unknown
check "OCSP by GET" status_get
check "OCSP of the government authority" status_gov
check "CRL of the issuing authority" list issuing.crl "$CHAIN"
check "CRL names the revoked certificate" list_names
check "CRL of the root" list root.crl "$ROOT"
check "chain of a citizen" chain
check "chain with lists of revocation" chain_crl
check "certificate says who and TEST" subject
check "one person's certificate is expired" expired
check "key file opens with its password file" keyfile

# ---- identity --------------------------------------------------------------------------------------------------------
login() { post /identity/login -d "{\"id\":\"$1\",\"password\":\"$2\"}"; }
login_right() { login $AN thunghiem1 && code 200 && is "$W/body" phone '0901•••456' && requests $AN && attempt=$(json "$W/body" attempt); }
otp_wrong() { post /identity/otp -d "{\"attempt\":\"$attempt\",\"otp\":\"x\"}" && code 401 && is "$W/body" tries_left 4; }
otp_right() { post /identity/otp -d "{\"attempt\":\"$attempt\",\"otp\":\"$(pick otp otp)\"}" && code 200 && is "$W/body" person.id $AN && token=$(json "$W/body" token); }
otp_again() { post /identity/otp -d "{\"attempt\":\"$attempt\",\"otp\":\"$(pick otp otp)\"}" && code 404; }
alike() { login 099999999999 x && code 401 && cp "$W/body" "$W/unknown" && login $AN x && code 401 && cmp "$W/body" "$W/unknown"; }
profile() { echo "{\"profiles\":[{\"id\":\"p1\",\"name\":\"Mẫu 1\",\"phone\":\"0901000456\",\"keyword\":\"Người khai\",\"kind\":\"NEAC Sign\",\"account\":\"$AN\",\"provider\":\"VNPT-CA\",\"image\":$1}]}"; }
profiles_put() { post /identity/profiles -X PUT -H "Authorization: Bearer $token" -d "$(profile null)" && code 200 && post /identity/profiles -H "Authorization: Bearer $token" && code 200 && is "$W/body" profiles.0.keyword 'Người khai'; }
profiles_bad() { post /identity/profiles -X PUT -H "Authorization: Bearer $token" -d "$(profile '"R0lGODlh"')" && code 400 && is "$W/body" field image; }
profiles_token() { post /identity/profiles -H "Authorization: Bearer no" && code 401; }
logout() { post /identity/logout -X POST -H "Authorization: Bearer $token" && code 204 && post /identity/profiles -H "Authorization: Bearer $token" && code 401; }
too_soon() { login $AN thunghiem1; a=$(json "$W/body" attempt); post /identity/resend -d "{\"attempt\":\"$a\"}" && code 429; }
locks() { for i in 1 2 3 4 5; do login 011192004567 no; done; code 423 && login 011192004567 thunghiem2 && code 423; }
check "login sends a code to the phone" login_right
check "a wrong code counts" otp_wrong
check "the right code opens" otp_right
check "a code is taken once" otp_again
check "unknown number and wrong password are alike" alike
check "profiles are kept" profiles_put
check "a profile with a picture that is no PNG is refused" profiles_bad
check "profiles need a token" profiles_token
check "logout ends the token" logout
check "a second code has to wait" too_soon
check "five wrong passwords lock" locks

# ---- signing by the phone ----------------------------------------------------------------------------------------------
certs() { post /neac/sign_v2/get_certificate -d "{$SP,\"user_id\":\"$1\",\"ca_name\":\"$2\"}" && code 200; }
certs_one() { certs $AN VNPT-CA && json "$W/body" data.user_certificates.0.cert_data | openssl base64 -d -A | openssl x509 -inform DER -noout -subject; }
certs_two() { certs 062088056789 VNPT-CA && is "$W/body" data.user_certificates.1.chain_data.0 "$(openssl x509 -in "$CHAIN" -outform DER | openssl base64 -A)"; }
certs_none() { certs 011085012345 VNPT-CA && [ "$(json "$W/body" data.user_certificates)" = '[]' ]; }
sp_wrong() { post /neac/sign_v2/get_certificate -d "{\"sp_id\":\"SANDBOX-SP\",\"sp_password\":\"no\",\"user_id\":\"$AN\",\"ca_name\":\"VNPT-CA\"}" && is "$W/body" status_code 401; }
hash_length() { post /neac/sign_v2/sign -d "$(neac h1 | sed "s/$(echo "$B64" | sed 's,/,\\/,g')/$(printf short | openssl base64)/")" && is "$W/body" status_code 400; }
neac_phone() {
	post /neac/sign_v2/sign -d "$(neac n1)" &
	job=$!
	wait_phone $AN && [ "$(pick sign document_code)" = KS-n1 ] && press "$1"
	wait $job
}
neac_approve() { neac_phone approve && code 200 && is "$W/body" data.transaction_id n1 && verifies data.signed_files.0.signature_value $AN; }
neac_again() { cp "$W/body" "$W/before"; post /neac/sign_v2/sign -d "$(neac n1)" && cmp "$W/body" "$W/before" && requests $AN && [ "$(count sign)" = 0 ]; }
neac_twice() {
	send() { curl -sS --max-time 30 --cacert "$D/ca/tls-root.pem" -o "$1" "$HTTPS/neac/sign_v2/sign" -d "$(neac n2)"; }
	send "$W/one" & a=$!
	wait_phone $AN
	send "$W/two" & b=$!
	requests $AN; prompts=$(count sign); press approve
	wait $a; wait $b
	[ "$prompts" = 1 ] && [ "$(grep -l '"transaction_id":"n2"' "$D"/transactions/*.json | wc -l)" = 1 ] && cmp "$W/one" "$W/two" && has signature_value "$W/one"
}
neac_refuse() { post /neac/sign_v2/sign -d "$(neac n3)" & job=$!; wait_phone $AN; press refuse; wait $job; is "$W/body" message REJECTED; }
neac_expire() { post /neac/sign_v2/sign -d "$(neac n4)" & job=$!; wait_phone $AN; curl -sS -o /dev/null "$HTTP/control" -d '{"expire":true}'; wait $job; is "$W/body" message EXPIRED; }
vnpt_approve() {
	post /sca/sp769/v1/signatures/sign -d "$(vnpt v1)" && code 200 && is "$W/body" message sig_wait_for_user_confirm && tran=$(json "$W/body" data.tran_code) &&
		post /sca/sp769/v1/signatures/sign/v1/status -d '{}' && is "$W/body" data.signatures null && wait_phone $AN && press approve &&
		post "/sca/sp769/v1/signatures/sign/$tran/status" -X POST && is "$W/body" message SUCCESS && verifies data.signatures.0.signature_value $AN
}
vnpt_base64() { post /sca/sp769/v1/signatures/sign -d "$(vnpt v2 | sed "s/$HEX/$(echo "$B64" | sed 's,/,\\/,g')/")" && code 400; }
plain_form() {
	post /qd769/sign -d "$(plain q1)" & job=$!
	wait_phone $AN
	curl -sS -o /dev/null -w '%{redirect_url}' "$HTTP/phone/requests/$(pick sign id)" -d answer=approve >"$W/see"
	wait $job
	has "done=signed" "$W/see" && verifies data.signed_files.0.signature_value $AN
}
page() {
	post /sca/sp769/v1/signatures/sign -d "$(vnpt v3)" && wait_phone $AN && curl -sS -o "$W/page" "$HTTP/phone?person=$AN" && press refuse &&
		has 'lang="vi"' "$W/page" && has 'KS-v3' "$W/page" && has 'THỬ NGHIỆM' "$W/page" && has '&lt;b&gt;To khai' "$W/page" && lacks '<b>To khai' "$W/page" && [ "$(wc -c <"$W/page")" -lt 10240 ]
}
foreign_page() { post /sca/sp769/v1/signatures/sign -d "$(vnpt v4)" && wait_phone $AN && curl -sS -o /dev/null -w '%{http_code}' -H 'Origin: http://evil.example' "$HTTP/phone/requests/$(pick sign id)" -d answer=approve >"$W/code" && code 403 && press refuse; }
webhook() {
	python3 - "$W/hookport" "$W/hook" <<'P' & job=$!
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.end_headers()
        open(sys.argv[2], "wb").write(body)
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H); s.timeout = 20
open(sys.argv[1] + ".new", "w").write(str(s.server_address[1]))
import os; os.rename(sys.argv[1] + ".new", sys.argv[1])
s.handle_request()
P
	until [ -s "$W/hookport" ]; do sleep 0.05; done
	cp "$D/sp.json" "$W/sp.json"
	echo "{\"sp_id\":\"SANDBOX-SP\",\"webhook_url\":\"http://127.0.0.1:$(cat "$W/hookport")/hook\"}" >"$D/sp.json"
	post /qd769/sign -d "$(plain q2)" && is "$W/body" data.signed_files null && wait_phone $AN && press approve
	rc=$?
	wait $job
	cp "$W/sp.json" "$D/sp.json"
	[ $rc = 0 ] && cp "$W/hook" "$W/body" && is "$W/body" transaction_id q2 && verifies signed_files.0.signature_value $AN
}
check "certificate is the person's" certs_one
check "two certificates come with their chain" certs_two
check "a person without signature has an empty list" certs_none
check "wrong provider credentials are refused" sp_wrong
check "a hash of another length is refused" hash_length
check "NEAC: approved on the phone, openssl verifies" neac_approve
check "NEAC: the same transaction again is the same answer without a prompt" neac_again
check "NEAC: sent twice while waiting is one prompt and two equal answers" neac_twice
check "NEAC: refused" neac_refuse
check "NEAC: expired" neac_expire
check "VNPT: status by both names, openssl verifies" vnpt_approve
check "VNPT: base64 is not its hash encoding" vnpt_base64
check "769: the plain form signs" plain_form
check "769: webhook brings the signature" webhook
check "phone page is small, escaped, in Vietnamese" page
check "another site's page presses nothing" foreign_page

# ---- outcomes ----------------------------------------------------------------------------------------------------------
n=0
played() { n=$((n + 1)); control "{\"outcome\":\"$1\"}" && post /neac/sign_v2/sign -d "$(neac o$n)"; }
o_approve() { played approve && verifies data.signed_files.0.signature_value $AN; }
o_word() { played "$1" && is "$W/body" message "$2"; }
o_500() { played http500; code 500 && control '{"outcome":"approve"}' && post /neac/sign_v2/sign -d "$(neac o$n)" && code 200; }
o_cut() { ! played cut && [ "$(cat "$W/code")" = 000 ]; }
o_garbage() { played garbage && code 200 && ! json "$W/body" data; }
o_wrong() { played "$1" && code 200 && json "$W/body" data.signed_files.0.signature_value >/dev/null && ! verifies data.signed_files.0.signature_value $AN; }
o_other() {
	control '{"outcome":"other-person"}' && certs $AN VNPT-CA && json "$W/body" data.user_certificates.0.cert_data | openssl base64 -d -A | openssl x509 -inform DER -noout -subject -nameopt utf8 >"$W/out" && lacks "$AN" "$W/out" &&
		o_wrong other-person && verifies data.signed_files.0.signature_value 011192004567
}
o_drip() { control '{"outcome":"drip"}'; ! curl -sS --max-time 3 --cacert "$D/ca/tls-root.pem" -o "$W/body" "$HTTPS/neac/sign_v2/sign" -d "$(neac drip)" && [ -s "$W/body" ] && [ "$(wc -c <"$W/body")" -lt 10 ]; }
o_silent() { control '{"outcome":"silent"}'; ! curl -sS --max-time 2 --cacert "$D/ca/tls-root.pem" -o "$W/body" "$HTTPS/neac/sign_v2/sign" -d "$(neac silent)" && requests $AN && [ "$(count sign)" = 0 ]; }
o_cut_vnpt() { control '{"outcome":"cut"}'; post /sca/sp769/v1/signatures/sign -d "$(vnpt c1)"; post /sca/sp769/v1/signatures/sign/c1/status -d '{}' && is "$W/body" message SUCCESS; }
o_person() { post /neac/sign_v2/sign -d "$(neac "$1" "$2" "$3")" && is "$W/body" status_code "$4"; }
o_document() { control '{"outcome":"refuse","doc_id":"KS-d2"}' && control '{"outcome":"approve","times":0}' && post /neac/sign_v2/sign -d "$(neac d1)" && is "$W/body" message Success && post /neac/sign_v2/sign -d "$(neac d2)" && is "$W/body" message REJECTED; control '{"outcome":"ask","times":0}'; }
shapes() { control '{"shape":{"chain":"object","data":"list","errors":"http"}}' && certs $AN VNPT-CA && is "$W/body" data.0.chain_data.root_cert null && post /neac/sign_v2/sign -d '{}' && code 400 && control '{"shape":{"chain":"default","data":"object","errors":"default"}}'; }
network() {
	post /neac/sign_v2/sign -d "$(neac net1)" 2>"$W/cut" & job=$!
	wait_phone $AN && control '{"network":"cut"}'
	! wait $job && ! post /identity/login -d '{}' 2>/dev/null && control '{"network":"restore"}' && post /identity/login -d '{}' && code 401
}
check "outcome approve" o_approve
check "outcome refuse" o_word refuse REJECTED
check "outcome expire" o_word expire EXPIRED
check "outcome revoked" o_word revoked CREDENTIAL_STATUS_INVALID
check "outcome quota" o_word quota QUOTA_EXCEEDED
check "outcome http500 once, then the same request works" o_500
check "outcome cut" o_cut
check "outcome garbage" o_garbage
check "outcome wrong-hash" o_wrong wrong-hash
check "outcome wrong-key" o_wrong wrong-key
check "outcome other-person" o_other
check "outcome drip" o_drip
check "outcome silent" o_silent
check "VNPT: after a cut the status tells" o_cut_vnpt
check "a revoked person is refused with 403" o_person r1 011082034567 VNPT-CA 403
check "an expired person is refused with 403" o_person r2 011178023456 MISA-CA 403
check "a person without quota" o_person r3 011195045678 FPT-CA 65000
check "an outcome for one document" o_document
check "shapes of replies can be switched" shapes
check "network cut ends what is in flight, restore brings it back" network

# ---- intake --------------------------------------------------------------------------------------------------------------
printf '%%PDF-1.7 test' >"$W/a.pdf"
: >"$W/empty.pdf"
dossier() { echo "{\"procedure\":\"1.001193\",\"procedure_name\":\"Đăng ký khai sinh\",\"files\":[{\"component\":\"c1\",\"name\":\"$1\",\"sha256\":\"$(openssl dgst -sha256 -r "$W/$1" | cut -d' ' -f1)\"}]}"; }
deliver() { key=$1; tls "$HTTPS/portal/dossiers" -H "Idempotency-Key: $key" -F "dossier=$(dossier "$2");type=application/json" -F "files=@$W/${3:-$2};filename=$2"; }
i_new() { deliver k1 a.pdf && code 201 && CODE=$(json "$W/body" code) && is "$W/body" state 1 && cmp "$W/a.pdf" "$D/portal/$CODE/01.pdf"; }
i_same() { cp "$W/body" "$W/before"; deliver k1 a.pdf && code 200 && cmp "$W/body" "$W/before" && tls "$HTTPS/portal/deliveries/k1" && cmp "$W/body" "$W/before" && [ "$(ls -d "$D"/portal/H* | wc -l)" = 1 ]; }
i_empty() { deliver k2 empty.pdf && code 422 && is "$W/body" error empty_file && is "$W/body" missing.0 empty.pdf && tls "$HTTPS/portal/deliveries/k2" && code 404; }
i_damaged() { deliver k3 a.pdf message && code 422 && is "$W/body" error damaged_file; }
i_desk() { curl -sS -o "$W/desk" "$HTTP/desk" && has "$CODE" "$W/desk" && curl -sS -o "$W/out" "$HTTP/desk/$CODE" -d '{"do":"supplement","missing":["Giấy chứng sinh"]}' && tls "$HTTPS/portal/dossiers/$CODE" && is "$W/body" state 5 && is "$W/body" missing.0 'Giấy chứng sinh'; }
i_accept() { curl -sS -o /dev/null "$HTTP/desk/$CODE" -d do=accept && tls "$HTTPS/portal/dossiers/$CODE" && is "$W/body" state 2 && is "$W/body" receipt.number "$CODE" && is "$W/body" receipt.components.0.name a.pdf; }
i_big() { head -c 33000000 /dev/zero >"$W/big.pdf"; deliver k4 big.pdf && code 413; }
check "intake takes a dossier and its bytes" i_new
check "intake: the same key is the same dossier" i_same
check "intake refuses an empty attachment" i_empty
check "intake refuses a damaged attachment" i_damaged
check "desk asks for more" i_desk
check "desk accepts and gives a receipt" i_accept
check "intake caps what it takes" i_big

# ---- between runs ----------------------------------------------------------------------------------------------------------
waiting() { post /sca/sp769/v1/signatures/sign -d "$(vnpt keep)" && code 200; }
kept() {
	cmp "$W/root" "$ROOT" && [ "$HTTP" = "$old" ] && wait_phone $AN && press approve && post /sca/sp769/v1/signatures/sign/keep/status -d '{}' && verifies data.signatures.0.signature_value $AN &&
		tls "$HTTPS/portal/deliveries/k1" && is "$W/body" code "$CODE"
}
check "a request waits on the phone" waiting
cp "$ROOT" "$W/root"
old=$HTTP
check "SIGTERM ends it cleanly" stop
start
check "the next run keeps ports, CA, requests and dossiers" kept
check "and ends cleanly too" stop
start --port $(( $(cut -d' ' -f1 "$D/ports") + 11 ))
check "with another port certificates name the new addresses" subject
check "and chain to the same root" chain
check "and old status is still known" status "$D/people/011082034567.pem" revoked
check "ends" stop
