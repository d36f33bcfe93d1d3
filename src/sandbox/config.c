/* What a counter needs to find this sandbox: DIR/tramky.yaml and the ready line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/box.h"
#include "sandbox/bytes.h"

static const char *const apps =
	"      - { id: VNPT-CA, name: \"VNPT SmartCA\", app: \"VNPT SmartCA\", button: \"Ký số\" }\n"
	"      - { id: Viettel-CA, name: \"Viettel MySign\", app: \"MySign\", button: \"Ký số\" }\n"
	"      - { id: MISA-CA, name: \"MISA eSign\", app: \"MISA eSign\", button: \"Ký số\" }\n"
	"      - { id: FPT-CA, name: \"FPT.eSign\", app: \"FPT.eSign\", button: \"Ký số\" }\n";

static void way(struct buf *b, const struct box *x, const char *id, const char *dialect, const char *path, const char *more)
{
	buf_printf(b, "  %s:\n    dialect: %s\n    url: \"%s%s\"\n    ca: \"%s/ca/tls-root.pem\"\n    sp_id: %s\n"
		"    sp_password_file: \"%s/sp-password\"\n    timeout: 300\n%s", id, dialect, x->https_base, path, x->data, x->gateway.sp_id, x->data, more);
}

static void yaml(struct buf *b, const struct box *x)
{
	const char *d = x->data;

	buf_printf(b, "# TEST / THỬ NGHIỆM: written by tramky-sandbox at each start\nsandbox: true\nprovince: %s\nlang: vi\n"
		"data: \"%s/kiosk\"\nsession: \"%s/kiosk/session\"\noutputs: \"%s/kiosk/out\"\ntrust: \"%s/trust\"\nphone_page: \"%s/phone\"\n",
		x->opt->province ? x->opt->province : "dienbien", d, d, d, d, x->http_base);
	buf_printf(b, "identity: { url: \"%s/identity\", ca: \"%s/ca/tls-root.pem\" }\nportal: { url: \"%s/portal\", ca: \"%s/ca/tls-root.pem\" }\n"
		"tsa: { url: \"%s/tsa\" }\nrevocation: { allow: [\"%s/\"] }\nsigning:\n", x->https_base, d, x->https_base, d, x->http_base, x->http_base);
	way(b, x, "neac", "neac-sign_v2", "/neac", "    title_field: file_name\n    providers:\n");
	buf_str(b, apps);
	way(b, x, "vnpt", "vnpt-sp769", "/sca/sp769", "    providers:\n      - { id: VNPT-CA, name: \"VNPT SmartCA\", app: \"VNPT SmartCA\", button: \"Ký số\" }\n");
	way(b, x, "qd769", "qd769-plain", "/qd769", "    encoding: hex\n    providers:\n");
	buf_str(b, apps);
}

static int sp_password(struct box *b, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/sp-password", b->data);
	AUTO(mem_free) char *sp = mem_printf("%s/sp.json", b->data), *made = NULL;
	static const char registration[] = "{\"sp_id\":\"SANDBOX-SP\",\"webhook_url\":null}\n";
	FILE *f = fopen(path, "re");

	snprintf(b->gateway.sp_id, sizeof b->gateway.sp_id, "SANDBOX-SP");
	if (f) {
		if (!fgets(b->gateway.sp_password, sizeof b->gateway.sp_password, f))
			b->gateway.sp_password[0] = 0;
		fclose(f);
		b->gateway.sp_password[strcspn(b->gateway.sp_password, "\r\n")] = 0;
	}
	if (!*b->gateway.sp_password) {
		made = bytes_token(16);
		snprintf(b->gateway.sp_password, sizeof b->gateway.sp_password, "%s", made);
		if (file_replace(path, made, strlen(made), 0600, e))
			return -1;
	}
	return access(sp, F_OK) ? file_replace(sp, registration, sizeof registration - 1, 0644, e) : 0;
}

int config_write(struct box *b, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/tramky.yaml", b->data), *out = mem_printf("%s/kiosk/out", b->data);
	AUTO(mem_free) char *session = mem_printf("%s/kiosk/session", b->data);
	AUTO(buf_free) struct buf text = { 0 };

	const char *province = b->opt->province;

	if (province && (!*province || strspn(province, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(province)))
		return err_set(e, ERR_USAGE, "--province: an id such as dienbien");
	/* the path stands in quoted YAML */
	if (strpbrk(b->data, "\"\\\n"))
		return err_set(e, ERR_USAGE, "--data must not contain quotes or backslashes");
	if (sp_password(b, e) || file_mkdirs(out, 0700, e) || file_mkdirs(session, 0700, e))
		return -1;
	yaml(&text, b);
	return file_replace(path, text.p, text.n, 0644, e);
}

char *config_ready_line(const struct box *b)
{
	AUTO(mem_free) char *config = mem_printf("%s/tramky.yaml", b->data), *trust = mem_printf("%s/trust", b->data);
	AUTO(mem_free) char *phone = mem_printf("%s/phone", b->http_base), *portal = mem_printf("%s/portal", b->https_base);
	AUTO(mem_free) char *desk = mem_printf("%s/desk", b->http_base), *control = mem_printf("%s/control", b->http_base);
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "config", config, "trust", trust, "phone", phone, "portal", portal,
		"desk", desk, "control", control, "people", people_ready(&b->people));
	char *text = json_dumps(j, JSON_COMPACT);

	json_decref(j);
	return text;
}
