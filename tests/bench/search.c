#include "bench/bench.h"

#include "base/err.h"
#include "base/mem.h"
#include "catalogue/catalogue.h"

#include <stdio.h>
#include <string.h>

/* What people type at a counter: with marks and without, in another order, with a wrong letter, by code. */
static const char *const typed[] = {
	"khai sinh", "dang ky khai sinh", "đăng ký kết hôn", "ket hon co yeu to nuoc ngoai", "xac nhan tinh trang hon nhan",
	"dat dai", "cấp giấy chứng nhận quyền sử dụng đất", "chung thuc ban sao", "can cuoc", "ho khau", "tam tru",
	"giay phep xay dung", "ho kinh doanh", "bao hiem xa hoi", "tro cap", "khai tu", "nhan con nuoi", "doi ten",
	"1.001193", "dang ki khai sihn", "giay khai sinh ban sao", "thanh lap doanh nghiep", "người có công", "hỗ trợ học phí",
};
enum { MAX = 4096, HITS = 9 };

/* Every prefix that ends with a whole letter is one search, as in the box on the screen. */
static size_t type_one(struct catalogue *c, const char *text, double *ms, size_t room)
{
	size_t n = 0;

	for (size_t i = 1; i <= strlen(text) && n < room; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		AUTO(mem_free) char *part = mem_strn(text, i);
		struct hit hits[HITS];
		size_t total;
		double began = bench_ms();
		catalogue_search(c, part, NULL, hits, HITS, &total);
		ms[n++] = bench_ms() - began;
	}
	return n;
}

/* search DIR: {"keys","p50_ms","p99_ms","max_ms","open_ms"} */
int bench_search(int argc, char **argv)
{
	static double ms[MAX];
	struct err e = { 0 };
	size_t n = 0;

	if (argc != 2)
		return 2;
	double began = bench_ms();
	AUTO(catalogue_release) struct catalogue *c = catalogue_open(argv[1], &e);
	double opened = bench_ms() - began;
	if (!c) {
		fprintf(stderr, "catalogue: %s\n", e.cause);
		return 70;
	}
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < COUNT(typed); i++)
			n += type_one(c, typed[i], ms + n, MAX - n);
	double p50 = bench_median(ms, n);
	printf("{\"keys\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"open_ms\":%.2f}\n", n, p50, bench_part(ms, n, 0.99),
	       bench_part(ms, n, 1), opened);
	return 0;
}
