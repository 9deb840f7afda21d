/*
 * The messages between the listener and the loader.  One message is one packet
 * on a SOCK_SEQPACKET socket; both ends are the same program, so structs are
 * sent as they are.
 */
#ifndef PINGTLS_LOADER_WIRE_H
#define PINGTLS_LOADER_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loader/loader.h"
#include "log/log.h"

/*
 * From the listener.  None says which file: a listener that was taken over can
 * have the loader do nothing that the command line did not ask for.
 */
enum loader_request_kind {
	LOADER_LOAD = 1,       /* with one descriptor: of the load's channel */
	LOADER_WRITE_METRICS,  /* with the file's text */
	LOADER_REMOVE_SOCKETS, /* the unix sockets that were bound */
	LOADER_REMOVE_PID_FILE,
};

struct loader_request {
	uint32_t kind;
	char text[LOADER_TEXT_MAX];
};

/* To the listener: from the loader's own socket lines only, from the channel
 * of a load what it loaded, too. */
enum loader_reply_kind {
	LOADER_LINE = 1, /* of the log */
	LOADER_PART,     /* the next octets of the bundle */
	LOADER_LOADED,   /* that was all; a keyholder serves on the channel */
};

#define LOADER_PART_MAX 32768

struct loader_reply {
	uint32_t kind;
	uint32_t priority; /* of a line (syslog(3)) */
	union {
		char line[LOG_LINE_MAX];
		uint8_t part[LOADER_PART_MAX];
	} u;
};

#define LOADER_REPLY_HEAD offsetof(struct loader_reply, u)

/* The listener's side of the socket, for load.c. */
int loader_send(struct loader *, const struct loader_request *, size_t size,
    int descriptor);

/* Takes the next reply from a socket without waiting for it: returns its size,
 * 0 at the end of all, or -1 with errno (EAGAIN: none now; EBADMSG: it is no
 * reply). */
ssize_t loader_receive(int socket, struct loader_reply *);

/* Logs the line that a reply of the kind LOADER_LINE has. */
void loader_log(const struct loader_reply *);

/* The loader: serves the requests that come on `socket` until the listener has
 * closed its end, and exits. */
_Noreturn void loader_process(int socket, const struct loader_options *);

/*
 * The loader's child for one LOADER_LOAD: loads, sends what it loaded on
 * `channel`, writes an octet to `done` and becomes the keyholder.
 */
_Noreturn void load_process(
    int channel, int done, const struct credentials_options *);

/* Has this process's lines of the log go to `socket` as LOADER_LINE; where it
 * is full or closed they are lost. */
void loader_relay_lines(int socket);

#endif
