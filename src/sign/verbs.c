#include "sign/sign.h"

#include "base/config.h"
#include "base/job.h"
#include "base/json.h"
#include "base/text.h"
#include "net/net.h"

#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

static bool verb_cancelled(void *self)
{
	return call_cancelled(self);
}

static void verb_progress(void *self, const json_t *body)
{
	call_progress_json(self, body);
}

int sign_certificates(struct job_call *call, struct err *e)
{
	struct net_watch w = net_watch_call(call);
	AUTO(sign_link_close) struct sign_link l = { 0 };
	AUTO(mem_free) char *account = text_digits(json_str(call->args, "account", ""));
	AUTO(json_release) json_t *list = json_array();
	struct sign_request r = { .account = account, .provider = (char *)json_str(call->args, "provider", ""),
				  .serial = (char *)json_str(call->args, "serial", "") };

	if (strlen(account) < 9 || strlen(account) > 14 || strlen(r.provider) > 40 || strlen(r.serial) > 80)
		return err_set(e, ERR_USAGE, "sign.certificates: account, provider or serial is malformed");
	if (sign_link_open(&l, call->config, json_str(call->args, "way", ""), &w, e) < 0)
		return -1;
	if (l.way->ops->certificates(&l, &r, list, e) < 0)
		return err_add(e, "sign.certificates");
	json_object_set(call->result, "certificates", list);
	return 0;
}

static int run(struct job_call *call, bool resume, struct err *e)
{
	AUTO(sign_request_clear) struct sign_request r = { 0 };
	struct sign_hooks h = { .self = call, .fd = call_cancel_fd(call), .cancelled = verb_cancelled, .progress = verb_progress };
	int fd = call_fd(call, 0, e);

	if (fd < 0 || sign_request_read(&r, call->args, call->config, e) < 0)
		return -1;
	int rc = sign_run(call->config, &r, fd, resume, &h, call->result, e);
	/* The caller may still hold the same open file: without this the lock would live as long as it does. */
	flock(fd, LOCK_UN);
	return rc;
}

int sign_submit(struct job_call *call, struct err *e)
{
	return run(call, false, e);
}

int sign_resume(struct job_call *call, struct err *e)
{
	return run(call, true, e);
}
