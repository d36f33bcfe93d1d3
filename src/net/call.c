#include "net/net.h"

#include "base/job.h"

static bool call_stop(void *self)
{
	return call_cancelled(self);
}

struct net_watch net_watch_call(struct job_call *call)
{
	if (!call)
		return (struct net_watch){ .fd = -1 };
	return (struct net_watch){ .fd = call_cancel_fd(call), .stop = call_stop, .self = call };
}

int net_fetch(const struct net_request *r, struct net_answer *out, struct job_call *call, struct err *e)
{
	struct net_watch w = net_watch_call(call);

	return net_fetch_watched(r, out, &w, e);
}
