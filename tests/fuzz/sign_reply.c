/* A gateway's answer, whatever it is: certificates, signatures, the meaning of a code. No signature may come out of bytes that
 * the person's key did not make. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "pki.h"
#include "sign/qd769.h"
#include "trust/trust.h"

static struct cert *person;
static struct buf der;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct pki p;
	struct err e = { 0 };
	EVP_PKEY *key = EVP_EC_gen("P-256");

	(void)argc;
	(void)argv;
	pki_make(&p);
	X509 *x = pki_person(&p, key);
	pki_der(x, &der);
	person = cert_parse(der.p, der.n, &e);
	X509_free(x);
	EVP_PKEY_free(key);
	pki_free(&p);
	return person ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	AUTO(json_release) json_t *body = json_parse(data, n, 1 << 20, &e), *certs = json_array();
	struct sign_item item = { .doc = (char *)(uintptr_t)"KS-FUZZ1", .title = (char *)(uintptr_t)"t" };
	struct sign_request r = { .transaction = (char *)(uintptr_t)"fuzz", .items = &item, .nitems = 1, .der = der, .cert = person };

	if (!body)
		return 0;
	err_clear(&e);
	if (qd769_read_certificates(body, "", certs, &e) && e.kind == ERR_NONE)
		abort();
	err_clear(&e);
	int got = qd769_read_signatures(body, &r, &e);
	if (got > 0 || (got < 0 && e.kind == ERR_NONE))
		abort();
	buf_free(&item.signature);
	return 0;
}
