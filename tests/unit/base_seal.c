/* base/seal.h: a blob that was moved, cut, changed or put back older is refused (trap JN3); keys and hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"

static const struct seal_key key = { .p = "0123456789abcdef0123456789abcde", .id = 7 };
static const char text[] = "tờ khai thử nghiệm";

static void seal_text(struct buf *out, const char *row, uint64_t version)
{
	assert_int_equal(seal_bytes(out, &key, row, version, text, sizeof text, NULL), 0);
}

static bool opens(const struct buf *b, const struct seal_key *k, const char *row, uint64_t version)
{
	AUTO(buf_free) struct buf out = { 0 };
	struct err e = { 0 };

	if (seal_open(&out, k, row, version, b->p, b->n, &e) == 0) {
		assert_int_equal(out.n, sizeof text);
		assert_memory_equal(out.p, text, sizeof text);
		return true;
	}
	assert_int_equal(e.kind, ERR_REJECTED);
	assert_int_equal(out.n, 0);
	return false;
}

static void a_seal_opens_in_its_place_only(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };
	struct seal_key other = key;

	seal_text(&b, "draft:1", 5);
	assert_true(opens(&b, &key, "draft:1", 5));
	assert_false(opens(&b, &key, "draft:2", 5));
	assert_false(opens(&b, &key, "draft:", 5));
	assert_false(opens(&b, &key, "", 5));
	assert_false(opens(&b, &key, "draft:1", 6));
	assert_false(opens(&b, &key, "draft:1", 4));
	other.p[0] ^= 1;
	assert_false(opens(&b, &other, "draft:1", 5));
	other = key;
	other.id = 8;
	assert_false(opens(&b, &other, "draft:1", 5));
}

static void an_older_blob_is_no_newer_one(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf old = { 0 }, new = { 0 };

	seal_text(&old, "r", 1);
	seal_text(&new, "r", 2);
	assert_false(opens(&old, &key, "r", 2));
	/* The version in the header is written over: it is authenticated as well. */
	memcpy(old.p + 8, new.p + 8, 8);
	assert_false(opens(&old, &key, "r", 2));
	assert_true(opens(&new, &key, "r", 2));
}

static void every_flipped_bit_is_seen(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };

	seal_text(&b, "r", 1);
	for (size_t bit = 0; bit < b.n * 8; bit++) {
		b.p[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (opens(&b, &key, "r", 1))
			fail_msg("bit %zu", bit);
		b.p[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_true(opens(&b, &key, "r", 1));
}

static void every_cut_is_seen(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };

	seal_text(&b, "r", 1);
	for (size_t n = 0; n < b.n; n++) {
		/* A copy of exactly that length, so that a sanitizer sees a read beyond it. */
		AUTO(mem_free) unsigned char *cut = mem_dup(b.p, n);
		struct buf part = { .p = cut, .n = n };
		assert_false(opens(&part, &key, "r", 1));
	}
	buf_add(&b, "", 1);
	assert_false(opens(&b, &key, "r", 1));
}

static void no_two_seals_are_alike(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf a = { 0 }, b = { 0 }, none = { 0 }, out = { 0 };

	seal_text(&a, "r", 1);
	seal_text(&b, "r", 1);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, 16);
	assert_memory_not_equal(a.p + 16, b.p + 16, 12);
	assert_memory_not_equal(a.p + 28, b.p + 28, sizeof text);
	assert_memory_equal(a.p, "TKS1", 4);
	assert_int_equal(seal_bytes(&none, &key, "", 0, NULL, 0, NULL), 0);
	assert_int_equal(none.n, 28 + 16);
	assert_int_equal(seal_open(&out, &key, "", 0, none.p, none.n, NULL), 0);
	assert_int_equal(out.n, 0);
}

/* ---- against OpenSSL's own programs ---- */

static char *command(const char *line)
{
	char out[512] = "";
	FILE *f = popen(line, "r");

	assert_non_null(f);
	size_t n = fread(out, 1, sizeof out - 1, f);
	assert_int_equal(pclose(f), 0);
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		out[--n] = '\0';
	return mem_str(out);
}

