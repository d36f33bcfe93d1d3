/* Which authorities and services there are, and what their certificates say. */
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/bytes.h"
#include "sandbox/ca.h"

enum { DAY = 86400, YEAR = 365 * DAY };
#define TEST_OU { NID_countryName, "VN" }, { NID_organizationName, "Trạm Ký Sandbox" }, { NID_organizationalUnitName, "TEST - THỬ NGHIỆM" }

/* Addresses in certificates of the last run hold only while the port is the same. */
static void check_base(struct ca *ca)
{
	AUTO(mem_free) char *path = mem_printf("%s/addresses", ca->dir);
	char old[200] = "";
	FILE *f = fopen(path, "re");

	if (f) {
		if (!fgets(old, sizeof old, f))
			old[0] = 0;
		fclose(f);
		old[strcspn(old, "\n")] = 0;
		ca->moved = strcmp(old, ca->base) != 0;
	}
}

static int root_make(struct ca *ca, const char *file, const char *cn, bool ec, struct ca_pair *out, struct err *e)
{
	const struct ca_name names[] = { TEST_OU, { NID_commonName, cn } };
	const struct ca_ext exts[] = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_subject_key_identifier, "hash" },
	};
	const struct ca_spec spec = { .file = file, .dir = ca->dir, .ec = ec, .from = time(NULL) - 4 * YEAR, .to = time(NULL) + 16L * YEAR,
		.names = names, .nnames = COUNT(names), .exts = exts, .nexts = COUNT(exts) };

	return ca_issue(ca, &spec, out, e);
}

static int issuing_make(struct ca *ca, struct authority *a, const char *prefix, const char *cn, struct err *e)
{
	AUTO(mem_free) char *file = mem_printf("%sissuing", prefix);
	AUTO(mem_free) char *crl = mem_printf("URI:%s/crl/%sroot.crl", ca->base, prefix);
	AUTO(mem_free) char *aia = mem_printf("caIssuers;URI:%s/ca/%sroot.cer", ca->base, prefix);
	const struct ca_name names[] = { TEST_OU, { NID_commonName, cn } };
	const struct ca_ext exts[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
		{ NID_crl_distribution_points, crl },
		{ NID_info_access, aia },
	};
	const struct ca_spec spec = { .file = file, .dir = ca->dir, .issuer = &a->root, .from = time(NULL) - 4 * YEAR,
		.to = time(NULL) + 10L * YEAR, .names = names, .nnames = COUNT(names), .exts = exts, .nexts = COUNT(exts) };

	return ca_issue(ca, &spec, &a->issuing, e);
}

/* RFC 6960 4.2.2.2: a delegated responder is issued by the authority it answers for. */
static int ocsp_make(struct ca *ca, struct authority *a, const char *prefix, struct err *e)
{
	AUTO(mem_free) char *file = mem_printf("%socsp", prefix);
	const struct ca_name names[] = { TEST_OU, { NID_commonName, "TEST Trạm Ký OCSP (THỬ NGHIỆM)" } };
	const struct ca_ext exts[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "OCSPSigning" },
		{ NID_id_pkix_OCSP_noCheck, "ignored" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
	};
	const struct ca_spec spec = { .file = file, .dir = ca->dir, .ec = true, .issuer = &a->issuing, .by = a->id, .from = time(NULL) - YEAR,
		.to = time(NULL) + 5L * YEAR, .names = names, .nnames = COUNT(names), .exts = exts, .nexts = COUNT(exts) };

	return ca_issue(ca, &spec, &a->ocsp, e);
}

