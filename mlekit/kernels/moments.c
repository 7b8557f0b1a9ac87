/* Adam's step in one pass over the parameters, in single precision. */
#include <math.h>

#include "kernel.h"
#include "team.h"

/* Parameters are taken in blocks, whose bounds depend on no thread. */
enum { BLOCK = 4096 };

typedef struct {
    ptrdiff_t n;
    const float *gradient;
    float *theta, *sum, *square, beta1, beta2, epsilon, rate;
} moments;

/* Zero for what is too small to matter beside epsilon: a weight that nothing reaches any more would leave numbers so small
   that processors take a hundred times as long for them. */
INLINE float or_nothing(float x, float least) { return fabsf(x) < least ? 0 : x; }

VERSIONS static void some_moments(ptrdiff_t first, ptrdiff_t last, const float *restrict gradient, float *restrict theta,
                                  float *restrict sum, float *restrict square, float beta1, float beta2, float epsilon,
                                  float rate)
{
    for (ptrdiff_t i = first; i < last; i++) {
        float g = or_nothing(gradient[i], 1e-18f);
        sum[i] = or_nothing(beta1 * sum[i] + g, 1e-25f);
        square[i] = or_nothing(beta2 * square[i] + g * g, 1e-36f);
        theta[i] -= rate * (sum[i] / (sqrtf(square[i]) + epsilon));
    }
}

static void moments_share(const void *work, ptrdiff_t first, ptrdiff_t last, ptrdiff_t thread)
{
    const moments *m = work;
    ptrdiff_t end = last * BLOCK < m->n ? last * BLOCK : m->n;
    (void)thread;
    some_moments(first * BLOCK, end, m->gradient, m->theta, m->sum, m->square, m->beta1, m->beta2, m->epsilon, m->rate);
}

/* sum and square are running sums of gradients and of their squares. */
EXPORTED void moments_step(ptrdiff_t n, const float *gradient, float *theta, float *sum, float *square, float beta1,
                           float beta2, float epsilon, float rate, ptrdiff_t threads)
{
    moments all = {n, gradient, theta, sum, square, beta1, beta2, epsilon, rate};
    take_turns(moments_share, &all, (n + BLOCK - 1) / BLOCK, threads);
}
