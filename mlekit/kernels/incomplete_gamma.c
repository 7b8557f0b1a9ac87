/* The regularized incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x), and the families that they tell of.

   Both are x^a exp(-x)/Gamma(a), which is computed by Stirling's remainder and a deviance and so keeps its digits,
   times a ratio. Numbers in brackets are those of DLMF, the Digital Library of Mathematical Functions. */
#include "elementary.h"
#include "quadrature.h"
#include "tails.h"

enum { SERIES, INTEGRAL, COMPLEMENT };

/* ---- methods: a ratio, of eights of elements --------------------------------------------------------------------- */

/* P by its power series sum x^n / (a (a + 1) ... (a + n)) [8.11.4], two terms at a time. */
INLINE void series(int eights, const double *restrict a, const double *restrict x, double *restrict sum)
{
    double term[CHUNK];
    for (int i = 0; i < 8 * eights; i++)
        sum[i] = term[i] = 1 / a[i];
    int64_t grows = 1;
    for (double n = 1; grows; n += 2) {
        grows = 0;
        for (int i = 0; i < 8 * eights; i++) {
            double first = a[i] + n, second = first + 1, share = term[i] * x[i] / (first * second);
            double grown = sum[i] + share * (second + x[i]);
            term[i] = share * x[i];
            grows |= grown > sum[i];
            sum[i] = grown;
        }
    }
}

/* P for x < a, and else Q, as an integral over the logarithm of its variable: with t = x exp(s u), s = 1 or -1,
   t^a exp(-t) falls off like exp(-|x - a| u - x (exp(s u) - 1 - s u)) from u = 0 on. */
INLINE void integral(int eights, const double *restrict a, const double *restrict x, const double *restrict gap,
                     double *restrict sum)
{
    double end[CHUNK], slope[CHUNK], side[CHUNK];
    for (int i = 0; i < 8 * eights; i++) {
        slope[i] = size_of(gap[i]);
        side[i] = gap[i] < 0 ? -1.0 : 1.0;
        sum[i] = 0;
        end[i] = deep_parabola(slope[i], x[i], maximum(a[i], x[i]));
    }
    /* Newton's method for a convex function: after a step it comes down from above. */
    for (int step = 0; step < 2; step++)
        for (int i = 0; i < 8 * eights; i++) {
            double excess = x[i] * exp_excess_near(side[i] * end[i]), fall = slope[i] * end[i] + excess;
            end[i] -= (fall - DEEP) / (slope[i] + side[i] * excess + x[i] * end[i]);
        }
    for (int k = 0; k < NODES; k++)
        for (int i = 0; i < 8 * eights; i++) {
            double u = legendre_node[k] * end[i], fall = slope[i] * u + x[i] * exp_excess_near(side[i] * u);
            sum[i] += legendre_weight[k] * exp_near(-fall);
        }
    for (int i = 0; i < 8 * eights; i++)
        sum[i] *= end[i];
}

/* Q itself, small with a: 1 - x^a/Gamma(1 + a) (1 + a sum (-x)^n/(n! (a + n))) [8.7.1]. */
INLINE void complement(int eights, const double *restrict a, const double *restrict x, double *restrict out)
{
    double term[CHUNK], sum[CHUNK];
    for (int i = 0; i < 8 * eights; i++)
        term[i] = -1, sum[i] = 0;
    for (int n = 1; n <= 30; n++)
        for (int i = 0; i < 8 * eights; i++) {
            term[i] *= -x[i] / n;
            sum[i] += term[i] / (a[i] + n);
        }
    for (int i = 0; i < 8 * eights; i++) {
        double exponent = a[i] * (mk_log(x[i]) - log_gamma_share(a[i]));
        out[i] = a[i] * (mk_exp(exponent) * sum[i]) - mk_expm1(exponent);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* The tails at x of a Gamma distribution of shape a and rate 1; the gap x - a may have more digits than the two. */
VERSIONS static void incomplete_gamma(const double *restrict a, const double *restrict x, const double *restrict gap,
                                      tails *restrict t)
{
    double method[CHUNK], a_part[CHUNK], x_part[CHUNK], gap_part[CHUNK], ratio[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double constant = 0.5 * mk_log(a[i]) - HALF_LOG_2PI - stirling_error(a[i]);
        double density = constant - deviance_by(a[i], x[i], gap[i]);
        double above = x[i] >= 3 ? INTEGRAL : SERIES, below = a[i] >= 20 ? INTEGRAL : SERIES;
        double large = gap[i] >= 0 ? above : below;
        /* Where P is no smaller than a half, and Q may be small. */
        double small = a[i] * mk_log(x[i]) > -0.3 ? COMPLEMENT : SERIES;
        method[i] = maximum(a[i], 0.2 * x[i]) < 0.6 ? small : large;
        t->log_size[i] = method[i] == COMPLEMENT ? 0.0 : density;
        t->side[i] = method[i] == COMPLEMENT ? -1.0 : (method[i] == SERIES ? 1.0 : (gap[i] < 0 ? 1.0 : -1.0));
    }
    chosen some = choose(method, SERIES);
    gather(&some, a, a_part);
    gather(&some, x, x_part);
    series(some.eights, a_part, x_part, ratio);
    scatter(&some, ratio, t->ratio);

    some = choose(method, INTEGRAL);
    gather(&some, a, a_part);
    gather(&some, x, x_part);
    gather(&some, gap, gap_part);
    integral(some.eights, a_part, x_part, gap_part, ratio);
    scatter(&some, ratio, t->ratio);

    some = choose(method, COMPLEMENT);
    gather(&some, a, a_part);
    gather(&some, x, x_part);
    complement(some.eights, a_part, x_part, ratio);
    scatter(&some, ratio, t->ratio);
}

/* ---- gamma ------------------------------------------------------------------------------------------------------- */

TAILS(gamma, 3) /* y, shape, rate */
{
    double scaled[CHUNK], gap[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        scaled[i] = minimum(1e308, x[2][i] * maximum(0.0, x[0][i]));
        gap[i] = scaled[i] - x[1][i];
    }
    incomplete_gamma(x[1], scaled, gap, t);
    for (int i = 0; i < CHUNK; i++)
        t->log_size[i] = x[2][i] * x[0][i] == INFINITY ? -INFINITY : t->log_size[i];
}

/* ---- Poisson ----------------------------------------------------------------------------------------------------- */

TAILS(poisson, 2) /* k, rate */
{
    double above[CHUNK], gap[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double k = floor_of(minimum(1e300, maximum(0.0, x[0][i])));
        above[i] = k + 1;
        gap[i] = (x[1][i] - k) - 1;
    }
    incomplete_gamma(above, x[1], gap, t);
    for (int i = 0; i < CHUNK; i++) {
        /* P(Y > k) is P(k + 1, rate); below 0 there is nothing, and beyond 1e300 neither. */
        double outside = x[0][i] < 0 ? 1.0 : (x[0][i] >= 1e300 ? -1.0 : 0.0);
        t->log_size[i] = outside == 0 ? t->log_size[i] : -INFINITY;
        t->side[i] = outside == 0 ? -t->side[i] : outside;
    }
}