static void keys_and_hashes_are_those_of_the_standards(void **state)
{
	(void)state;
	char hex[65];
	AUTO(mem_free) char *key_hex = hex_text(key.p, sizeof key.p);

	sha256_hex(hex, "abc", 3);     /* FIPS 180-4, example */
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(hex, NULL, 0);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

	assert_int_equal(seal_tag(hex, &key, "person:1", NULL), 0);
	AUTO(mem_free) char *line = mem_printf("printf person:1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:%s -r | cut -c1-64", key_hex);
	AUTO(mem_free) char *want = command(line);
	assert_string_equal(hex, want);

	struct seal_key made;
	assert_int_equal(seal_key_derive(&made, &key, "draft", "x1", 2, NULL), 0);
	AUTO(mem_free) char *made_hex = hex_text(made.p, sizeof made.p);
	AUTO(mem_free) char *kdf = mem_printf("openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:%s -kdfopt info:tramky/5/draft/x1 HKDF "
					      "| tr -d ':\\n' | tr A-F a-f", key_hex);
	AUTO(mem_free) char *kdf_want = command(kdf);
	assert_string_equal(made_hex, kdf_want);
}

static void purposes_do_not_meet(void **state)
{
	(void)state;
	struct seal_key a, b;

	seal_key_derive(&a, &key, "draft", "x", 1, NULL);
	seal_key_derive(&b, &key, "outbox", "x", 1, NULL);
	assert_memory_not_equal(a.p, b.p, 32);
	assert_int_not_equal(a.id, b.id);
	seal_key_derive(&b, &key, "draft", "y", 1, NULL);
	assert_memory_not_equal(a.p, b.p, 32);
	seal_key_derive(&a, &key, "ab", "c", 1, NULL);
	seal_key_derive(&b, &key, "a", "bc", 2, NULL);
	assert_memory_not_equal(a.p, b.p, 32);
	/* In place: a key may be derived from itself. */
	b = key;
	assert_int_equal(seal_key_derive(&b, &b, "ab", "c", 1, NULL), 0);
	assert_memory_equal(a.p, b.p, 32);
	seal_key_wipe(&b);
	for (size_t i = 0; i < sizeof b.p; i++)
		assert_int_equal(b.p[i], 0);
}

static void hashing_in_pieces(void **state)
{
	(void)state;
	AUTO(sha256_drop) struct sha256 h = { 0 }, fork_of = { 0 };
	unsigned char whole[32], part[32], other[32];
	AUTO(fd_close) int fd = fd_memfd("sha", NULL);

	assert_int_equal(fd_write_all(fd, "hello world", 11, NULL), 0);
	assert_int_equal(sha256_fd(whole, fd, NULL), 0);
	assert_int_equal(sha256_begin(&h, NULL), 0);
	sha256_add(&h, "hello", 5);
	assert_int_equal(sha256_copy(&fork_of, &h, NULL), 0);
	sha256_add(&h, "", 0);
	sha256_add(&h, " world", 6);
	assert_int_equal(sha256_end(&h, part, NULL), 0);
	assert_memory_equal(whole, part, 32);
	sha256_add(&fork_of, " there", 6);
	assert_int_equal(sha256_end(&fork_of, other, NULL), 0);
	assert_memory_not_equal(whole, other, 32);
	/* Ended or never begun: no hash to be had, no crash. */
	sha256_add(&h, "x", 1);
	assert_int_equal(sha256_end(&h, part, NULL), -1);
	assert_int_equal(sha256_copy(&fork_of, &h, NULL), -1);
	assert_int_equal(sha256_fd(whole, -1, NULL), -1);
}

/* Small files in one turn, big ones beside a thread: the copy is the file and the hash is the copy's. */
static void copying_hashes_what_it_writes(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0, 1, 256 << 10, (4 << 20) - 1, 4 << 20, (9 << 20) + 12345 };
	unsigned char said[32], is[32], was[32];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		AUTO(fd_close) int from = fd_memfd("from", NULL), to = fd_memfd("to", NULL);
		AUTO(mem_free) unsigned char *bytes = mem_alloc(sizes[i] + 1);
		for (size_t k = 0; k < sizes[i]; k++)
			bytes[k] = (unsigned char)(k * 2654435761u >> 13);
		assert_int_equal(fd_write_all(from, bytes, sizes[i], NULL), 0);
		assert_int_equal(sha256_copy_fd(said, from, to, sizes[i], NULL), 0);
		assert_int_equal(sha256_fd(is, to, NULL), 0);
		assert_int_equal(sha256_fd(was, from, NULL), 0);
		assert_memory_equal(said, is, 32);
		assert_memory_equal(said, was, 32);
		/* A file that is shorter than was said: an error, and the thread ends too. */
		assert_int_equal(sha256_copy_fd(said, from, to, sizes[i] + 1, NULL), -1);
	}
}

