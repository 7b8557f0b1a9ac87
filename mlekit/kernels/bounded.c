/* Families whose outcomes are bounded, or go round. */
#include "elementary.h"
#include "quadrature.h"
#include "tails.h"

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

/* sin(x) for x from 0 to pi */
INLINE double sine_of_half_turn(double x) { return sine_of(minimum(x, PI - x)); }

/* The tail beyond a distance d from 0 to pi: the density at d times the integral of exp(-2 k sin(v) sin(d + v)) over the
   angle d + 2 v up to pi, in two panels as for a middling k it falls steeply and then no more. */
VERSIONS static void von_mises_tail(const double *restrict distance, const double *restrict k, double *restrict log_size,
                                    double *restrict ratio)
{
    double panel[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double d = distance[i], sine = sine_of(0.5 * d), cosine = sine_of(HALF_PI - 0.5 * d);
        log_size[i] = -2 * k[i] * square(sine) - von_mises_log_normalizer(k[i]);
        /* As far as the fall is deep: the sine of v there, a difference of angles by the sines of both. */
        double more = 0.5 * DEEP / k[i], reach = minimum(1.0, square(sine) + more);
        double sine_of_end = more / (sqrt(reach) * cosine + sqrt(1 - reach) * sine);
        double held = minimum(1.0, sine_of_end), far = angle_of_inverse(sqrt((1 - held) * (1 + held)) / held);
        panel[i] = 0.5 * (reach < 1 ? far : 0.5 * (PI - d));
        ratio[i] = 0;
    }
    for (int node = 0; node < 2 * NODES; node++) {
        double place = legendre_node[node % NODES] + node / NODES;
        for (int i = 0; i < CHUNK; i++) {
            double v = place * panel[i], fall = 2 * k[i] * sine_of(v) * sine_of_half_turn(distance[i] + v);
            ratio[i] += legendre_weight[node % NODES] * exp_near(-fall);
        }
    }
    for (int i = 0; i < CHUNK; i++)
        ratio[i] *= 2 * panel[i];
}

TAILS(von_mises, 3) /* y, loc, concentration */
{
    double distance[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double angle = minimum(PI, maximum(-PI, x[0][i] - x[1][i]));
        distance[i] = size_of(angle);
        t->side[i] = angle < 0 ? 1.0 : -1.0;
    }
    von_mises_tail(distance, x[2], t->log_size, t->ratio);
}
