/* Adam's step of some parameters in one pass, in single precision. */
#ifndef MOMENTS_H
#define MOMENTS_H

#include <math.h>

#include "kernel.h"

/* Zero for what is too small to matter beside epsilon: a weight that nothing reaches any more would leave numbers so small
   that processors take a hundred times as long for them. */
INLINE float or_nothing(float x, float least) { return fabsf(x) < least ? 0 : x; }

/* sum and square are running sums of gradients and of their squares. */
INLINE void step_of_moments(ptrdiff_t first, ptrdiff_t last, const float *restrict gradient, float *restrict theta,
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

#endif
