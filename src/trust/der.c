/* A walk over BER as it came: OpenSSL keeps no copy of the signed attributes' bytes, and a verifier that only looks at
 * what was re-encoded cannot tell an honest order from a forged one. */
#include <stdlib.h>
#include <string.h>

#include "trust/ossl.h"

enum { DEPTH_MAX = 32 };

static bool tlv_at(struct der *in, struct tlv *out, int depth);

/* Length octets; `indefinite` is set for 0x80. */
static bool take_length(struct der *in, size_t *len, bool *indefinite)
{
	unsigned first;

	if (!in->n)
		return false;
	first = *in->p++;
	in->n--;
	*indefinite = first == 0x80;
	*len = first;
	if (first <= 0x80)
		return true;
	size_t count = first & 0x7f;
	if (count > 4 || count > in->n)
		return false;
	*len = 0;
	while (count--) {
		*len = *len << 8 | *in->p++;
		in->n--;
	}
	return true;
}

static bool skip_to_eoc(struct der *in, int depth)
{
	struct tlv t;

	while (in->n >= 2 && (in->p[0] || in->p[1]))
		if (!tlv_at(in, &t, depth + 1))
			return false;
	return in->n >= 2;
}

static bool tlv_at(struct der *in, struct tlv *out, int depth)
{
	struct der start = *in;
	size_t len;
	bool indefinite;

	if (depth > DEPTH_MAX || in->n < 2)
		return false;
	out->tag = *in->p;
	if ((out->tag & 0x1f) == 0x1f)
		return false;   /* tags above 30 do not occur in CMS */
	in->p++;
	in->n--;
	if (!take_length(in, &len, &indefinite))
		return false;
	out->body.p = in->p;
	if (indefinite) {
		if (!(out->tag & 0x20) || !skip_to_eoc(in, depth))
			return false;
		out->body.n = (size_t)(in->p - out->body.p);
		len = 2;
	} else {
		out->body.n = len;
	}
	if (len > in->n)
		return false;
	in->p += len;
	in->n -= len;
	out->whole = (struct der){ start.p, (size_t)(in->p - start.p) };
	return true;
}

bool tlv_take(struct der *in, struct tlv *out)
{
	return tlv_at(in, out, 0);
}

static int by_bytes(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = memcmp(x->p, y->p, n);

	return c ? c : (x->n > y->n) - (x->n < y->n);
}

static int attr_bytes(X509_ATTRIBUTE *a, struct buf *out)
{
	AUTO(ossl_text_release) unsigned char *p = NULL;
	int n = i2d_X509_ATTRIBUTE(a, &p);

	if (n <= 0)
		return -1;
	buf_add(out, p, (size_t)n);
	return 0;
}

static void write_set(struct buf *out, const struct buf *parts, int count)
{
	unsigned char head[16], *p = head;
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += parts[i].n;
	ASN1_put_object(&p, 1, (int)len, V_ASN1_SET, V_ASN1_UNIVERSAL);
	buf_add(out, head, (size_t)(p - head));
	for (int i = 0; i < count; i++)
		buf_add(out, parts[i].p, parts[i].n);
}

int attrs_der(CMS_SignerInfo *si, struct buf *out, struct err *e)
{
	int count = CMS_signed_get_attr_count(si), rc = 0;

	if (count <= 0 || count > 64)
		return err_set(e, ERR_SERVICE_ODD, "%d signed attributes", count);
	struct buf *parts = mem_array((size_t)count, sizeof *parts);
	for (int i = 0; i < count && !rc; i++)
		rc = attr_bytes(CMS_signed_get_attr(si, i), &parts[i]);
	if (!rc) {
		qsort(parts, (size_t)count, sizeof *parts, by_bytes);
		write_set(out, parts, count);
	}
	for (int i = 0; i < count; i++)
		buf_free(&parts[i]);
	mem_free(&parts);
	return rc ? ossl_err(e, ERR_INTERNAL, "i2d_X509_ATTRIBUTE") : 0;
}

/* ContentInfo { oid, [0] { SignedData { version, digestAlgorithms, encap, [0] certs?, [1] crls?, SET signerInfos } } } */
static bool signer_infos(struct der cms, struct der *out)
{
	struct tlv t;

	if (!tlv_take(&cms, &t) || t.tag != 0x30)
		return false;
	struct der in = t.body;
	if (!tlv_take(&in, &t) || t.tag != 0x06 || !tlv_take(&in, &t) || t.tag != 0xa0)
		return false;
	in = t.body;
	if (!tlv_take(&in, &t) || t.tag != 0x30)
		return false;
	in = t.body;
	if (!tlv_take(&in, &t) || t.tag != 0x02 || !tlv_take(&in, &t) || t.tag != 0x31 || !tlv_take(&in, &t) || t.tag != 0x30)
		return false;
	while (tlv_take(&in, &t))
		if (t.tag == 0x31) {
			*out = t.body;
			return true;
		}
	return false;
}

bool attrs_raw(struct der cms, struct der *out)
{
	struct der in;
	struct tlv t;

	*out = (struct der){ 0 };
	if (!signer_infos(cms, &in) || !tlv_take(&in, &t) || t.tag != 0x30)
		return false;
	in = t.body;
	/* version, sid, digestAlgorithm, then [0] or not */
	for (int i = 0; i < 3; i++)
		if (!tlv_take(&in, &t))
			return false;
	if (tlv_take(&in, &t) && t.tag == 0xa0)
		*out = t.whole;
	return true;
}
