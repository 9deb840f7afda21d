/*
 * What the unit tests share: the runner, pairs of sockets, and a descriptor's
 * output caught as text.
 */
#ifndef PINGTLS_UNIT_H
#define PINGTLS_UNIT_H

#include <stddef.h>
#include <sys/types.h>

#include <check.h>

/* Defined where AddressSanitizer takes memory, and makes system calls, that
 * what is tested may not. */
#if defined(__SANITIZE_ADDRESS__)
#define UNIT_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_SANITIZED
#endif
#endif

/*
 * A case of `suite` whose tests may each take long enough that only one that
 * hangs is ended.
 */
TCase *unit_case(Suite *suite, const char *name);

/* Runs `suite` and frees it; TAP goes to standard output.  Returns what main
 * is to return. */
int unit_main(Suite *suite);

/* A connected pair of unix stream sockets. */
void unit_pair(int fds[2]);

/* The same over TCP on the loopback interface. */
void unit_tcp_pair(int fds[2]);

/* Sends all of it.  The test fails if that does not work. */
void unit_send(int fd, const void *data, size_t size);
void unit_send_text(int fd, const char *text);

/*
 * Receives until the end of file, at most `size` octets.  Returns how many
 * came, or -1 with errno.
 */
ssize_t unit_receive_all(int fd, char *data, size_t size);

/* Octets that wait in the kernel to be read from `fd`. */
size_t unit_waiting(int fd);

/* The open descriptors of process `pid`. */
size_t unit_descriptors(pid_t pid);

/* Waits a while for process `pid` to have `count` of them; returns how many it
 * has at last. */
size_t unit_descriptors_settle(pid_t pid, size_t count);

/* Waits until process `pid` sleeps, as one does that waits for another. */
void unit_wait_asleep(pid_t pid);

/*
 * A command line: `program` and the words in `line`, blanks between.  Its words
 * go to `argv`, good until the next call.  Returns how many they are.
 */
int unit_words(const char *program, const char *line, char *argv[]);
#define UNIT_WORDS_MOST 256

/* Catches what is written to descriptor `fd` from now on ... */
void unit_capture_begin(int fd);

/* ... until now.  The text is good until the next capture. */
const char *unit_capture_end(void);

/* The number of lines in `text`. */
size_t unit_lines(const char *text);

#endif
