/* Threads that share a loop: kept between calls, since a training step is too short to start any. */
#ifndef TEAM_H
#define TEAM_H

#include <stddef.h>

/* The turns from a first to before a last of a loop, on the thread of that number, counted from 0. */
typedef void share_of_loop(const void *work, ptrdiff_t first, ptrdiff_t last, ptrdiff_t thread);

/* Take so many turns on that many threads, the calling one included; return when all are done. Where the team works for
   another caller, or there are no threads on this system, the calling thread takes them all. */
void take_turns(share_of_loop *share, const void *work, ptrdiff_t turns, ptrdiff_t threads);

#endif
