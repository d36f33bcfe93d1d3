/* Plainly invented people: the surname or given name says what each is for. Codes 011 and 062 are Điện Biên and Kon Tum. */
#include "base/mem.h"
#include "sandbox/people.h"

struct row {
	const char *id, *old_id, *name, *role, *password, *phone, *ca, *birth, *sex, *ethnic, *address, *certs;
	bool quota;
};

/* certs: one letter a certificate: v valid, e expired, r revoked, p valid on P-256, c valid and named by the old CMND. */
static const struct row rows[] = {
	{ "001090123456", "012345678", "Nguyễn Văn An", "citizen", "thunghiem1", "0901000456", "VNPT-CA", "01/01/1990", "Nam", "Kinh", "Số 1 đường Thử Nghiệm, phường TEST, tỉnh Điện Biên", "v", false },
	{ "011192004567", "040123456", "Lò Thị Thử Mai", "citizen", "thunghiem2", "0901000567", "Viettel-CA", "12/05/1992", "Nữ", "Thái", "Số 1 đường Thử Nghiệm, phường TEST, tỉnh Điện Biên", "v", false },
	{ "011085012345", "", "Quàng Văn Chưa Ký", "citizen", "thunghiem3", "0901000678", "", "03/02/1985", "Nam", "Thái", "Bản TEST 3, xã Thử Nghiệm, tỉnh Điện Biên", "", false },
	{ "011178023456", "", "Cà Thị Hết Hạn", "citizen", "thunghiem4", "0901000789", "MISA-CA", "24/07/1978", "Nữ", "Khơ-mú", "Bản TEST 4, xã Thử Nghiệm, tỉnh Điện Biên", "e", false },
	{ "011082034567", "", "Vừ A Thu Hồi", "citizen", "thunghiem5", "0901000890", "VNPT-CA", "30/11/1982", "Nam", "Mông", "Bản TEST 5, xã Thử Nghiệm, tỉnh Điện Biên", "r", false },
	{ "011195045678", "", "Giàng Thị Hết Lượt", "citizen", "thunghiem6", "0901000901", "FPT-CA", "08/03/1995", "Nữ", "Mông", "Bản TEST 6, xã Thử Nghiệm, tỉnh Điện Biên", "v", true },
	{ "062088056789", "233123456", "A Hai Chứng Thư", "citizen", "thunghiem7", "0901000123", "VNPT-CA", "19/09/1988", "Nam", "Gié-Triêng", "Thôn TEST 7, xã Thử Nghiệm, tỉnh Kon Tum (cũ)", "vc", false },
	{ "066191067890", "", "H Đường Cong", "citizen", "thunghiem8", "0901000234", "VNPT-CA", "02/09/1991", "Nữ", "Ê-đê", "Buôn TEST 8, xã Thử Nghiệm, tỉnh Đắk Lắk", "p", false },
	{ "011179070001", "", "Bùi Thị Tiếp Nhận", "reception", "thunghiem-tn", "0902000001", "GOV-CA", "11/04/1979", "Nữ", "Kinh", "UBND phường TEST, tỉnh Điện Biên", "v", false },
	{ "011075070002", "", "Trịnh Văn Lãnh Đạo", "leader", "thunghiem-ld", "0902000002", "GOV-CA", "22/12/1975", "Nam", "Kinh", "UBND phường TEST, tỉnh Điện Biên", "v", false },
	{ "011187070003", "", "Hoàng Thị Văn Thư", "clerk", "thunghiem-vt", "0902000003", "GOV-CA", "15/06/1987", "Nữ", "Tày", "UBND phường TEST, tỉnh Điện Biên", "v", false },
};

json_t *people_table(void)
{
	json_t *all = json_array();

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		AUTO(mem_free) char *mail = mem_printf("test%zu@example.vn", i + 1);

		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
			"id", r->id, "old_id", r->old_id, "name", r->name, "role", r->role, "password", r->password, "phone", r->phone,
			"ca", r->ca, "birth_date", r->birth, "sex", r->sex, "ethnic", r->ethnic, "nationality", "Việt Nam",
			"address", r->address, "mail", mail, "certificates", r->certs, "quota", r->quota));
	}
	return all;
}
