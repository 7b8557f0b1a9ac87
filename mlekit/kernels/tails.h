/* Distribution functions by their tails: of the two probabilities that add up to 1 one is computed, with all its digits,
   and the other is what it leaves. That is the smaller one, wherever digits would be lost otherwise.

   A probability is exp(log_size) ratio, so that its logarithm is known where it underflows. What takes many steps is done
   for the elements of a chunk by methods, each for those elements that it suits, one after another. An element is
   computed the same way in whatever company: steps beyond those that it needs do not change it. */
#ifndef TAILS_H
#define TAILS_H

#include "special.h"

typedef struct {
    double log_size[CHUNK], ratio[CHUNK], side[CHUNK]; /* side: 1 for P(Y <= y), -1 for P(Y > y) */
} tails;

/* ---- answers ----------------------------------------------------------------------------------------------------- */

INLINE double probability_of(double log_size, double ratio)
{
    double value = mk_exp(log_size) * ratio;
    return value > 1 ? 1.0 : value;
}

/* The logarithm of a probability that was computed, or of what it leaves. */
INLINE double log_tail(double log_size, double ratio, double computed)
{
    double own = log_size + mk_log(ratio), other = mk_log1p(-probability_of(log_size, ratio));
    return computed > 0 ? (own > 0 ? 0.0 : own) : other;
}

INLINE double tail(double log_size, double ratio, double computed)
{
    double value = probability_of(log_size, ratio);
    return computed > 0 ? value : 1 - value;
}

/* The kernels name_cdf, name_log_cdf and name_log_sf, of what the body that follows says of a chunk's tails. */
#define TAILS(name, count)                                                                                             \
    INLINE void name##_tails(const double *const *x, tails *t);                                                        \
    ANSWER(name, cdf, count, tail, t.side[i])                                                                          \
    ANSWER(name, log_cdf, count, log_tail, t.side[i])                                                                  \
    ANSWER(name, log_sf, count, log_tail, -t.side[i])                                                                  \
    INLINE void name##_tails(const double *const *x, tails *t)

#define ANSWER(name, question, count, function, computed)                                                              \
    INLINE void name##_##question##_of_chunk(const double *const *x, double *restrict out)                             \
    {                                                                                                                  \
        tails t;                                                                                                       \
        name##_tails(x, &t);                                                                                           \
        for (int i = 0; i < CHUNK; i++)                                                                                \
            out[i] = function(t.log_size[i], t.ratio[i], computed);                                                    \
    }                                                                                                                  \
    OVER_CHUNKS(name##_##question, count, x)

/* ---- elements by method ------------------------------------------------------------------------------------------ */

/* The places of some elements of a chunk, the last one repeated until there are eights of them. */
typedef struct {
    int eights, place[CHUNK + 8];
} chosen;

INLINE chosen choose(const double *method, double which)
{
    chosen some;
    int count = 0;
    for (int i = 0; i < CHUNK; i++) {
        some.place[count] = i;
        count += method[i] == which;
    }
    some.eights = (count + 7) / 8;
    for (int i = count; i < 8 * some.eights; i++)
        some.place[i] = some.place[count - 1];
    return some;
}

INLINE void gather(const chosen *some, const double *all, double *restrict out)
{
    for (int i = 0; i < 8 * some->eights; i++)
        out[i] = all[some->place[i]];
}

INLINE void scatter(const chosen *some, const double *part, double *restrict all)
{
    for (int i = 0; i < 8 * some->eights; i++)
        all[some->place[i]] = part[i];
}

/* ---- integrals --------------------------------------------------------------------------------------------------- */

/* exp(x) for |x| < 700 */
INLINE double exp_near(double x)
{
    double whole = (x * LOG_2_E + SHIFTER) - SHIFTER, r = (x - whole * LOG_2_HIGH) - whole * LOG_2_LOW;
    return (1 + (r + r * r * (0.5 + r * exp_rest(r)))) * power_of_two(whole + SHIFTER);
}

/* exp(x) - 1 - x for |x| < 700 */
INLINE double exp_excess_near(double x)
{
    double whole = (x * LOG_2_E + SHIFTER) - SHIFTER, r = (x - whole * LOG_2_HIGH) - whole * LOG_2_LOW;
    double power = power_of_two(whole + SHIFTER), rest = r * r * (0.5 + r * exp_rest(r));
    return power * rest + ((power * r - x) + (power - 1)); /* for a whole of 0 it is the rest */
}

/* An integrand exp(-fall) counts as far as to here; beyond, there is less than 1e-15 of the integral. */
#define DEEP 36.0

/* Where a fall of slope and curvature s and c at 0 would be deep if it were a parabola; m >= s, c. */
INLINE double deep_parabola(double s, double c, double m)
{
    return 2 * DEEP / (m * (sqrt(square(s / m) + 2 * DEEP * (c / m) / m) + s / m));
}

#endif
