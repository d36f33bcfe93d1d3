#include "net/transfer.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_MAX = 65536 };

int transfer_begin(struct transfer *t, const struct net_request *r, struct net_answer *out, struct err *e)
{
	*t = (struct transfer){ .r = r, .out = out, .cap = r->max_answer ? r->max_answer : 1 << 20 };
	t->pieces = r->pieces;
	t->npieces = r->npieces;
	if (!t->npieces && (r->body || r->body_fd > 0)) {
		t->single = (struct net_piece){ .p = r->body, .n = r->body_len, .fd = r->body_fd };
		if (!r->body) {
			struct stat st;
			if (fstat(r->body_fd, &st) < 0 || st.st_size < 0)
				return err_set(e, ERR_INTERNAL, "fstat of request body: %s", strerror(errno));
			t->single.n = (size_t)st.st_size;
		}
		t->pieces = &t->single;
		t->npieces = 1;
	}
	for (size_t i = 0; i < t->npieces; i++)
		if (__builtin_add_overflow(t->total, t->pieces[i].n, &t->total))
			return err_set(e, ERR_INTERNAL, "request body too long");
	return 0;
}

size_t transfer_read(char *to, size_t size, size_t n, void *self)
{
	struct transfer *t = self;
	size_t room = size * n;

	while (t->piece < t->npieces && t->off == t->pieces[t->piece].n) {
		t->piece++;
		t->off = 0;
	}
	if (t->piece == t->npieces || !room)
		return 0;
	const struct net_piece *p = &t->pieces[t->piece];
	size_t want = p->n - t->off < room ? p->n - t->off : room;
	if (p->p) {
		memcpy(to, (const char *)p->p + t->off, want);
	} else {
		ssize_t got = pread(p->fd, to, want, (off_t)t->off);
		if (got <= 0)       /* shorter than measured: a body that ends early would be another document */
			return CURL_READFUNC_ABORT;
		want = (size_t)got;
	}
	t->off += want;
	t->taken += want;
	return want;
}

/* Answers may hold tokens: what is outgrown is wiped, which buf_add() alone would not do. */
static void grow_wiped(struct buf *b, size_t more, size_t cap)
{
	if (b->n + more + 1 <= b->cap)
		return;
	size_t want = b->cap ? b->cap * 2 : 16384;
	while (want < b->n + more + 1)
		want *= 2;
	struct buf next = { .p = mem_alloc(want < cap + 1 ? want : cap + 1), .cap = want < cap + 1 ? want : cap + 1 };
	buf_add(&next, b->p, b->n);
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
	*b = next;
}

size_t transfer_write(char *from, size_t size, size_t n, void *self)
{
	struct transfer *t = self;
	size_t len = size * n;

	if (len > t->cap - t->out->body->n) {
		t->too_big = true;
		return 0;
	}
	grow_wiped(t->out->body, len, t->cap);
	buf_add(t->out->body, from, len);
	return len;
}

size_t transfer_header(char *from, size_t size, size_t n, void *self)
{
	struct transfer *t = self;
	size_t len = size * n;
	char line[64];

	t->head += len;
	if (t->head > HEAD_MAX) {
		t->too_big = true;
		return 0;
	}
	if (len > 5 && len < sizeof line && strncasecmp(from, "Date:", 5) == 0) {
		memcpy(line, from + 5, len - 5);
		line[len - 5] = '\0';
		time_t at = curl_getdate(line, NULL);
		t->out->date = at > 0 ? (long long)at : 0;
	}
	return len;
}

/* The request as a whole had been handed over: only then can the other side have acted on it. */
static bool was_sent(const struct transfer *t, CURL *c)
{
	long request = 0;

	curl_easy_getinfo(c, CURLINFO_REQUEST_SIZE, &request);
	return request > 0 && t->taken == t->total;
}

struct verdict {
	enum err_kind kind;
	const char *reason;
};

static struct verdict connect_failed(CURL *c)
{
	long os = 0;

	curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &os);
	switch (os) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
		return (struct verdict){ ERR_NO_NETWORK, "net.unreachable" };
	case ETIMEDOUT:
		return (struct verdict){ ERR_SERVICE_SLOW, "net.connect-slow" };
	default:
		return (struct verdict){ ERR_SERVICE_DOWN, "net.refused" };
	}
}

/* NT5: silence, a drip and a slow way out are told apart by what had moved when time was over. */
static struct verdict timed_out(const struct transfer *t, CURL *c)
{
	curl_off_t lookup = 0, ready = 0;

	curl_easy_getinfo(c, CURLINFO_NAMELOOKUP_TIME_T, &lookup);
	curl_easy_getinfo(c, CURLINFO_PRETRANSFER_TIME_T, &ready);
	if (lookup == 0)
		return (struct verdict){ ERR_NO_NETWORK, "net.resolve" };
	if (ready == 0)
		return (struct verdict){ ERR_SERVICE_SLOW, "net.connect-slow" };
	if (t->taken < t->total)
		return (struct verdict){ ERR_SERVICE_SLOW, "net.upload-slow" };
	if (t->head == 0 && t->out->body->n == 0)
		return (struct verdict){ ERR_SERVICE_SLOW, "net.silent" };
	return (struct verdict){ ERR_SERVICE_SLOW, "net.drip" };
}

static struct verdict judge(const struct transfer *t, CURL *c, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return (struct verdict){ ERR_NO_NETWORK, "net.resolve" };
	case CURLE_COULDNT_CONNECT:
		return connect_failed(c);
	case CURLE_OPERATION_TIMEDOUT:
		return timed_out(t, c);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_USE_SSL_FAILED:
		return (struct verdict){ ERR_SERVICE_TLS, "net.tls" };
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return (struct verdict){ ERR_SERVICE_TLS, "net.pin" };
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return (struct verdict){ ERR_SERVICE_TLS, "net.ca-file" };
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		return (struct verdict){ ERR_SERVICE_DOWN, "net.cut" };
	case CURLE_FILESIZE_EXCEEDED:
		return (struct verdict){ ERR_SERVICE_ODD, "net.too-big" };
	case CURLE_ABORTED_BY_CALLBACK:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		return (struct verdict){ ERR_INTERNAL, "" };
	default:
		if (t->too_big)
			return (struct verdict){ ERR_SERVICE_ODD, "net.too-big" };
		/* An address that libcurl will not even try is our configuration, not their answer. */
		if (!was_sent(t, c) && (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT))
			return (struct verdict){ ERR_CONFIG, "net.config" };
		return (struct verdict){ ERR_SERVICE_ODD, "net.garbage" };
	}
}

int transfer_end(struct transfer *t, CURL *c, CURLcode code, struct err *e)
{
	const char *type = NULL;
	curl_off_t retry = 0;

	t->out->sent = was_sent(t, c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &t->out->status);
	curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry);
	t->out->content_type = mem_str(type);
	t->out->retry_after = retry > 0 && retry < 86400 ? (long)retry : 0;
	if (code == CURLE_OK)
		return 0;
	struct verdict v = judge(t, c, code);
	for (char *s = t->text; *s; s++)        /* may quote the server's certificate or status line (rule D1) */
		if (*s < ' ' || *s > '~')
			*s = '?';
	err_set(e, v.kind, "curl %d: %s", (int)code, t->text[0] ? t->text : curl_easy_strerror(code));
	return err_reason(e, v.reason);
}
