/* Verbs of the net job that belong to no other room: time-stamps, revocation answers, the clock. */
#ifndef NET_SERVICES_H
#define NET_SERVICES_H

#include <stdbool.h>

struct config;
struct err;
struct job_call;

/* {"request"} -> {"response"}: RFC 3161 over http(s); the answer is signed, who asked checks it. */
int net_tsa_stamp(struct job_call *call, struct err *e);
/* {"ocsp_url","ocsp_request","crl_url"} -> {"ocsp?","crl?"}: what could be had. Addresses come from certificates, so from
 * strangers: only those under a prefix of `revocation.allow` are asked. Fails only when it is cancelled. */
int net_revocation_fetch(struct job_call *call, struct err *e);
/* {} -> {"skew"}: our clock minus the identity service's Date, seconds. Over 60: ERR_CLOCK_WRONG, reason clock.ahead-N or
 * clock.behind-N (rule K4). */
int net_clock_check(struct job_call *call, struct err *e);

/* True when `url` lies under a prefix of the list: a prefix ends at a "/" of the address, so that "http://ca.vn" does not
 * let "http://ca.vn.example/" in. */
bool net_url_allowed(const struct config *c, const char *url);

#endif
