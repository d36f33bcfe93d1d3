#include "base/seal.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Header "TKS1", key id, version (both big-endian), nonce; then the ciphertext; then the tag. The nonce is random:
 * NIST SP 800-38D, 8.2.2 allows 2^32 seals under one key, far above what a counter writes. */
enum { MAGIC = 4, KEY_ID = 4, VERSION = 8, NONCE = 12, TAG = 16, HEADER = MAGIC + KEY_ID + VERSION + NONCE,
       PLAIN_MAX = 1 << 30, COPY_PIECE = 256 << 10,
       COPY_ALONE = 4 << 20 /* below, a thread costs more than it brings */, COPY_STACK = 128 << 10 };
static const char magic[] = "TKS1";

static void cipher_release(EVP_CIPHER_CTX **c)
{
	EVP_CIPHER_CTX_free(*c);
}

static void kdf_release(EVP_KDF_CTX **c)
{
	EVP_KDF_CTX_free(*c);
}

static void put_be(unsigned char *p, uint64_t v, int n)
{
	while (n--) {
		p[n] = (unsigned char)v;
		v >>= 8;
	}
}

static uint64_t get_be(const unsigned char *p, int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

int seal_random(void *p, size_t n, struct err *e)
{
	if (n > INT32_MAX || RAND_bytes(p, (int)n) != 1)
		return err_set(e, ERR_INTERNAL, "RAND_bytes");
	return 0;
}

static void to_hex(char *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

void sha256_hex(char out[65], const void *p, size_t n)
{
	unsigned char md[32] = { 0 };

	/* Fails only where SHA-256 itself is switched off; a wrong hash must not pass for a right one. */
	if (EVP_Digest(n ? p : "", n, md, NULL, EVP_sha256(), NULL) != 1)
		abort();
	to_hex(out, md, sizeof md);
}

void sha256_drop(struct sha256 *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
}

int sha256_begin(struct sha256 *h, struct err *e)
{
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx && EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) == 1)
		return 0;
	sha256_drop(h);
	return err_set(e, ERR_INTERNAL, "EVP_DigestInit_ex");
}

/* A failure shows at the end: without a context there is no hash to be had. */
void sha256_add(struct sha256 *h, const void *p, size_t n)
{
	if (h->ctx && n && EVP_DigestUpdate(h->ctx, p, n) != 1)
		sha256_drop(h);
}

int sha256_copy(struct sha256 *to, const struct sha256 *from, struct err *e)
{
	to->ctx = EVP_MD_CTX_new();
	if (to->ctx && from->ctx && EVP_MD_CTX_copy_ex(to->ctx, from->ctx) == 1)
		return 0;
	sha256_drop(to);
	return err_set(e, ERR_INTERNAL, "EVP_MD_CTX_copy_ex");
}

int sha256_end(struct sha256 *h, unsigned char out[32], struct err *e)
{
	int good = h->ctx && EVP_DigestFinal_ex(h->ctx, out, NULL) == 1;

	sha256_drop(h);
	return good ? 0 : err_set(e, ERR_INTERNAL, "EVP_DigestFinal_ex");
}

