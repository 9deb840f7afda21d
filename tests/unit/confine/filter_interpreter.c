#include "confine/filter_interpreter.h"

#include <linux/audit.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
const uint32_t filter_architecture = AUDIT_ARCH_X86_64;
#elif defined(__i386__)
const uint32_t filter_architecture = AUDIT_ARCH_I386;
#elif defined(__aarch64__)
const uint32_t filter_architecture = AUDIT_ARCH_AARCH64;
#else
const uint32_t filter_architecture = 0; /* not known: the tests fail */
#endif

/* Whether a conditional jump is taken. */
static int
holds(uint16_t operation, uint32_t a, uint32_t k)
{
	switch (operation) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	case BPF_JSET:
		return (a & k) != 0;
	default:
		abort();
	}
}

/* The 32 bits at an offset of the call's data, as the kernel loads them. */
static uint32_t
load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	if (offset % sizeof(word) != 0 || offset > sizeof(*data) - sizeof(word))
		abort();
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

uint32_t
filter_interpret(
    const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (uint32_t next = 0; next < program->len;) {
		const struct sock_filter *i = &program->filter[next++];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(data, i->k);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			next += i->k;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			if (BPF_CLASS(i->code) != BPF_JMP ||
			    BPF_SRC(i->code) != BPF_K)
				abort();
			next += holds(BPF_OP(i->code), a, i->k) ? i->jt : i->jf;
		}
	}
	abort(); /* the kernel wants a return at the end of each way */
}
