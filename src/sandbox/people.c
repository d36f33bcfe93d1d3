#include "sandbox/people.h"

#include <string.h>
#include <sys/stat.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/bytes.h"

enum { DAY = 86400 };

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

struct person *people_find(const struct people *p, const char *id)
{
	for (size_t i = 0; id && *id && i < p->n; i++)
		if (!strcmp(p->list[i].id, id) || !strcmp(p->list[i].old_id, id))
			return &p->list[i];
	return NULL;
}

struct person *people_other(const struct people *p, const struct person *than)
{
	for (size_t i = 0; i < p->n; i++) {
		struct person *o = &p->list[i];

		if (o != than && o->ncerts && o->certs[0].state == CERT_VALID && EVP_PKEY_is_a(o->certs[0].pair.key, "RSA"))
			return o;
	}
	return NULL;
}

static int cert_issue(struct ca *ca, const char *dir, const struct person *p, char kind, struct person_cert *out, struct err *e)
{
	bool officer = !strcmp(p->ca, "GOV-CA");
	const struct authority *a = &ca->authorities[officer ? AUTHORITY_GOVERNMENT : AUTHORITY_PUBLIC];
	const char *prefix = officer ? "gov-" : "";
	AUTO(mem_free) char *file = mem_printf("%s%s", p->id, kind == 'c' ? "-2" : "");
	AUTO(mem_free) char *aia = mem_printf("OCSP;URI:%s/ocsp,caIssuers;URI:%s/ca/%sissuing.cer", ca->base, ca->base, prefix);
	AUTO(mem_free) char *crl = mem_printf("URI:%s/crl/%sissuing.crl", ca->base, prefix);
	AUTO(mem_free) char *uid = kind == 'c' ? mem_printf("CMND:%s", p->old_id) : mem_printf("CCCD:%s", p->id);
	AUTO(mem_free) char *ou = mem_printf("TEST - THỬ NGHIỆM %s", p->ca);
	const struct ca_name names[] = {
		{ NID_countryName, "VN" }, { NID_organizationalUnitName, ou }, { NID_commonName, p->name },
		{ NID_userId, uid }, { NID_serialNumber, uid + 5 },
	};
	const struct ca_ext exts[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature,nonRepudiation" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
		{ NID_info_access, aia },
		{ NID_crl_distribution_points, crl },
	};
	time_t now = time(NULL);
	struct ca_spec spec = { .file = file, .dir = dir, .ec = kind == 'p', .keep = kind == 'e', .issuer = &a->issuing, .by = a->id,
		.from = now - 60 * DAY, .to = now + 670 * DAY, .revoked = kind == 'r' ? now - 30 * DAY : 0,
		.names = names, .nnames = COUNT(names), .exts = exts, .nexts = COUNT(exts) };

	if (kind == 'e') {
		spec.from = now - 765 * DAY;
		spec.to = now - 35 * DAY;
	}
	out->by = a;
	out->state = kind == 'e' ? CERT_EXPIRED : kind == 'r' ? CERT_REVOKED : CERT_VALID;
	if (ca_issue(ca, &spec, &out->pair, e))
		return -1;
	out->serial = ca_serial(out->pair.cert);
	return 0;
}

/* A key file as a counter's `sign --method keyfile` takes it; made again whenever the certificate is. */
static int write_p12(const struct person *p, const char *path, struct err *e)
{
	const struct person_cert *c = &p->certs[0];
	STACK_OF(X509) *chain = sk_X509_new_null();
	unsigned char *der = NULL;
	PKCS12 *p12;
	int len = 0, rc;

	sk_X509_push(chain, c->by->issuing.cert);
	p12 = PKCS12_create(p->password, p->name, c->pair.key, c->pair.cert, chain, 0, 0, 0, 0, 0);
	if (p12)
		len = i2d_PKCS12(p12, &der);
	rc = len > 0 ? file_replace(path, der, (size_t)len, 0600, e) : err_set(e, ERR_INTERNAL, "making a key file");
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_X509_free(chain);
	return rc;
}

static bool newer(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && (sa.st_mtim.tv_sec > sb.st_mtim.tv_sec
	       || (sa.st_mtim.tv_sec == sb.st_mtim.tv_sec && sa.st_mtim.tv_nsec >= sb.st_mtim.tv_nsec));
}