int sha256_fd(unsigned char out[32], int fd, struct err *e)
{
	AUTO(sha256_drop) struct sha256 h = { 0 };
	unsigned char part[65536];
	off_t at = 0;

	if (sha256_begin(&h, e) < 0)
		return -1;
	for (;;) {
		ssize_t r = pread(fd, part, sizeof part, at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_set(e, ERR_INTERNAL, "pread: %s", strerror(errno));
		if (r == 0)
			return sha256_end(&h, out, e);
		sha256_add(&h, part, (size_t)r);
		at += r;
	}
}

/* Two buffers go round between who copies and who hashes, so that a big file costs the longer of the two and not their sum. Both
 * only read a full buffer; the copier fills it again when the hasher is done with it. */
struct relay {
	struct sha256 *h;
	unsigned char *part[2];
	size_t n[2];
	sem_t full, empty;
};

static void *relay_hash(void *self)
{
	struct relay *r = self;

	for (int i = 0; ; i ^= 1) {
		while (sem_wait(&r->full) < 0)
			;
		if (!r->n[i])
			return NULL;
		sha256_add(r->h, r->part[i], r->n[i]);
		sem_post(&r->empty);
	}
}

/* One piece from `at`: its size, or 0 on failure. */
static size_t copy_piece(int from, int to, unsigned char *part, off_t at, size_t want, struct err *e)
{
	ssize_t r;

	do
		r = pread(from, part, want, at);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return err_set(e, ERR_INTERNAL, "copy: %s", r < 0 ? strerror(errno) : "the file shrank"), 0;
	return fd_write_all(to, part, (size_t)r, e) < 0 ? 0 : (size_t)r;
}

static int copy_alone(struct sha256 *h, int from, int to, size_t n, struct err *e)
{
	AUTO(mem_free) unsigned char *part = mem_alloc(COPY_PIECE);

	for (size_t at = 0, got; at < n; at += got) {
		if (!(got = copy_piece(from, to, part, (off_t)at, n - at < COPY_PIECE ? n - at : COPY_PIECE, e)))
			return -1;
		sha256_add(h, part, got);
	}
	return 0;
}

static int copy_beside(struct relay *r, int from, int to, size_t n, struct err *e)
{
	size_t at = 0, got = 1;

	for (int i = 0; got; i ^= 1) {
		while (sem_wait(&r->empty) < 0)
			;
		got = at < n ? copy_piece(from, to, r->part[i], (off_t)at, n - at < COPY_PIECE ? n - at : COPY_PIECE, e) : 0;
		r->n[i] = got;
		at += got;
		sem_post(&r->full);
	}
	return at == n ? 0 : -1;
}

int sha256_copy_on(struct sha256 *h, int from, int to, size_t n, struct err *e)
{
	struct relay r = { .h = h };
	pthread_attr_t attr;
	pthread_t thread;
	int rc = -1;

	if (n < COPY_ALONE || pthread_attr_init(&attr))
		return copy_alone(h, from, to, n, e);
	sem_init(&r.full, 0, 0);
	sem_init(&r.empty, 0, 2);
	r.part[0] = mem_alloc(COPY_PIECE);
	r.part[1] = mem_alloc(COPY_PIECE);
	pthread_attr_setstacksize(&attr, COPY_STACK);
	if (pthread_create(&thread, &attr, relay_hash, &r) == 0) {
		rc = copy_beside(&r, from, to, n, e);
		pthread_join(thread, NULL);
	} else {
		rc = copy_alone(h, from, to, n, e);
	}
	pthread_attr_destroy(&attr);
	mem_free(&r.part[0]);
	mem_free(&r.part[1]);
	sem_destroy(&r.full);
	sem_destroy(&r.empty);
	return rc;
}

int sha256_copy_fd(unsigned char out[32], int from, int to, size_t n, struct err *e)
{
	AUTO(sha256_drop) struct sha256 h = { 0 };

	if (sha256_begin(&h, e) < 0 || sha256_copy_on(&h, from, to, n, e) < 0)
		return -1;
	return sha256_end(&h, out, e);
}

/* A key is known by the first bytes of its hash, so that a blob of another kiosk's key is named as such. */
static void name_key(struct seal_key *k)
{
	unsigned char md[32];

	if (EVP_Digest(k->p, sizeof k->p, md, NULL, EVP_sha256(), NULL) != 1)
		abort();
	k->id = (uint32_t)get_be(md, 4);
}

void seal_key_wipe(struct seal_key *k)
{
	explicit_bzero(k, sizeof *k);
}

/* 1: read; 0: no such file; -1: there, and not to be used. */
static int read_key(struct seal_key *k, const char *path, bool private, struct err *e)
{
	struct stat st;
	unsigned char more;
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, ERR_STORE_GONE, "kiosk key: open: %s", strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_STORE_GONE, "kiosk key: not a file");
	if (private && (st.st_uid != geteuid() || (st.st_mode & 077)))
		return err_set(e, ERR_STORE_GONE, "kiosk key: open to others (mode %o)", (unsigned)st.st_mode & 07777u);
	if (pread(fd, k->p, sizeof k->p, 0) != sizeof k->p || pread(fd, &more, 1, sizeof k->p) != 0) {
		seal_key_wipe(k);
		return err_set(e, ERR_STORE_GONE, "kiosk key: not of %zu bytes", sizeof k->p);
	}
	name_key(k);
	return 1;
}

