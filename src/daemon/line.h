/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LINE_H
#define DAEMON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/*
 * A line of members that wait for turns, one at a time, where addresses take turns: a round over those that
 * have waiting members, each time the first member of the next address. So an address waits for one member of
 * each other address, however many others have. A member may belong to several addresses; it waits in each
 * one's queue, and goes at the first of their turns. Unlike in daemon/turns.h, a member may be in several
 * queues, and is still the first when it could not use its turn.
 *
 * Each step takes constant time, but for what is said otherwise. Memory: as line_new() says.
 */
struct line;
struct line_address;
struct line_place; /* of a member in the queue of one of its addresses */

/* The caller's; zero at first. */
struct line_member {
	TAILQ_HEAD(, line_place) places;
	struct line_address *turn; /* in whose turn it has gone */
	bool has_places, waits;
};

/* max_places: of members in queues. NULL: out of memory */
struct line *line_new(size_t max_places);
/* Its members have left for good. */
void line_free(struct line *l);

/*
 * Makes a member one of an address, too. Takes time by the number of the member's addresses. false: out of
 * memory, or of places.
 */
bool line_join(struct line *l, struct line_member *m, uint64_t address);
/* Takes time by the number of the member's addresses. */
bool line_is_of(const struct line_member *m, uint64_t address);
bool line_is_full(const struct line *l); /* no more places */
/* It waits from now on, behind the others of its addresses. */
void line_wait(struct line *l, struct line_member *m);
/* Whose turn it is; NULL: nobody waits. It keeps its place until line_again() or line_leave(). */
struct line_member *line_next(struct line *l);
/* It could not use its turn, and has the next one. */
void line_again(struct line *l, struct line_member *m);
/* It waits no more. After its turn, its address goes behind those that have come since. */
void line_leave(struct line *l, struct line_member *m);
/* It has no address any more. */
void line_end(struct line *l, struct line_member *m);

/*
 * The last waiting member of the address that has most loses its place there, for one of another address, so
 * that a few have no more than their share of what is full. false: none has two more than `address` has.
 * *ret_without: the member, if that was its last place; otherwise NULL.
 */
bool line_give_up_place(struct line *l, uint64_t address, struct line_member **ret_without);

/* Turns before that of one more member of an address, of those that wait now. */
size_t line_turns_before(const struct line *l, uint64_t address);

struct line_stats {
	size_t waiting, addresses; /* addresses: with waiting members */
	size_t places;
};
const struct line_stats *line_stats(const struct line *l);

#endif
