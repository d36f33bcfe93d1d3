/* tramky-net: the helper that reaches the network (identity, remote signing, intake, time-stamps, revocation). */
#include "base/job.h"
#include "base/mem.h"
#include "identity/identity.h"
#include "net/services.h"
#include "portal/portal.h"
#include "sign/sign.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static const struct job_verb verbs[] = {
	{ "identity.login", identity_login },
	{ "identity.otp", identity_otp },
	{ "identity.resend", identity_resend },
	{ "identity.logout", identity_logout },
	{ "profiles.get", identity_profiles_get },
	{ "profiles.put", identity_profiles_put },
	{ "sign.certificates", sign_certificates },
	{ "sign.submit", sign_submit },
	{ "sign.resume", sign_resume },
	{ "tsa.stamp", net_tsa_stamp },
	{ "revocation.fetch", net_revocation_fetch },
	{ "clock.check", net_clock_check },
	{ "portal.send", portal_send },
	{ "portal.find", portal_find },
	{ "portal.status", portal_status },
};

/* JSON values here hold passwords, one-time codes and tokens: whatever jansson lets go of is wiped (rule P1). */
static void wipe_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

int main(int argc, char **argv)
{
	json_set_alloc_funcs(malloc, wipe_free);
	return job_main(argc, argv, JOB_NET, verbs, COUNT(verbs));
}
