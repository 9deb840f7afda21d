/*
 * The messages between listener and loader.  Each is one packet on a
 * SOCK_SEQPACKET socket.  Both ends are the same program, so structs are sent
 * as they are.
 */
#ifndef PINGTLS_LOADER_WIRE_H
#define PINGTLS_LOADER_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loader/loader.h"
#include "log/log.h"

/*
 * From the listener.  None names a file: a listener that was taken over can
 * only request what the command line asks for.
 */
enum loader_request_kind {
	LOADER_LOAD = 1,       /* with a descriptor: the channel of the load */
	LOADER_WRITE_METRICS,  /* with the text of the file */
	LOADER_REMOVE_SOCKETS, /* the unix sockets bound */
	LOADER_REMOVE_PID_FILE,
};

struct loader_request {
	uint32_t kind;
	char text[LOADER_TEXT_MAX];
};

/* To the listener: lines on the loader's socket; lines and the result on the
 * channel of a load. */
enum loader_reply_kind {
	LOADER_LINE = 1, /* for the log */
	LOADER_PART,     /* the next octets of the bundle */
	LOADER_LOADED,   /* the end: the channel is now the control socket of a
	                 keyholder */
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

/* Sends a request, for load.c. */
int loader_send(struct loader *, const struct loader_request *, size_t size,
    int descriptor);

/* Receives the next reply without blocking.  Returns its size, 0 at end of
 * file, or -1 with errno (EAGAIN: none yet; EBADMSG: malformed). */
ssize_t loader_receive(int socket, struct loader_reply *);

/* Logs a LOADER_LINE. */
void loader_log(const struct loader_reply *);

/* The main function of the loader: serves requests on `socket` until the
 * listener closes its end. */
_Noreturn void loader_process(int socket, const struct loader_options *);

/*
 * The main function of the helper for one LOADER_LOAD: loads, sends the result
 * on `channel`, writes an octet to `done`, and becomes the keyholder.
 */
_Noreturn void load_process(
    int channel, int done, const struct credentials_options *);

/* Redirects the log of this process to `socket`, as LOADER_LINE.  Lines are
 * lost if it is full or closed. */
void loader_relay_lines(int socket);

#endif
