/* Trust anchors from a folder: two roots live side by side (NEAC for the public, Ban Cơ yếu for officials),
 * several generations each. */
#include "trust/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/ossl.h"

enum { FILE_MAX = 1024 * 1024 };

static void keep(struct trust_store *t, X509 *x, bool government)
{
	/* Only a self-signed certificate is an anchor: an issuing certificate laid beside it must still lead to a root. */
	bool root = X509_check_issued(x, x) == X509_V_OK && X509_verify(x, X509_get0_pubkey(x)) == 1;
	STACK_OF(X509) *where = root ? t->roots : t->others;
	int before = sk_X509_num(where);

	ERR_clear_error();
	if (before >= ANCHOR_MAX)
		return;
	certs_add(where, x);
	if (root && sk_X509_num(where) > before)
		t->government[before] = government;
}

static void keep_all(struct trust_store *t, STACK_OF(X509) *certs, bool government)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		keep(t, sk_X509_value(certs, i), government);
}

static STACK_OF(X509) *p7_certs(PKCS7 *p7)
{
	return p7 && PKCS7_type_is_signed(p7) && p7->d.sign ? p7->d.sign->cert : NULL;
}

static bool read_pem(struct trust_store *t, struct der b, bool government)
{
	AUTO(bio_release) BIO *bio = BIO_new_mem_buf(b.p, (int)b.n);
	bool any = false;
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long n = 0;

	while (PEM_read_bio(bio, &name, &header, &data, &n)) {
		const unsigned char *p = data;
		if (!strcmp(name, PEM_STRING_X509) || !strcmp(name, PEM_STRING_X509_OLD)) {
			AUTO(x509_release) X509 *x = x509_strict((struct der){ data, (size_t)n });
			if (x)
				keep(t, x, government), any = true;
		} else if (!strcmp(name, PEM_STRING_PKCS7)) {
			AUTO(pkcs7_release) PKCS7 *p7 = d2i_PKCS7(NULL, &p, n);
			keep_all(t, p7_certs(p7), government);
			any = any || sk_X509_num(p7_certs(p7)) > 0;
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	ERR_clear_error();
	return any;
}

static bool read_der(struct trust_store *t, struct der b, bool government)
{
	const unsigned char *p = b.p;
	AUTO(x509_release) X509 *x = x509_strict(b);
	AUTO(pkcs7_release) PKCS7 *p7 = NULL;

	if (x) {
		keep(t, x, government);
		return true;
	}
	p7 = d2i_PKCS7(NULL, &p, (long)b.n);
	keep_all(t, p7_certs(p7), government);
	ERR_clear_error();
	return sk_X509_num(p7_certs(p7)) > 0;
}

static int read_file(struct trust_store *t, int dir, const char *name, bool government, struct err *e)
{
	AUTO(fd_close) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO(buf_free) struct buf b = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, ERR_CONFIG, "trust file %s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return 0;
	if (fd_read_all(fd, &b, FILE_MAX, e))
		return err_add(e, "trust file %s", name);
	/* notes beside the certificates are no fault */
	trust_add(t, (struct der){ b.p, b.n }, government);
	return 0;
}

static int read_dir(struct trust_store *t, const char *path, bool government, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (!d)
		return err_set(e, ERR_CONFIG, "trust folder %s: %s", path, strerror(errno));
	while (!rc && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			rc = read_file(t, dirfd(d), entry->d_name, government, e);
	closedir(d);
	return rc;
}

static int read_sub(struct trust_store *t, const char *dir, const char *sub, bool government, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", dir, sub);
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	return read_dir(t, path, government, e);
}

struct trust_store *trust_new(void)
{
	struct trust_store *t = mem_alloc(sizeof *t);

	t->roots = sk_X509_new_null();
	t->others = sk_X509_new_null();
	return t;
}

bool trust_add(struct trust_store *t, struct der file, bool government)
{
	return file.n && file.n <= FILE_MAX && (read_pem(t, file, government) || read_der(t, file, government));
}

struct trust_store *trust_open(const char *dir, struct err *e)
{
	struct trust_store *t = trust_new();

	if (read_sub(t, dir, "public", false, e) || read_sub(t, dir, "government", true, e) || read_dir(t, dir, false, e)) {
		trust_free(t);
		return NULL;
	}
	return t;
}

void trust_each(const struct trust_store *t, void (*each)(void *self, struct der cert, bool root), void *self)
{
	STACK_OF(X509) *const lists[] = { t->roots, t->others };

	for (size_t k = 0; k < COUNT(lists); k++)
		for (int i = 0; i < sk_X509_num(lists[k]); i++) {
			AUTO(ossl_text_release) unsigned char *der = NULL;
			int n = i2d_X509(sk_X509_value(lists[k], i), &der);
			if (n > 0)
				each(self, (struct der){ der, (size_t)n }, k == 0);
		}
}

void trust_free(struct trust_store *t)
{
	if (!t)
		return;
	certs_free(t->roots);
	certs_free(t->others);
	mem_free(&t);
}
