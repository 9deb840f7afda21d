/*
 * Fuzzes the keyholder's requests: packets and descriptors on one channel after
 * the other, as processes that were taken over would send them.
 *
 * The input is a row of packets, each
 *
 *	1 octet		how many descriptors go with it
 *	1 octet		signed: how much longer it is than it says
 *	1 octet		the key; 255: the octets that follow are the packet
 *	1 octet		the kind
 *	2 octets	the algorithm
 *	2 octets	the size of the data; the data follow
 *
 * Each is answered once at most, nothing is signed but what a right request
 * asks for, that is signed right, and whatever comes no descriptor is left
 * behind.
 *
 * keyholder_serve.c is included: what is to be tried is static, and its one
 * function that is not waits for more.
 */
#include "keyholder/keyholder_serve.c"

#include "fuzz.h"
#include "keyholder/signing.h"
#include "tls/policy.h"

#define HEAD offsetof(struct keyholder_request, octets)
#define KEYS 4
/* More than it makes room for. */
#define MOST_FDS 16
#define PACKET_HEAD 8

static struct fuzz_identity identities[KEYS];
static struct key_pair pairs[KEYS];
static struct keyholder_options options = {.pairs = pairs, .count = KEYS};
static struct keyholder_service service;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char why[POLICY_WHY_MAX];

	(void)argc;
	(void)argv;
	fuzz_identity_make(&identities[0], GNUTLS_PK_RSA, 2048);
	fuzz_identity_make(&identities[1], GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	fuzz_identity_make(&identities[2], GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1));
	fuzz_identity_make(&identities[3], GNUTLS_PK_EDDSA_ED25519, 0);
	for (size_t i = 0; i < KEYS; i++)
		pairs[i].key_file = identities[i].key_file;
	FUZZ_REQUIRE(
	    policy_init(&options.policy, NULL, POLICY_TLS_1_2, why) == 0);
	service.keys = keys_new(&options);
	FUZZ_REQUIRE(service.keys != NULL && keys_open(service.keys) == 0 &&
		     keys_read(service.keys) == 0);
	return 0;
}

/* A packet as it is sent, and what the keyholder is to make of it. */
struct packet {
	struct keyholder_request request;
	uint8_t behind[512]; /* room for more than there may be */
	size_t size;
	size_t fds;
};

static bool
is_request(const struct packet *p)
{
	return p->fds == 0 && p->size >= HEAD &&
	       p->size <= sizeof(p->request) &&
	       p->request.size == p->size - HEAD &&
	       p->request.kind != KEYHOLDER_PREPARE;
}

/* Fills the packet from the input; returns the octets that it took. */
static size_t
read_packet(struct packet *p, const uint8_t *data, size_t size)
{
	size_t length;

	memset(p, 0, sizeof(*p));
	if (size < PACKET_HEAD)
		return size;
	p->fds = data[0] % (MOST_FDS + 1);
	length = (size_t)data[6] << 8 | data[7];
	if (data[2] == UINT8_MAX) {
		length =
		    size - PACKET_HEAD < length ? size - PACKET_HEAD : length;
		p->size = length < sizeof(p->request) + sizeof(p->behind)
		              ? length
		              : sizeof(p->request) + sizeof(p->behind);
		memcpy(p, data + PACKET_HEAD, p->size);
		return PACKET_HEAD + length;
	}
	p->request.key = data[2];
	p->request.kind = data[3];
	p->request.algorithm = (uint32_t)data[4] << 8 | data[5];
	if (length > size - PACKET_HEAD)
		length = size - PACKET_HEAD;
	if (length > sizeof(p->request.octets))
		length = sizeof(p->request.octets);
	memcpy(p->request.octets, data + PACKET_HEAD, length);
	p->request.size = (uint32_t)length;
	p->size = HEAD + length;
	if (data[1] <= INT8_MAX)
		p->size += data[1];
	else if (p->size > UINT8_MAX - data[1])
		p->size -= UINT8_MAX - data[1] + 1U;
	return PACKET_HEAD + length;
}

static void
send_packet(int channel, const struct packet *p)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(MOST_FDS * sizeof(int))];
	} control;
	struct iovec iov = {(void *)(uintptr_t)p, p->size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	if (p->fds > 0) {
		message.msg_control = control.octets;
		message.msg_controllen = CMSG_SPACE(p->fds * sizeof(int));
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(p->fds * sizeof(int));
		for (size_t i = 0; i < p->fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &channel,
			    sizeof(channel));
	}
	FUZZ_REQUIRE(
	    sendmsg(channel, &message, MSG_NOSIGNAL) == (ssize_t)p->size);
}

/* Whether the signature is one of the request's octets and of nothing else. */
static bool
verified(
    const struct keyholder_request *request, const gnutls_datum_t *signature)
{
	gnutls_pubkey_t public = identities[request->key].public;
	gnutls_sign_algorithm_t algorithm =
	    (gnutls_sign_algorithm_t)request->algorithm;
	const gnutls_datum_t octets = {
	    (unsigned char *)(uintptr_t)request->octets, request->size};

	/* Which curve goes with a hash is for the two ends of TLS to say. */
	if (gnutls_sign_get_pk_algorithm(algorithm) == GNUTLS_PK_ECDSA)
		algorithm = gnutls_pk_to_sign(
		    GNUTLS_PK_ECDSA, gnutls_sign_get_hash_algorithm(algorithm));
	if (request->kind == KEYHOLDER_DATA)
		return gnutls_pubkey_verify_data2(
			   public, algorithm, 0, &octets, signature) >= 0;
	if (algorithm == GNUTLS_SIGN_RSA_RAW)
		return gnutls_pubkey_verify_hash2(public, algorithm,
			   GNUTLS_VERIFY_USE_TLS1_RSA, &octets, signature) >= 0;
	return gnutls_pubkey_verify_hash2(
		   public, algorithm, 0, &octets, signature) >= 0;
}

static void
check_reply(const struct packet *p, struct keyholder_reply *reply, ssize_t n)
{
	gnutls_datum_t signature = {reply->u.signature, reply->size};

	if (!is_request(p)) {
		FUZZ_REQUIRE(n == 0);
		return;
	}
	FUZZ_REQUIRE(
	    n == (ssize_t)(offsetof(struct keyholder_reply, u) + reply->size));
	FUZZ_REQUIRE(reply->status <= 0);
	if (reply->status < 0) {
		FUZZ_REQUIRE(reply->size == 0);
		return;
	}
	FUZZ_REQUIRE(p->request.key < KEYS);
	FUZZ_REQUIRE(reply->size > 0);
	FUZZ_REQUIRE(verified(&p->request, &signature));
}

/* Asks over a channel of its own, and takes the reply. */
static void
ask(const struct packet *p)
{
	static struct keyholder_reply reply;
	int pair[2];
	ssize_t n;

	FUZZ_REQUIRE(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	send_packet(pair[0], p);
	/* It is the end of the channel, whatever it got. */
	FUZZ_REQUIRE(!serve_channel(&service, pair[1]));
	close(pair[1]);
	n = recv(pair[0], &reply, sizeof(reply), MSG_DONTWAIT);
	check_reply(p, &reply, n);
	if (n > 0)
		FUZZ_REQUIRE(
		    recv(pair[0], &reply, sizeof(reply), MSG_DONTWAIT) <= 0);
	close(pair[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t descriptors = fuzz_descriptors(), taken;
	static struct packet packet;

	while (size > 0) {
		taken = read_packet(&packet, data, size);
		data += taken;
		size -= taken;
		ask(&packet);
	}
	FUZZ_REQUIRE(fuzz_descriptors() == descriptors);
	return 0;
}
