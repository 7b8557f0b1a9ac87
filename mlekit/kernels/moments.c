/* Adam's step, which threads share where there are many parameters. */
#include "moments.h"
#include "team.h"

/* Parameters are taken in blocks, whose bounds depend on no thread. */
enum { BLOCK = 4096 };

typedef struct {
    ptrdiff_t n;
    const float *gradient;
    float *theta, *sum, *square, beta1, beta2, epsilon, rate;
} moments;

VERSIONS static void moments_share(const void *work, ptrdiff_t first, ptrdiff_t last, ptrdiff_t thread)
{
    const moments *m = work;
    ptrdiff_t end = last * BLOCK < m->n ? last * BLOCK : m->n;
    (void)thread;
    step_of_moments(first * BLOCK, end, m->gradient, m->theta, m->sum, m->square, m->beta1, m->beta2, m->epsilon, m->rate);
}

EXPORTED void moments_step(ptrdiff_t n, const float *gradient, float *theta, float *sum, float *square, float beta1,
                           float beta2, float epsilon, float rate, ptrdiff_t threads)
{
    moments all = {n, gradient, theta, sum, square, beta1, beta2, epsilon, rate};
    take_turns(moments_share, &all, (n + BLOCK - 1) / BLOCK, threads);
}
