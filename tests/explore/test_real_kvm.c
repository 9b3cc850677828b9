/* SPDX-License-Identifier: MIT */
#include "request_machine.h"

#include <errno.h>

#include "base/mix.h"
#include "sim/kvm/kvm.h"

/*
 * The same moves of a VMM on the kernel's KVM and on the simulated one, and the same is seen after each. What
 * is compared is the order of KVM_RUN: completion, immediate_exit, the guest. That order is not a matter of
 * the exit's reason, so a kernel without SEV-SNP can show it.
 */
enum move {
	RUN,
	RUN_IMMEDIATE, /* with immediate_exit */
	RUN_SIGNAL,    /* with a pending signal */
	RUN_BOTH,
	SAY_A,
	SAY_B,
	STOP,  /* mp_state UNINITIALIZED */
	START, /* mp_state RUNNABLE */
	N_MOVES,
};
static const char *const names[] = { "run",   "run immediate", "run signal", "run immediate signal",
				     "say A", "say B",         "stop",       "start" };

/* A build with sanitizers repeats what another has shown. */
enum { LENGTH = TEST_ADDRESS_SANITIZER ? 5 : 6, MAX_LENGTH = 30, MAX_STEPS = 7 };

struct both {
	struct machine real, simulated;
	unsigned requests; /* of the guest */
	enum move moves[MAX_LENGTH];
	unsigned n_moves;
	unsigned long histories;
	unsigned differ_after; /* so many moves; 0: they do not */
	struct machine_seen seen[2];
};

static void both_start(struct both *b, enum real_guest guest, unsigned defects, unsigned requests)
{
	*b = (struct both){ .real = real_machine_new(guest), .requests = requests }; /* first: it may skip */
	b->simulated = simulated_machine_new(defects);
}

static void both_end(struct both *b)
{
	simulated_machine_free(&b->simulated);
	real_machine_free(&b->real);
}

static void make(const struct machine *m, enum move move)
{
	switch (move) {
	case RUN:
	case RUN_IMMEDIATE:
	case RUN_SIGNAL:
	case RUN_BOTH:
		m->ops->run(m->ctx, move == RUN_IMMEDIATE || move == RUN_BOTH,
			    move == RUN_SIGNAL || move == RUN_BOTH);
		break;
	case SAY_A:
	case SAY_B:
		m->ops->answer(m->ctx, move == SAY_A ? ANSWER_A : ANSWER_B);
		break;
	case STOP:
	case START:
		m->ops->set_uninitialized(m->ctx, move == STOP);
		break;
	case N_MOVES:
		break;
	}
}

static struct machine_seen see(const struct machine *m)
{
	struct machine_seen seen;

	m->ops->see(m->ctx, &seen);
	return seen;
}

static bool same(const struct machine_seen *a, const struct machine_seen *b)
{
	return a->result == b->result && a->exit_reason == b->exit_reason &&
	       a->immediate_exit == b->immediate_exit && a->field == b->field &&
	       a->n_completed == b->n_completed && a->n_stored == b->n_stored &&
	       memcmp(a->answers, b->answers, sizeof(a->answers)) == 0;
}

static void say_seen(const char *name, const struct machine_seen *seen)
{
	static const char *const exits[] = { "unknown", "request", "HLT", "INTR", "other" };
	char answers[2 * MACHINE_MAX_REQUESTS + 1];

	for (size_t i = 0; i < MACHINE_MAX_REQUESTS; i++)
		test_text(answers + 2 * i, 3, "%02x", seen->answers[i]);
	test_say("%s: result %d, exit %s, immediate_exit %u, field %02x, %u completed, %u stored, answers %s",
		 name, seen->result, exits[seen->exit_reason], seen->immediate_exit, seen->field,
		 seen->n_completed, seen->n_stored, answers);
}

/* After n moves. */
static bool compare(struct both *b, unsigned n)
{
	b->seen[0] = see(&b->real);
	b->seen[1] = see(&b->simulated);
	b->differ_after = same(&b->seen[0], &b->seen[1]) ? 0 : n;
	return b->differ_after == 0;
}

static void say_difference(const struct both *b)
{
	for (unsigned i = 0; i < b->differ_after; i++)
		test_say("move %u: %s", i + 1, names[b->moves[i]]);
	say_seen(b->real.ops->name, &b->seen[0]);
	say_seen(b->simulated.ops->name, &b->seen[1]);
}

