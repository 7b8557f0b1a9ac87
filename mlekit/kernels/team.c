/* Threads that share a loop; see team.h. A thread that has nothing to do looks for work some 100 µs long, about what
   passes between two loops of a training step, and then sleeps. */
#define _POSIX_C_SOURCE 200809L
#include "team.h"

#if defined(_WIN32)

void take_turns(share_of_loop *share, const void *work, ptrdiff_t turns, ptrdiff_t threads)
{
    (void)threads;
    share(work, 0, turns, 0);
}

#else

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

enum { MOST_THREADS = 256, LOOKS = 2000 };

static pthread_mutex_t in_use = PTHREAD_MUTEX_INITIALIZER; /* by the caller whose loop is shared */
static pthread_mutex_t asleep = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t called = PTHREAD_COND_INITIALIZER;
static atomic_uint loops, sleepers; /* how many loops there have been, and threads that wait to be called */
static atomic_ptrdiff_t busy;
static ptrdiff_t helpers; /* that were started: all of them answer to every loop */

static struct {
    share_of_loop *share;
    const void *work;
    ptrdiff_t turns, threads;
} present;

static void rest(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void take_share(ptrdiff_t thread)
{
    if (thread < present.threads) {
        ptrdiff_t first = present.turns * thread / present.threads, last = present.turns * (thread + 1) / present.threads;
        present.share(present.work, first, last, thread);
    }
}

static void wait_for_a_loop_after(unsigned seen)
{
    for (int look = 1; look <= LOOKS; look++) {
        if (atomic_load(&loops) != seen)
            return;
        rest();
        if (look % 100 == 0)
            sched_yield();
    }
    pthread_mutex_lock(&asleep);
    atomic_fetch_add(&sleepers, 1);
    while (atomic_load(&loops) == seen)
        pthread_cond_wait(&called, &asleep);
    atomic_fetch_sub(&sleepers, 1);
    pthread_mutex_unlock(&asleep);
}

typedef struct {
    ptrdiff_t thread;
    unsigned seen;
} beginning;

static beginning begun_with[MOST_THREADS];

static void *helper(void *place)
{
    beginning own = *(beginning *)place;
    for (;;) {
        wait_for_a_loop_after(own.seen++);
        take_share(own.thread);
        atomic_fetch_sub(&busy, 1);
    }
    return NULL;
}

/* A process that was forked has none of these threads. */
static void forget(void)
{
    helpers = 0;
    pthread_mutex_init(&in_use, NULL);
    pthread_mutex_init(&asleep, NULL);
    pthread_cond_init(&called, NULL);
    atomic_store(&sleepers, 0);
}

/* Start threads until there are so many helpers, as far as the system lets us. */
static void hire(ptrdiff_t wanted)
{
    static int knows_of_forks;
    if (!knows_of_forks)
        knows_of_forks = pthread_atfork(NULL, NULL, forget) == 0;
    sigset_t all, before;
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (knows_of_forks && helpers < wanted && helpers + 1 < MOST_THREADS) {
        pthread_t started;
        begun_with[helpers] = (beginning){helpers + 1, atomic_load(&loops)};
        if (pthread_create(&started, NULL, helper, &begun_with[helpers]))
            break;
        pthread_detach(started);
        helpers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void take_turns(share_of_loop *share, const void *work, ptrdiff_t turns, ptrdiff_t threads)
{
    if (threads < 2 || turns < 2 || pthread_mutex_trylock(&in_use)) {
        share(work, 0, turns, 0);
        return;
    }
    hire(threads - 1);
    present.share = share, present.work = work, present.turns = turns;
    present.threads = threads < helpers + 1 ? threads : helpers + 1;
    atomic_store(&busy, helpers);
    atomic_fetch_add(&loops, 1);
    if (atomic_load(&sleepers)) {
        pthread_mutex_lock(&asleep);
        pthread_cond_broadcast(&called);
        pthread_mutex_unlock(&asleep);
    }
    take_share(0);
    for (int look = 1; atomic_load(&busy); look++) {
        rest();
        if (look % 100 == 0)
            sched_yield();
    }
    pthread_mutex_unlock(&in_use);
}

#endif