/* Power may go anywhere here: the key gets its name only when all of it is on the disk, and by link(), so that of two
 * programs that start together both end with the first one's key. */
static int make_key(const char *dir, const char *path, struct err *e)
{
	AUTO(seal_key_wipe) struct seal_key k = { 0 };
	AUTO(mem_free) char *temp = mem_printf("%s.%d.new", path, (int)getpid());

	if (seal_random(k.p, sizeof k.p, e) < 0)
		return -1;
	unlink(temp);
	AUTO(fd_close) int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, ERR_STORE_GONE, "kiosk key: create: %s", strerror(errno));
	int rc = fd_write_all(fd, k.p, sizeof k.p, e);
	if (rc == 0 && (fsync(fd) < 0 || (link(temp, path) < 0 && errno != EEXIST)))
		rc = err_set(e, ERR_STORE_GONE, "kiosk key: %s", strerror(errno));
	unlink(temp);
	AUTO(fd_close) int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rc == 0 && (folder < 0 || fsync(folder) < 0))
		rc = err_set(e, ERR_STORE_GONE, "kiosk key: fsync of folder: %s", strerror(errno));
	return rc;
}

int seal_key_load(struct seal_key *k, const char *dir, struct err *e)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	*k = (struct seal_key){ 0 };
	if (credentials && *credentials == '/') {
		AUTO(mem_free) char *path = mem_printf("%s/tramky-key", credentials);
		/* systemd guards its folder itself; the file is 0400 and may be root's */
		int rc = read_key(k, path, false, e);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	AUTO(mem_free) char *path = mem_printf("%s/key", dir);
	int rc = read_key(k, path, true, e);
	if (rc == 0 && make_key(dir, path, e) == 0 && (rc = read_key(k, path, true, e)) == 0)
		err_set(e, ERR_STORE_GONE, "kiosk key: gone again");
	return rc == 1 ? 0 : -1;
}

int seal_key_derive(struct seal_key *out, const struct seal_key *k, const char *purpose, const void *value, size_t n,
		    struct err *e)
{
	/* The purpose and its length stand in front, so that no value can be taken for another purpose (RFC 5869, 3.2). */
	AUTO(buf_free) struct buf info = { 0 };
	buf_printf(&info, "tramky/%zu/%s/", strlen(purpose), purpose);
	buf_add(&info, value, n);
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	AUTO(kdf_release) EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	EVP_KDF_free(kdf);
	struct seal_key from = *k;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, from.p, sizeof from.p),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.p, info.n),
		OSSL_PARAM_construct_end(),
	};
	struct seal_key made = { 0 };
	int good = ctx && EVP_KDF_derive(ctx, made.p, sizeof made.p, params) == 1;
	seal_key_wipe(&from);
	/* The value may be an identity number. */
	explicit_bzero(info.p, info.n);
	if (!good)
		return err_set(e, ERR_INTERNAL, "EVP_KDF_derive");
	name_key(&made);
	*out = made;
	seal_key_wipe(&made);
	return 0;
}

