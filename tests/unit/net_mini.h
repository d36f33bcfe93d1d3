/* A scripted server for unit tests: a forked child on 127.0.0.1, TLS (own throw-away CA) or plain. Each request is handed to
 * the test's function inside the child and told to the parent through shared memory and a pipe: no sleeps, only events. */
#ifndef UNIT_NET_MINI_H
#define UNIT_NET_MINI_H

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINI __attribute__((unused)) static

enum { MINI_REQS = 48, MINI_BODY = 1 << 20 };
struct mini_req {
	char method[16], path[512], head[4096];
	size_t n;
	unsigned char body[MINI_BODY];
};
struct mini_shared {
	int count;
	struct mini_req req[MINI_REQS];
};
struct mini_con {
	int fd;
	SSL *ssl;
	int nth;                 /* requests before this one */
	void *self;
};
typedef void mini_fn(struct mini_con *c, const struct mini_req *q);
struct mini {
	pid_t pid;
	int port, told, taken;
	struct mini_shared *s;
	char url[64];
};

/* ---- certificates ------------------------------------------------------------------------------------------------ */
struct mini_ca {
	EVP_PKEY *key, *server_key;
	X509 *cert, *server;
	char file[256];          /* CA in PEM */
};

MINI X509 *mini_cert(EVP_PKEY *key, const char *cn, const char *san, const char *uid, X509 *issuer, EVP_PKEY *issuer_key)
{
	static long serial = 0x1001;
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	if (uid)
		X509_NAME_add_entry_by_txt(n, "UID", MBSTRING_UTF8, (const unsigned char *)uid, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : n);
	X509_set_pubkey(x, key);
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer ? issuer : x, x, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	if (san) {
		ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, san);
		X509_add_ext(x, ext, -1);
		X509_EXTENSION_free(ext);
	}
	X509_sign(x, issuer ? issuer_key : key, EVP_sha256());
	return x;
}

MINI void mini_pem(const char *path, X509 *x)
{
	FILE *f = fopen(path, "w");
	PEM_write_X509(f, x);
	fclose(f);
}

/* `san`: "IP:127.0.0.1" for a good one. */
MINI struct mini_ca mini_ca_make(const char *dir, const char *name, const char *san)
{
	struct mini_ca a = { .key = EVP_EC_gen("P-256"), .server_key = EVP_EC_gen("P-256") };

	a.cert = mini_cert(a.key, "TEST root of a unit test", NULL, NULL, NULL, NULL);
	a.server = mini_cert(a.server_key, "TEST server", san, NULL, a.cert, a.key);
	snprintf(a.file, sizeof a.file, "%s/%s.pem", dir, name);
	mini_pem(a.file, a.cert);
	return a;
}

MINI void mini_ca_free(struct mini_ca *a)
{
	X509_free(a->cert);
	X509_free(a->server);
	EVP_PKEY_free(a->key);
	EVP_PKEY_free(a->server_key);
}

/* ---- inside the child -------------------------------------------------------------------------------------------- */
MINI ssize_t mini_in(struct mini_con *c, void *p, size_t n)
{
	return c->ssl ? SSL_read(c->ssl, p, (int)n) : read(c->fd, p, n);
}

MINI void mini_bytes(struct mini_con *c, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t w = c->ssl ? SSL_write(c->ssl, at, (int)n) : send(c->fd, at, n, MSG_NOSIGNAL);
		if (w <= 0)
			return;
		at += w;
		n -= (size_t)w;
	}
}

MINI __attribute__((format(printf, 2, 3))) void mini_say(struct mini_con *c, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	mini_bytes(c, s, (size_t)n);
	free(s);
}

/* A whole answer with a JSON body and a Date. */
MINI void mini_answer(struct mini_con *c, int status, const char *body)
{
	mini_say(c, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\n"
	            "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", status, strlen(body), body);
}

/* Says nothing until the client goes away. */
MINI void mini_wait_gone(struct mini_con *c)
{
	char b[256];

	while (mini_in(c, b, sizeof b) > 0)
		;
}