static int person_files(struct person *p, const char *dir, struct err *e)
{
	AUTO(mem_free) char *pem = mem_printf("%s/%s.pem", dir, p->id);

	p->password_file = mem_printf("%s/%s.password", dir, p->id);
	if (file_replace(p->password_file, p->password, strlen(p->password), 0600, e))
		return -1;
	if (!p->ncerts)
		return 0;
	p->key = mem_printf("%s/%s.p12", dir, p->id);
	return newer(p->key, pem) ? 0 : write_p12(p, p->key, e);
}

static int person_load(struct person *p, json_t *row, const char *dir, struct ca *ca, struct err *e)
{
	const char *kinds = text_of(row, "certificates");

	p->data = row;
	p->id = text_of(row, "id");
	p->old_id = text_of(row, "old_id");
	p->name = text_of(row, "name");
	p->role = text_of(row, "role");
	p->password = text_of(row, "password");
	p->phone = text_of(row, "phone");
	p->ca = text_of(row, "ca");
	p->quota = json_is_true(json_object_get(row, "quota"));
	if (strlen(p->id) != 12 || strspn(p->id, "0123456789") != 12 || !*p->password || strlen(p->phone) < 8)
		return err_set(e, ERR_CONFIG, "people.json: a person needs id (12 digits), password and phone");
	for (; *kinds && p->ncerts < PERSON_CERTS_MAX; kinds++)
		if (cert_issue(ca, dir, p, *kinds, &p->certs[p->ncerts++], e))
			return -1;
	return person_files(p, dir, e);
}

static int read_table(struct people *p, const char *data, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/people.json", data);
	AUTO(mem_free) char *text = NULL;
	json_error_t je;

	p->all = json_load_file(path, JSON_REJECT_DUPLICATES, &je);
	if (json_is_array(p->all) && json_array_size(p->all) <= PEOPLE_MAX)
		return 0;
	if (p->all || json_error_code(&je) != json_error_cannot_open_file)
		return err_set(e, ERR_CONFIG, "people.json:%d: not a list of people", je.line);
	p->all = people_table();
	text = json_dumps(p->all, JSON_INDENT(1));
	return file_replace(path, text, strlen(text), 0600, e);
}

/* File names of the RSA keys that the people of the table need. */
static void make_keys(const struct people *p, const char *dir)
{
	char *files[PEOPLE_MAX * PERSON_CERTS_MAX];
	size_t n = 0, i;
	json_t *row;

	json_array_foreach(p->all, i, row)
		for (const char *kind = text_of(row, "certificates"); *kind && n < COUNT(files); kind++)
			if (*kind != 'p' && strspn(text_of(row, "id"), "0123456789") == 12)
				files[n++] = mem_printf("%.12s%s", text_of(row, "id"), *kind == 'c' ? "-2" : "");
	ca_keys(dir, (const char *const *)files, n);
	while (n)
		mem_free(&files[--n]);
}

int people_load(struct people *p, const char *data, struct ca *ca, struct err *e)
{
	AUTO(mem_free) char *dir = mem_printf("%s/people", data);
	json_t *row;
	size_t i;

	if (file_mkdirs(dir, 0700, e) || read_table(p, data, e))
		return -1;
	make_keys(p, dir);
	p->n = json_array_size(p->all);
	p->list = mem_array(p->n + 1, sizeof *p->list);
	json_array_foreach(p->all, i, row)
		if (person_load(&p->list[i], row, dir, ca, e))
			return -1;
	return 0;
}

void people_clear(struct people *p)
{
	for (size_t i = 0; p->list && i < p->n; i++) {
		for (size_t k = 0; k < p->list[i].ncerts; k++) {
			ca_pair_clear(&p->list[i].certs[k].pair);
			mem_free(&p->list[i].certs[k].serial);
		}
		mem_free(&p->list[i].key);
		mem_free(&p->list[i].password_file);
	}
	mem_free(&p->list);
	json_decref(p->all);
	*p = (struct people){ 0 };
}

static json_t *text_or_null(const char *s)
{
	return s && *s ? json_string(s) : json_null();
}

json_t *people_ready(const struct people *p)
{
	json_t *out = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct person *o = &p->list[i];

		json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s}", "id", o->id, "name", o->name,
			"role", o->role, "password", o->password, "phone", o->phone, "ca", text_or_null(o->ca),
			"serial", text_or_null(o->ncerts ? o->certs[0].serial : NULL), "key", text_or_null(o->key),
			"password_file", o->password_file));
	}
	return out;
}