/* Row and version are authenticated, not stored with the row: a blob fits one place only (trap JN3). */
static int begin(EVP_CIPHER_CTX *c, int encrypt, const struct seal_key *k, const unsigned char *header, const char *row)
{
	int n;

	return c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, k->p, header + HEADER - NONCE, encrypt) == 1 &&
	       EVP_CipherUpdate(c, NULL, &n, header, HEADER - NONCE) == 1 &&
	       EVP_CipherUpdate(c, NULL, &n, (const unsigned char *)row, (int)strlen(row)) == 1;
}

int seal_bytes(struct buf *out, const struct seal_key *k, const char *row, uint64_t version, const void *p, size_t n,
	       struct err *e)
{
	AUTO(cipher_release) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char header[HEADER], tag[TAG];
	int took = 0, last = 0;

	if (n > PLAIN_MAX || strlen(row) > 4096)
		return err_set(e, ERR_FILE_TOO_BIG, "seal: %zu bytes", n);
	memcpy(header, magic, MAGIC);
	put_be(header + MAGIC, k->id, KEY_ID);
	put_be(header + MAGIC + KEY_ID, version, VERSION);
	if (seal_random(header + HEADER - NONCE, NONCE, e) < 0)
		return -1;
	AUTO(mem_free) unsigned char *sealed = mem_alloc(n + TAG);
	if (!begin(c, 1, k, header, row) ||
	    (n && EVP_CipherUpdate(c, sealed, &took, p, (int)n) != 1) ||
	    EVP_CipherFinal_ex(c, sealed + took, &last) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, tag) != 1)
		return err_set(e, ERR_INTERNAL, "AES-256-GCM");
	buf_add(out, header, HEADER);
	buf_add(out, sealed, n);
	buf_add(out, tag, TAG);
	return 0;
}

int seal_open(struct buf *out, const struct seal_key *k, const char *row, uint64_t version, const void *p, size_t n,
	      struct err *e)
{
	AUTO(cipher_release) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	const unsigned char *b = p;
	unsigned char tag[TAG];
	int took = 0, last = 0;

	if (n < HEADER + TAG || n > PLAIN_MAX || memcmp(b, magic, MAGIC) != 0)
		return err_set(e, ERR_REJECTED, "seal: no sealed blob");
	if (get_be(b + MAGIC, KEY_ID) != k->id)
		return err_set(e, ERR_REJECTED, "seal: of another key");
	if (get_be(b + MAGIC + KEY_ID, VERSION) != version)
		return err_set(e, ERR_REJECTED, "seal: of another version");
	size_t len = n - HEADER - TAG;
	memcpy(tag, b + n - TAG, TAG);
	unsigned char *plain = mem_alloc(len + 1);
	int good = begin(c, 0, k, b, row) && (!len || EVP_CipherUpdate(c, plain, &took, b + HEADER, (int)len) == 1) &&
		   EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
		   EVP_CipherFinal_ex(c, plain + took, &last) == 1;
	/* Nothing of it leaves before the tag has been found right. */
	if (good)
		buf_add(out, plain, len);
	explicit_bzero(plain, len);
	free(plain);
	return good ? 0 : err_set(e, ERR_REJECTED, "seal: broken, or of another row");
}

int seal_tag(char out[65], const struct seal_key *k, const char *text, struct err *e)
{
	unsigned char md[32];
	unsigned n = 0;

	if (!HMAC(EVP_sha256(), k->p, sizeof k->p, (const unsigned char *)text, strlen(text), md, &n) || n != sizeof md)
		return err_set(e, ERR_INTERNAL, "HMAC");
	to_hex(out, md, sizeof md);
	return 0;
}

void sha1_name(char out[41], const void *p, size_t n)
{
	unsigned char md[20] = { 0 };

	EVP_Digest(p, n, md, NULL, EVP_sha1(), NULL);
	for (int i = 0; i < 20; i++) {
		out[2 * i] = "0123456789ABCDEF"[md[i] >> 4];
		out[2 * i + 1] = "0123456789ABCDEF"[md[i] & 15];
	}
	out[40] = '\0';
}