static int tsa_make(struct ca *ca, struct err *e)
{
	const struct authority *a = &ca->authorities[AUTHORITY_PUBLIC];
	AUTO(mem_free) char *aia = mem_printf("OCSP;URI:%s/ocsp,caIssuers;URI:%s/ca/issuing.cer", ca->base, ca->base);
	AUTO(mem_free) char *crl = mem_printf("URI:%s/crl/issuing.crl", ca->base);
	const struct ca_name names[] = { TEST_OU, { NID_commonName, "TEST Trạm Ký TSA (THỬ NGHIỆM)" } };
	/* RFC 3161 2.3: one critical purpose */
	const struct ca_ext exts[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature,nonRepudiation" },
		{ NID_ext_key_usage, "critical,timeStamping" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
		{ NID_info_access, aia },
		{ NID_crl_distribution_points, crl },
	};
	const struct ca_spec spec = { .file = "tsa", .dir = ca->dir, .issuer = &a->issuing, .by = a->id, .from = time(NULL) - YEAR,
		.to = time(NULL) + 5L * YEAR, .names = names, .nnames = COUNT(names), .exts = exts, .nexts = COUNT(exts) };

	return ca_issue(ca, &spec, &ca->tsa, e);
}

static int tls_make(struct ca *ca, const char *listen, struct err *e)
{
	AUTO(mem_free) char *file = mem_printf("tls-%s", listen);
	AUTO(mem_free) char *san = strcmp(listen, "127.0.0.1") && strcmp(listen, "0.0.0.0")
		? mem_printf("IP:127.0.0.1,IP:%s,DNS:localhost", listen) : mem_str("IP:127.0.0.1,DNS:localhost");
	const struct ca_name names[] = { TEST_OU, { NID_commonName, "localhost" } };
	const struct ca_ext exts[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth" },
		{ NID_subject_alt_name, san },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
	};
	const struct ca_spec spec = { .file = file, .dir = ca->dir, .ec = true, .issuer = &ca->tls_root, .from = time(NULL) - DAY,
		.to = time(NULL) + 2 * YEAR, .names = names, .nnames = COUNT(names), .exts = exts, .nexts = COUNT(exts) };

	if (root_make(ca, "tls-root", "TEST Trạm Ký TLS Root (THỬ NGHIỆM)", true, &ca->tls_root, e))
		return -1;
	return ca_issue(ca, &spec, &ca->tls, e);
}

static int write_trust(const char *data, const struct authority *a, struct err *e)
{
	AUTO(mem_free) char *dir = mem_printf("%s/trust/%s", data, a->id);
	AUTO(mem_free) char *root_path = mem_printf("%s/root.pem", dir), *issuing_path = mem_printf("%s/issuing.pem", dir);
	AUTO(mem_free) char *root = ca_pem(a->root.cert), *issuing = ca_pem(a->issuing.cert);

	if (file_mkdirs(dir, 0755, e) || file_replace(root_path, root, strlen(root), 0644, e))
		return -1;
	return file_replace(issuing_path, issuing, strlen(issuing), 0644, e);
}

static int authority_make(struct ca *ca, size_t i, const char *data, struct err *e)
{
	static const struct {
		const char *id, *prefix, *root, *issuing;
	} rows[AUTHORITY_COUNT] = {
		[AUTHORITY_PUBLIC] = { "public", "", "TEST Trạm Ký Root CA (THỬ NGHIỆM)", "TEST Trạm Ký Issuing CA (THỬ NGHIỆM)" },
		[AUTHORITY_GOVERNMENT] = { "government", "gov-", "TEST Trạm Ký Root CA công vụ (THỬ NGHIỆM)", "TEST Trạm Ký Issuing CA công vụ (THỬ NGHIỆM)" },
	};
	struct authority *a = &ca->authorities[i];
	AUTO(mem_free) char *root = mem_printf("%sroot", rows[i].prefix);

	a->id = rows[i].id;
	if (root_make(ca, root, rows[i].root, false, &a->root, e) || issuing_make(ca, a, rows[i].prefix, rows[i].issuing, e)
	    || ocsp_make(ca, a, rows[i].prefix, e))
		return -1;
	return write_trust(data, a, e);
}

static int load(struct ca *ca, const char *data, const char *listen, struct err *e)
{
	static const char *const keys[] = { "root", "issuing", "gov-root", "gov-issuing", "tsa" };
	AUTO(mem_free) char *issued = mem_printf("%s/issued.json", ca->dir);

	if (file_mkdirs(ca->dir, 0700, e))
		return -1;
	check_base(ca);
	ca->issued = json_load_file(issued, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(ca->issued)) {
		json_decref(ca->issued);
		ca->issued = json_object();
	}
	ca_keys(ca->dir, keys, COUNT(keys));
	for (size_t i = 0; i < AUTHORITY_COUNT; i++)
		if (authority_make(ca, i, data, e))
			return -1;
	return tsa_make(ca, e) || tls_make(ca, listen, e) ? -1 : 0;
}

struct ca *ca_load(const char *data, const char *base, const char *listen, struct err *e)
{
	struct ca *ca = mem_alloc(sizeof *ca);

	ca->dir = mem_printf("%s/ca", data);
	ca->base = mem_str(base);
	if (load(ca, data, listen, e)) {
		ca_free(ca);
		return NULL;
	}
	return ca;
}

void ca_free(struct ca *ca)
{
	if (!ca)
		return;
	for (size_t i = 0; i < AUTHORITY_COUNT; i++) {
		ca_pair_clear(&ca->authorities[i].root);
		ca_pair_clear(&ca->authorities[i].issuing);
		ca_pair_clear(&ca->authorities[i].ocsp);
	}
	ca_pair_clear(&ca->tsa);
	ca_pair_clear(&ca->tls_root);
	ca_pair_clear(&ca->tls);
	json_decref(ca->issued);
	mem_free(&ca->dir);
	mem_free(&ca->base);
	free(ca);
}
