/* Memory and handles: our own allocation ends the process when memory runs out (a job that dies is a sentence on the
 * screen); what is taken is given back in one place with AUTO. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#define AUTO(release) __attribute__((cleanup(release)))
#define STEAL(pp) ({ __typeof__(*(pp)) taken_ = *(pp); *(pp) = NULL; taken_; })
#define COUNT(a) (sizeof(a) / sizeof *(a))

void *mem_alloc(size_t n);                      /* zeroed; never NULL */
void *mem_array(size_t count, size_t each);     /* zeroed, overflow-checked; never NULL */
void *mem_grow(void *p, size_t count, size_t each);
char *mem_str(const char *s);                   /* NULL stays NULL */
char *mem_strn(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *mem_dup(const void *p, size_t n);

/* For AUTO: char/void pointers, descriptors (-1 is left alone), FILE. */
void mem_free(void *pp);
void fd_close(int *fd);

/* A growing byte buffer; `p` is always NUL-terminated behind `n`. */
struct buf {
	unsigned char *p;
	size_t n, cap;
};
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);                   /* fits AUTO(buf_free) */
char *buf_steal(struct buf *b);                 /* the caller owns the string */

/* A secret has one fixed place, is locked in memory, kept out of core dumps, and wiped by its release. */
struct secret {
	char p[256];
	size_t n;
};
void secret_init(struct secret *s);
void secret_wipe(struct secret *s);             /* fits AUTO(secret_wipe) */

/* Files without names. All return -1 with errno kept in the error on failure. */
struct err;
int fd_memfd(const char *name, struct err *e);                      /* MFD_CLOEXEC|MFD_ALLOW_SEALING */
int fd_seal(int fd, struct err *e);                                 /* write, shrink, grow and seal are sealed */
int fd_is_sealed(int fd);
int fd_write_all(int fd, const void *p, size_t n, struct err *e);
int fd_read_all(int fd, struct buf *out, size_t max, struct err *e);/* from offset 0 by pread; ERR_FILE_TOO_BIG */
/* Copies n bytes (0: to the end) from offset 0 of `from` to the end of `to`. */
int fd_copy(int from, int to, size_t n, struct err *e);
/* Writes a file so that it is there whole or not at all: temporary name, fsync, rename, fsync of the folder. */
int file_replace(const char *path, const void *p, size_t n, unsigned mode, struct err *e);
int file_replace_fd(const char *path, int from, unsigned mode, struct err *e);
int file_mkdirs(const char *path, unsigned mode, struct err *e);

#endif