/* ---- the kiosk's key ---- */

static char dir[40];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tramky-seal-XXXXXX");
	unsetenv("CREDENTIALS_DIRECTORY");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	AUTO(mem_free) char *line = mem_printf("rm -rf %s", dir);
	unsetenv("CREDENTIALS_DIRECTORY");
	return system(line);
}

static void the_key_is_made_once(void **state)
{
	(void)state;
	AUTO(mem_free) char *path = mem_printf("%s/key", dir), *left = mem_printf("ls -A %s | wc -l", dir);
	struct seal_key a, b;
	struct stat st;

	assert_int_equal(seal_key_load(&a, dir, NULL), 0);
	assert_int_equal(seal_key_load(&b, dir, NULL), 0);
	assert_memory_equal(&a, &b, sizeof a);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	AUTO(mem_free) char *count = command(left);
	assert_string_equal(count, "1");
}

static void a_key_open_to_others_is_not_used(void **state)
{
	(void)state;
	AUTO(mem_free) char *path = mem_printf("%s/key", dir), *aside = mem_printf("%s/aside", dir);
	struct seal_key k;
	struct err e = { 0 };

	assert_int_equal(seal_key_load(&k, dir, NULL), 0);
	chmod(path, 0644);
	assert_int_equal(seal_key_load(&k, dir, &e), -1);
	assert_int_equal(e.kind, ERR_STORE_GONE);
	chmod(path, 0600);
	assert_int_equal(truncate(path, 31), 0);
	assert_int_equal(seal_key_load(&k, dir, &e), -1);
	assert_int_equal(truncate(path, 33), 0);
	assert_int_equal(seal_key_load(&k, dir, &e), -1);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(symlink(aside, path), 0);
	assert_int_equal(seal_key_load(&k, dir, &e), -1);
	AUTO(mem_free) char *nowhere = mem_printf("%s/none", dir);
	assert_int_equal(seal_key_load(&k, nowhere, &e), -1);
}

static void systemd_credentials_come_first(void **state)
{
	(void)state;
	AUTO(mem_free) char *path = mem_printf("%s/tramky-key", dir), *own = mem_printf("%s/key", dir);
	struct seal_key k;

	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_int_equal(file_replace(path, key.p, sizeof key.p, 0400, NULL), 0);
	assert_int_equal(seal_key_load(&k, dir, NULL), 0);
	assert_memory_equal(k.p, key.p, sizeof key.p);
	assert_int_equal(access(own, F_OK), -1);
	/* There but of another size: an error, never a new key in its stead. */
	assert_int_equal(file_replace(path, key.p, 16, 0400, NULL), 0);
	assert_int_equal(seal_key_load(&k, dir, NULL), -1);
	assert_int_equal(access(own, F_OK), -1);
}

/* Eight programs that start together on a new machine all end with one key. */
static void all_who_start_together_have_one_key(void **state)
{
	(void)state;
	enum { N = 8 };
	int go[2], back[2];
	unsigned char first[32], next[32];

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(back), 0);
	for (int i = 0; i < N; i++)
		if (fork() == 0) {
			struct seal_key k;
			char c;
			close(go[1]);
			(void)!read(go[0], &c, 1);
			int rc = seal_key_load(&k, dir, NULL);
			_exit(rc == 0 && write(back[1], k.p, 32) == 32 ? 0 : 1);
		}
	close(go[1]);
	for (int i = 0; i < N; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(read(back[0], first, 32), 32);
	for (int i = 1; i < N; i++) {
		assert_int_equal(read(back[0], next, 32), 32);
		assert_memory_equal(first, next, 32);
	}
	close(go[0]);
	close(back[0]);
	close(back[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seal_opens_in_its_place_only),
		cmocka_unit_test(an_older_blob_is_no_newer_one),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(every_cut_is_seen),
		cmocka_unit_test(no_two_seals_are_alike),
		cmocka_unit_test(keys_and_hashes_are_those_of_the_standards),
		cmocka_unit_test(purposes_do_not_meet),
		cmocka_unit_test(hashing_in_pieces),
		cmocka_unit_test(copying_hashes_what_it_writes),
		cmocka_unit_test_setup_teardown(the_key_is_made_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_open_to_others_is_not_used, setup, teardown),
		cmocka_unit_test_setup_teardown(systemd_credentials_come_first, setup, teardown),
		cmocka_unit_test_setup_teardown(all_who_start_together_have_one_key, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
