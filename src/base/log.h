/* The log: one line an event to the data directory's log file (0600), never a name, number, PIN, OTP or document text
 * (rules P7, P9). A function reports by struct err; the one place that ends an operation logs it, once. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

struct err;

void log_open(const char *program, const char *path);   /* path NULL: stderr */
void log_line(const char *event, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_err(const char *event, const struct err *e);

#endif
