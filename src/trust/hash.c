#include <string.h>

#include "base/mem.h"
#include "trust/cms.h"
#include "trust/ossl.h"

struct hash {
	EVP_MD_CTX *ctx;
	bool xof;
};

struct hash *hash_new(int nid)
{
	const EVP_MD *md = digest_verdict(nid) <= ALGO_OUTDATED ? EVP_get_digestbynid(nid) : NULL;
	struct hash *h;

	if (!md)
		return NULL;
	h = mem_alloc(sizeof *h);
	h->xof = nid == NID_shake256;
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx && EVP_DigestInit_ex(h->ctx, md, NULL) == 1)
		return h;
	hash_free(h);
	return NULL;
}

int hash_id_bits(int bits)
{
	const EVP_MD *md = md_by_length((size_t)bits / 8);

	return md ? EVP_MD_get_type(md) : 0;
}

struct hash *hash_new_bits(int bits)
{
	int nid = hash_id_bits(bits);

	return nid ? hash_new(nid) : NULL;
}

struct hash *hash_copy(const struct hash *from)
{
	struct hash *h = mem_alloc(sizeof *h);

	h->xof = from->xof;
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx && EVP_MD_CTX_copy_ex(h->ctx, from->ctx) == 1)
		return h;
	hash_free(h);
	return NULL;
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	mem_free(&h);
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	EVP_DigestUpdate(h->ctx, p, n);
}

size_t hash_end(struct hash *h, unsigned char out[64])
{
	unsigned n = 0;

	if (h->xof)   /* RFC 8419 3.1: SHAKE256 with 512 bits */
		return EVP_DigestFinalXOF(h->ctx, out, 64) == 1 ? 64 : 0;
	return EVP_DigestFinal_ex(h->ctx, out, &n) == 1 ? n : 0;
}
