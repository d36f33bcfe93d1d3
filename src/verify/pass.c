/* One pass over the file for all signatures. A long file is hashed by a thread of its own, because nothing that the comparison
 * of revisions looks at waits for a hash: it reads the descriptor (pread), the places and the kinds of hash, and writes only
 * into its own struct; everything else of the look belongs to the thread that waits in pass_end(). */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "verify/inner.h"

enum { PIECE = 256 * 1024, NIDS_MAX = 8, ALONE = 4 << 20 /* bytes; below, a thread costs more than it brings */, STACK = 128 * 1024 };

struct pass {
	int nids[NIDS_MAX];
	struct hash *running[NIDS_MAX];   /* from 0 on, one a kind of hash */
	size_t n;
	struct hash **own;                /* one a signature: its copy, from its gap on */
	uint64_t stop, last_gap;
	struct hash *whole;               /* one of `running`, on to the end of the file; or NULL */
	struct look *l;
	pthread_t thread;
	bool threaded;
	int rc;
	struct err err;
};

static size_t pass_of(struct pass *p, int nid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->nids[i] == nid)
			return i;
	if (p->n == NIDS_MAX || !(p->running[p->n] = hash_new(nid)))
		return NIDS_MAX;
	p->nids[p->n] = nid;
	return p->n++;
}

static bool wants_hash(const struct sig *s)
{
	return s->in_place && s->cms && cms_range_hash(s->cms);
}

/* Next offset after `at` where something begins or ends for anyone. */
static uint64_t next_edge(const struct look *l, uint64_t at, uint64_t stop)
{
	uint64_t edge = stop;

	for (size_t i = 0; i < l->n; i++) {
		if (!wants_hash(&l->sigs[i]))
			continue;
		const uint64_t marks[3] = { l->sigs[i].s->byte_range[1], l->sigs[i].s->byte_range[2], l->sigs[i].end };
		for (size_t k = 0; k < 3; k++)
			if (marks[k] > at && marks[k] < edge)
				edge = marks[k];
	}
	return edge;
}

/* Copies are taken where a gap begins; `at` stands exactly there. */
static void take_copies(struct look *l, struct pass *p, uint64_t at)
{
	for (size_t i = 0; i < l->n; i++) {
		struct sig *s = &l->sigs[i];
		if (!wants_hash(s) || s->s->byte_range[1] != at || p->own[i])
			continue;
		size_t k = pass_of(p, cms_range_hash(s->cms));
		if (k < NIDS_MAX)
			p->own[i] = hash_copy(p->running[k]);
	}
}

static void feed(struct look *l, struct pass *p, uint64_t at, const unsigned char *data, size_t n)
{
	for (size_t k = 0; k < p->n; k++)
		if (at < p->last_gap || p->running[k] == p->whole)
			hash_add(p->running[k], data, n);
	for (size_t i = 0; i < l->n; i++)
		if (p->own[i] && at >= l->sigs[i].s->byte_range[2] && at < l->sigs[i].end)
			hash_add(p->own[i], data, n);
}

static int run_pass(struct look *l, struct pass *p, struct err *e)
{
	AUTO(mem_free) unsigned char *part = mem_alloc(PIECE);
	uint64_t at = 0;

	while (at < p->stop) {
		uint64_t edge = next_edge(l, at, p->stop);
		size_t n = edge - at < PIECE ? (size_t)(edge - at) : PIECE;
		take_copies(l, p, at);
		if (pdf_raw(l->p, at, part, n))
			return err_set(e, ERR_INTERNAL, "read at %llu", (unsigned long long)at);
		feed(l, p, at, part, n);
		at += n;
	}
	return 0;
}

static void *run_thread(void *self)
{
	struct pass *p = self;

	p->rc = run_pass(p->l, p, &p->err);
	return NULL;
}

/* Without a thread to be had the pass is run when its end is asked for. */
static void start(struct pass *p)
{
	pthread_attr_t attr;

	if (p->stop < ALONE || pthread_attr_init(&attr))
		return;
	pthread_attr_setstacksize(&attr, STACK);
	p->threaded = pthread_create(&p->thread, &attr, run_thread, p) == 0;
	pthread_attr_destroy(&attr);
}

struct pass *pass_begin(struct look *l)
{
	struct pass *p = mem_alloc(sizeof *p);

	p->l = l;
	p->own = mem_array(l->n, sizeof *p->own);
	for (size_t i = 0; i < l->n; i++) {
		const struct sig *s = &l->sigs[i];
		if (!wants_hash(s))
			continue;
		pass_of(p, cms_range_hash(s->cms));
		p->stop = s->end > p->stop ? s->end : p->stop;
		p->last_gap = s->s->byte_range[1] > p->last_gap ? s->s->byte_range[1] : p->last_gap;
	}
	if (l->rules->sha256) {
		size_t k = pass_of(p, hash_id_bits(256));
		p->whole = k < NIDS_MAX ? p->running[k] : NULL;
		p->stop = pdf_size(l->p);
	}
	start(p);
	return p;
}

static void join(struct pass *p)
{
	if (p->threaded)
		pthread_join(p->thread, NULL);
	p->threaded = false;
}

int pass_end(struct pass *p, struct err *e)
{
	struct look *l = p->l;
	unsigned char digest[64];

	if (p->threaded)
		join(p);
	else
		p->rc = run_pass(l, p, &p->err);
	if (p->rc) {
		if (e)
			*e = p->err;
		return -1;
	}
	for (size_t i = 0; i < l->n; i++)
		if (p->own[i])
			l->sigs[i].ndigest = hash_end(p->own[i], l->sigs[i].digest);
	if (p->whole && hash_end(p->whole, digest) == 32)
		memcpy(l->rules->sha256, digest, 32);
	else if (l->rules->sha256)
		return err_set(e, ERR_INTERNAL, "SHA-256 of the file");
	return 0;
}

void pass_drop(struct pass **pp)
{
	struct pass *p = *pp;

	*pp = NULL;
	if (!p)
		return;
	join(p);
	for (size_t i = 0; i < p->l->n; i++)
		hash_free(p->own[i]);
	for (size_t k = 0; k < p->n; k++)
		hash_free(p->running[k]);
	free(p->own);
	free(p);
}
