/* Families whose outcomes are bounded, or go round. */
#include "elementary.h"
#include "special.h"

#define LOG_2PI 0x1.d67f1c864beb5p+0

/* ---- uniform ----------------------------------------------------------------------------------------------------- */

KERNEL3(uniform_log_prob, y, low, high)
{
    /* Halves, whose difference does not overflow. */
    double inside = -(mk_log(0.5 * high - 0.5 * low) + LOG_2);
    return y >= low ? (y <= high ? inside : -INFINITY) : -INFINITY;
}

KERNEL3(uniform_cdf, y, low, high)
{
    double half = 0.5 * low, share = (0.5 * y - half) / (0.5 * high - half);
    return minimum(maximum(share, 0.0), 1.0);
}

KERNEL3(uniform_quantile, level, low, high)
{
    double inside = (1 - level) * low + level * high;
    return level == 1 ? high : inside;
}

/* ---- beta -------------------------------------------------------------------------------------------------------- */

KERNEL3(beta_log_prob, y, alpha, beta)
{
    double rest = 1 - y;
    double inside = log_beta_density(alpha, beta, y, rest) - mk_log(y) - mk_log(rest);
    /* At an end one of the powers is 0^0 or worse, and the other is 1. */
    double own = y < 0.5 ? alpha : beta, other = y < 0.5 ? beta : alpha;
    double at_end = own < 1 ? INFINITY : (own > 1 ? -INFINITY : mk_log(other));
    double possible = (y == 0 ? 1.0 : 0.0) + (y == 1 ? 1.0 : 0.0) > 0 ? at_end : inside;
    return y >= 0 ? (y <= 1 ? possible : -INFINITY) : -INFINITY;
}

/* ---- von Mises --------------------------------------------------------------------------------------------------- */

/* log 2 pi I0(k) - k, from the power series or the one in 1/k */
INLINE double von_mises_log_normalizer(double k)
{
    double inverse = 1 / k, far = i0e_scaled(inverse), near = i0_of_square(minimum(k, 8.0) * minimum(k, 8.0));
    double logarithm = mk_log(k < 8 ? near : square(far) * inverse);
    return (k < 8 ? logarithm - k : 0.5 * logarithm) + LOG_2PI;
}

INLINE void von_mises_log_prob_of_chunk(
    const double *restrict y, const double *restrict loc, const double *restrict concentration, double *restrict out)
{
    double angle[CHUNK];
    for (int i = 0; i < CHUNK; i++)
        angle[i] = rest_of_turns(y[i] - loc[i]);
    for (int i = 0; i < CHUNK; i++)
        if (!(size_of(y[i] - loc[i]) < FAR_TURNS) && size_of(y[i]) < INFINITY)
            angle[i] = 2 * asin(sin(0.5 * (y[i] - loc[i])));
    for (int i = 0; i < CHUNK; i++) {
        double inside = -2 * concentration[i] * square(sine_of(0.5 * angle[i]));
        inside -= von_mises_log_normalizer(concentration[i]);
        out[i] = size_of(y[i]) < INFINITY ? inside : -INFINITY;
    }
}
OVER_CHUNKS(von_mises_log_prob, 3, x[0], x[1], x[2])