/* The first `known` moves are those of the history before, and what is seen after them was compared there. */
static bool replay(struct both *b, unsigned known)
{
	b->real.ops->restart(b->real.ctx, b->requests);
	b->simulated.ops->restart(b->simulated.ctx, b->requests);
	for (unsigned i = 0; i < b->n_moves; i++) {
		make(&b->real, b->moves[i]);
		make(&b->simulated, b->moves[i]);
		if (i < known)
			continue;
		if (!compare(b, i + 1))
			return false;
		b->histories++;
	}
	return true;
}

/* Every history of 1 to `length` moves out of `alphabet`. False: `b` has one after which they differ. */
static bool compare_all(struct both *b, const enum move *alphabet, unsigned n_alphabet, unsigned length)
{
	unsigned digits[MAX_LENGTH] = { 0 };
	unsigned known = 0;

	b->n_moves = length;
	do {
		for (unsigned i = 0; i < length; i++)
			b->moves[i] = alphabet[digits[i]];
		if (!replay(b, known))
			return false;
		for (known = length; known > 0 && ++digits[known - 1] == n_alphabet; known--)
			digits[known - 1] = 0;
	} while (known-- > 0);
	return true;
}

static void run_both(enum real_guest guest, unsigned requests, const enum move *alphabet, unsigned n_alphabet,
		     unsigned length)
{
	struct both b;

	both_start(&b, guest, 0, requests);
	if (!compare_all(&b, alphabet, n_alphabet, length)) {
		say_difference(&b);
		FAIL_BECAUSE("the kernel and the simulation differ");
	}
	test_say("%lu histories of 1 to %u moves, the same on both", b.histories, length);
	both_end(&b);
}

static void every_history_of_input_from_a_port_is_the_kernels(void **state)
{
	static const enum move moves[] = { RUN, RUN_IMMEDIATE, RUN_SIGNAL, RUN_BOTH, SAY_A, SAY_B };

	run_both(REAL_GUEST_PORT, 2, moves, ARRAY_SIZE(moves), LENGTH);
}

static void every_history_of_input_from_memory_that_is_none_is_the_kernels(void **state)
{
	static const enum move moves[] = { RUN, RUN_IMMEDIATE, RUN_SIGNAL, RUN_BOTH, SAY_A, SAY_B };

	run_both(REAL_GUEST_MMIO, 2, moves, ARRAY_SIZE(moves), 5);
}

/* With the kernel's interrupt controllers, HLT waits in the kernel: the guest has more requests than that. */
static void every_history_of_a_vcpu_that_is_stopped_and_started_is_the_kernels(void **state)
{
	static const enum move moves[] = { RUN, RUN_IMMEDIATE, RUN_SIGNAL, RUN_BOTH, SAY_A, STOP, START };

	run_both(REAL_GUEST_PORT_IRQCHIP, MACHINE_MAX_REQUESTS, moves, ARRAY_SIZE(moves), 5);
}

/* Longer ones, of all moves that the machine has. */
static void longer_histories_of_random_moves_are_the_kernels(void **state)
{
	static const enum real_guest guests[] = { REAL_GUEST_PORT, REAL_GUEST_PORT_IRQCHIP };
	uint64_t seed = 11;
	struct both b;

	for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
		unsigned n_moves = guests[i] == REAL_GUEST_PORT ? STOP : N_MOVES;

		both_start(&b, guests[i], 0, guests[i] == REAL_GUEST_PORT ? 5 : MACHINE_MAX_REQUESTS);
		b.n_moves = MAX_LENGTH;
		for (unsigned n = 0; n < 400; n++) {
			for (unsigned k = 0; k < MAX_LENGTH; k++)
				b.moves[k] = (enum move)((base_next_number(&seed) >> 33) % n_moves);
			if (replay(&b, 0))
				continue;
			say_difference(&b);
			FAIL_BECAUSE("the kernel and the simulation differ");
		}
		test_say("%lu moves, the same on both", b.histories);
		both_end(&b);
	}
}

