/* The other side for training and tests: identity, signing gateways, time-stamps, revocation, intake and a phone, in one
 * process (README.md). Everything it issues says TEST / THỬ NGHIỆM. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

struct err;

struct sandbox_options {
	const char *data;        /* directory that keeps CA, people and transactions */
	const char *listen;      /* numeric address; NULL: 127.0.0.1 */
	const char *outcome;     /* NULL: the phone page decides */
	const char *province;    /* NULL: dienbien */
	int port;                /* http; https is port + 1; 0: the ports of the last run, else the system's choice */
	int delay;               /* seconds before a scripted outcome happens */
	int resend;              /* seconds before a one-time code may be sent again */
	int ready_fd;            /* the ready line goes here */
};
/* Serves until SIGTERM or SIGINT. 0, or -1 when it could not start. */
int sandbox_run(const struct sandbox_options *o, struct err *e);

#endif
