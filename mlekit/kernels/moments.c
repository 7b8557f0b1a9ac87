/* Adam's step in one pass over the parameters, in single precision. */
#include <math.h>

#include "kernel.h"

/* sum and square are running sums of gradients and of their squares. */
VERSIONS EXPORTED void moments_step(ptrdiff_t n, const float *restrict gradient, float *restrict theta, float *restrict sum,
                                    float *restrict square, float beta1, float beta2, float epsilon, float rate)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        sum[i] = beta1 * sum[i] + gradient[i];
        square[i] = beta2 * square[i] + gradient[i] * gradient[i];
        theta[i] -= rate * (sum[i] / (sqrtf(square[i]) + epsilon));
    }
}