/* Ends the connection with a reset. */
MINI void mini_reset(struct mini_con *c)
{
	struct linger l = { 1, 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	close(c->fd);
	c->fd = -1;
}

MINI bool mini_read_request(struct mini_con *c, struct mini_req *q)
{
	char *end = NULL;
	size_t n = 0;

	memset(q->head, 0, sizeof q->head);
	q->n = 0;
	while (!end) {
		if (n == sizeof q->head - 1)
			return false;
		ssize_t r = mini_in(c, q->head + n, 1);
		if (r <= 0)
			return false;
		n += (size_t)r;
		end = strstr(q->head, "\r\n\r\n");
	}
	if (sscanf(q->head, "%15s %511s", q->method, q->path) != 2)
		return false;
	const char *len = strcasestr(q->head, "\r\nContent-Length:");
	size_t want = len ? strtoul(len + 17, NULL, 10) : 0;
	if (want > MINI_BODY)
		return false;
	while (q->n < want) {
		ssize_t r = mini_in(c, q->body + q->n, want - q->n);
		if (r <= 0)
			return false;
		q->n += (size_t)r;
	}
	return true;
}

MINI void mini_serve(int listener, struct mini_shared *s, int tell, mini_fn *fn, void *self, SSL_CTX *ctx)
{
	for (;;) {
		struct mini_con c = { .fd = accept(listener, NULL, NULL), .self = self };
		if (c.fd < 0)
			continue;
		if (ctx) {
			c.ssl = SSL_new(ctx);
			SSL_set_fd(c.ssl, c.fd);
		}
		struct mini_req *q = &s->req[s->count % MINI_REQS];
		if ((!c.ssl || SSL_accept(c.ssl) == 1) && mini_read_request(&c, q)) {
			c.nth = s->count++;
			(void)!write(tell, "r", 1);
			fn(&c, q);
			if (c.ssl && c.fd >= 0)
				SSL_shutdown(c.ssl);
		}
		SSL_free(c.ssl);
		if (c.fd >= 0)
			close(c.fd);
	}
}

/* ---- the test's side --------------------------------------------------------------------------------------------- */
/* `ca` NULL: plain http. */
MINI struct mini mini_start(mini_fn *fn, void *self, const struct mini_ca *ca)
{
	struct mini m = { 0 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int p[2], l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	m.s = mmap(NULL, sizeof *m.s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l < 0 || m.s == MAP_FAILED || bind(l, (struct sockaddr *)&a, len) < 0 || listen(l, 16) < 0 ||
	    getsockname(l, (struct sockaddr *)&a, &len) < 0 || pipe(p) < 0)
		abort();
	m.port = ntohs(a.sin_port);
	snprintf(m.url, sizeof m.url, "%s://127.0.0.1:%d", ca ? "https" : "http", m.port);
	m.pid = fork();
	if (m.pid == 0) {
		SSL_CTX *ctx = NULL;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		if (ca) {
			ctx = SSL_CTX_new(TLS_server_method());
			SSL_CTX_use_certificate(ctx, ca->server);
			SSL_CTX_use_PrivateKey(ctx, ca->server_key);
		}
		mini_serve(l, m.s, p[1], fn, self, ctx);
	}
	close(l);
	close(p[1]);
	m.told = p[0];
	return m;
}

/* The next request the server saw; waits for it, NULL when none comes within 20 s. */
MINI const struct mini_req *mini_take(struct mini *m)
{
	struct pollfd p = { .fd = m->told, .events = POLLIN };
	char b;

	if (poll(&p, 1, 20000) != 1 || read(m->told, &b, 1) != 1)
		return NULL;
	return &m->s->req[m->taken++ % MINI_REQS];
}

MINI void mini_stop(struct mini *m)
{
	kill(m->pid, SIGKILL);
	waitpid(m->pid, NULL, 0);
	close(m->told);
	munmap(m->s, sizeof *m->s);
}

static char mini_folder[128];
static pid_t mini_owner;

static void mini_folder_drop(void)
{
	if (getpid() != mini_owner)
		return;
	DIR *d = opendir(mini_folder);
	for (struct dirent *f; d && (f = readdir(d));)
		unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		closedir(d);
	rmdir(mini_folder);
}

/* A folder of its own under TMPDIR, gone at the end of the program. */
MINI const char *mini_dir(void)
{
	if (!mini_folder[0]) {
		const char *tmp = getenv("TMPDIR");
		snprintf(mini_folder, sizeof mini_folder, "%s/tramky-unit-XXXXXX", tmp ? tmp : "/tmp");
		if (!mkdtemp(mini_folder))
			abort();
		mini_owner = getpid();
		atexit(mini_folder_drop);
	}
	return mini_folder;
}

#endif