/* That the comparison sees what it is for. */
static void a_simulation_that_is_eintr_before_the_completion_is_not_the_kernels(void **state)
{
	static const enum move moves[] = { RUN, RUN_IMMEDIATE };
	struct both b;

	both_start(&b, REAL_GUEST_PORT, SIM_KVM_EINTR_FIRST, 2);
	assert_false(compare_all(&b, moves, ARRAY_SIZE(moves), 2));
	assert_int_equal(b.differ_after, 2);
	assert_int_equal(b.moves[0], RUN);
	assert_int_equal(b.moves[1], RUN_IMMEDIATE);
	assert_int_equal(b.seen[0].result, b.seen[1].result);
	assert_int_equal(b.seen[0].n_completed, 1);
	assert_int_equal(b.seen[1].n_completed, 0);
	both_end(&b);
}

/* What is seen after each move of a history that is worth a name. */
struct step {
	enum move move;
	int result;
	enum machine_exit exit_reason;
	unsigned n_completed, n_stored;
};
struct history {
	const char *name;
	enum real_guest guest;
	struct step steps[MAX_STEPS];
	uint8_t answers[2]; /* at the end */
};
static const struct history histories[] = {
	{ .name = "immediate_exit: the request is completed, then KVM_RUN is -EINTR; exit_reason stays as it "
		  "was",
	  .guest = REAL_GUEST_PORT,
	  .steps = { { RUN, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { SAY_B, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { SAY_A, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { RUN_IMMEDIATE, -EINTR, MACHINE_EXIT_REQUEST, 1, 0 },
		     { RUN_IMMEDIATE, -EINTR, MACHINE_EXIT_REQUEST, 1, 0 },
		     { SAY_B, -EINTR, MACHINE_EXIT_REQUEST, 1, 0 },
		     { RUN, 0, MACHINE_EXIT_REQUEST, 1, 1 } },
	  .answers = { ANSWER_A } },
	{ .name = "nothing is pending: -EINTR changes nothing; no answer: KVM's own, not the one before",
	  .guest = REAL_GUEST_PORT,
	  .steps = { { RUN_IMMEDIATE, -EINTR, MACHINE_EXIT_UNKNOWN, 0, 0 },
		     { RUN, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { SAY_B, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { RUN, 0, MACHINE_EXIT_REQUEST, 1, 1 },
		     { RUN, 0, MACHINE_EXIT_HLT, 2, 2 },
		     { RUN_IMMEDIATE, -EINTR, MACHINE_EXIT_HLT, 2, 2 },
		     { RUN, 0, MACHINE_EXIT_HLT, 2, 2 } },
	  .answers = { ANSWER_B, ANSWER_OF_KVM } },
	{ .name = "a signal: as immediate_exit, but exit_reason is KVM_EXIT_INTR, unless both are there",
	  .guest = REAL_GUEST_PORT,
	  .steps = { { RUN, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { SAY_B, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { RUN_SIGNAL, -EINTR, MACHINE_EXIT_INTR, 1, 0 },
		     { SAY_A, -EINTR, MACHINE_EXIT_INTR, 1, 0 },
		     { RUN, 0, MACHINE_EXIT_REQUEST, 1, 1 },
		     { SAY_A, 0, MACHINE_EXIT_REQUEST, 1, 1 },
		     { RUN_BOTH, -EINTR, MACHINE_EXIT_REQUEST, 2, 1 } },
	  .answers = { ANSWER_B, ANSWER_A } },
	{ .name = "a vCPU that is UNINITIALIZED: -EINTR or -EAGAIN, and the request is still to be completed",
	  .guest = REAL_GUEST_PORT_IRQCHIP,
	  .steps = { { RUN, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { STOP, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		     { RUN_IMMEDIATE, -EINTR, MACHINE_EXIT_REQUEST, 0, 0 },
		     { RUN, -EAGAIN, MACHINE_EXIT_REQUEST, 0, 0 },
		     { SAY_A, -EAGAIN, MACHINE_EXIT_REQUEST, 0, 0 },
		     { START, -EAGAIN, MACHINE_EXIT_REQUEST, 0, 0 },
		     { RUN_IMMEDIATE, -EINTR, MACHINE_EXIT_REQUEST, 1, 0 } },
	  .answers = { ANSWER_A } },
};

/* As v15's second exit was meant: test_kvm_schemes.c has it on the simulation. */
static const struct history two_exits = {
	.name = "a completion that has another exit: KVM_RUN is 0, also with immediate_exit or a signal",
	.guest = REAL_GUEST_MMIO_TWICE,
	.steps = { { RUN, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		   { SAY_A, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		   { RUN_IMMEDIATE, 0, MACHINE_EXIT_REQUEST, 0, 0 },
		   { RUN_IMMEDIATE, -EINTR, MACHINE_EXIT_REQUEST, 1, 0 },
		   { RUN, 0, MACHINE_EXIT_REQUEST, 1, 1 },
		   { RUN_SIGNAL, 0, MACHINE_EXIT_REQUEST, 1, 1 },
		   { RUN_SIGNAL, -EINTR, MACHINE_EXIT_INTR, 2, 1 } },
	.answers = { ANSWER_A, ANSWER_OF_KVM },
};

static void expect(const struct machine *m, const struct history *h)
{
	struct machine_seen seen = { 0 };
	uint8_t immediate_exit = 0;

	m->ops->restart(m->ctx, 2);
	for (size_t i = 0; i < ARRAY_SIZE(h->steps); i++) {
		const struct step *step = &h->steps[i];

		make(m, step->move);
		seen = see(m);
		if (step->move <= RUN_BOTH)
			immediate_exit = step->move == RUN_IMMEDIATE || step->move == RUN_BOTH;
		if (seen.result == step->result && seen.exit_reason == step->exit_reason &&
		    seen.n_completed == step->n_completed && seen.n_stored == step->n_stored &&
		    seen.immediate_exit == immediate_exit)
			continue;
		say_seen(m->ops->name, &seen);
		FAIL_BECAUSE("%s: move %zu, %s", h->name, i + 1, names[step->move]);
	}
	assert_memory_equal(seen.answers, h->answers, sizeof(h->answers));
}

static void the_kernel_completes_a_request_before_anything_else(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(histories); i++) {
		struct machine m = real_machine_new(histories[i].guest);

		expect(&m, &histories[i]);
		real_machine_free(&m);
	}
}

static void the_kernel_returns_0_where_a_completion_has_another_exit(void **state)
{
	struct machine m = real_machine_new(two_exits.guest);

	expect(&m, &two_exits);
	real_machine_free(&m);
}

/* The other -EINVAL of KVM_RUN: after it, the request is still to be completed. */
static void the_kernel_refuses_registers_before_it_completes_a_request(void **state)
{
	struct machine m = real_machine_new(REAL_GUEST_PORT);
	struct machine_seen seen;

	m.ops->restart(m.ctx, 1);
	make(&m, RUN);
	make(&m, SAY_B);
	for (unsigned i = REAL_REGISTERS_VALID; i <= REAL_REGISTERS_CR8; i++) {
		real_machine_run_with_bad_registers(&m, (enum real_registers)i);
		seen = see(&m);
		assert_int_equal(seen.result, -EINVAL);
		assert_int_equal(seen.exit_reason, MACHINE_EXIT_REQUEST);
		assert_int_equal(seen.immediate_exit, 1);
		assert_int_equal(seen.n_completed, 0);
	}
	make(&m, RUN_IMMEDIATE);
	seen = see(&m);
	assert_int_equal(seen.result, -EINTR);
	assert_int_equal(seen.n_completed, 1);
	assert_int_equal(seen.answers[0], ANSWER_B);
	real_machine_free(&m);
}

/* Where there is no KVM, this is what is left. */
static void the_simulated_kvm_completes_a_request_before_anything_else(void **state)
{
	struct machine m = simulated_machine_new(0);

	for (size_t i = 0; i < ARRAY_SIZE(histories); i++)
		expect(&m, &histories[i]);
	simulated_machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_simulated_kvm_completes_a_request_before_anything_else),
		cmocka_unit_test(the_kernel_completes_a_request_before_anything_else),
		cmocka_unit_test(the_kernel_returns_0_where_a_completion_has_another_exit),
		cmocka_unit_test(the_kernel_refuses_registers_before_it_completes_a_request),
		cmocka_unit_test(every_history_of_input_from_a_port_is_the_kernels),
		cmocka_unit_test(every_history_of_input_from_memory_that_is_none_is_the_kernels),
		cmocka_unit_test(every_history_of_a_vcpu_that_is_stopped_and_started_is_the_kernels),
		cmocka_unit_test(longer_histories_of_random_moves_are_the_kernels),
		cmocka_unit_test(a_simulation_that_is_eintr_before_the_completion_is_not_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
