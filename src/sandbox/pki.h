/* Time-stamps (RFC 3161) and certificate status (RFC 6960) over DER bytes. */
#ifndef SANDBOX_PKI_H
#define SANDBOX_PKI_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct ca;

/* A whole TimeStampResp for a TimeStampReq; a request that cannot be served gets its failure status. False: no answer at all. */
bool tsa_respond(const struct ca *ca, const void *request, size_t n, struct buf *out);
/* An OCSPResponse; a malformed request gets one that says so. */
bool ocsp_respond(const struct ca *ca, const void *request, size_t n, struct buf *out);

#endif
