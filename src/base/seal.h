/* AES-256-GCM sealing of rows and files: random 96-bit nonce, key id and version in the header, row id + version as
 * associated data, so that a blob moved to another row, cut, changed or put back older is refused (JN3). */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct buf;

struct seal_key {
	unsigned char p[32];
	uint32_t id;
};
/* Reads the kiosk key: $CREDENTIALS_DIRECTORY/tramky-key (systemd LoadCredential), else DIR/key, made 0600 at first use. */
int seal_key_load(struct seal_key *k, const char *dir, struct err *e);
void seal_key_wipe(struct seal_key *k);                 /* fits AUTO */
/* HKDF-SHA256: a key for one purpose ("draft", "outbox", "person") and one value. */
int seal_key_derive(struct seal_key *out, const struct seal_key *k, const char *purpose, const void *value, size_t n, struct err *e);
int seal_bytes(struct buf *out, const struct seal_key *k, const char *row, uint64_t version, const void *p, size_t n, struct err *e);
/* ERR_REJECTED when the seal is broken or belongs to another row or version. */
int seal_open(struct buf *out, const struct seal_key *k, const char *row, uint64_t version, const void *p, size_t n, struct err *e);
/* HMAC-SHA256 under the key, hex: a person's row is found without storing the number. */
int seal_tag(char out[65], const struct seal_key *k, const char *text, struct err *e);
int seal_random(void *p, size_t n, struct err *e);
void sha256_hex(char out[65], const void *p, size_t n);
int sha256_fd(unsigned char out[32], int fd, struct err *e);
/* Copies the first n bytes of `from` to the end of `to` and hashes what it writes; a big file is hashed by a thread meanwhile. */
int sha256_copy_fd(unsigned char out[32], int from, int to, size_t n, struct err *e);
/* In pieces. sha256_drop() fits AUTO and is harmless before begin when the struct was zeroed. sha256_copy() forks a running hash. */
struct sha256 { void *ctx; };
int sha256_begin(struct sha256 *h, struct err *e);
void sha256_add(struct sha256 *h, const void *p, size_t n);
int sha256_copy(struct sha256 *to, const struct sha256 *from, struct err *e);
int sha256_end(struct sha256 *h, unsigned char out[32], struct err *e);
void sha256_drop(struct sha256 *h);
int sha256_copy_on(struct sha256 *h, int from, int to, size_t n, struct err *e);    /* sha256_copy_fd() into a running hash */
/* Only where a format names things by SHA-1 (keys of /VRI in PDF); never to protect anything. Upper case hex. */
void sha1_name(char out[41], const void *p, size_t n);

#endif
