/* What log-probabilities are made of beside elementary functions: gamma functions, deviances, angles. */
#ifndef SPECIAL_H
#define SPECIAL_H

#include "elementary.h"

#define PI 0x1.921fb54442d18p+1
#define HALF_PI 0x1.921fb54442d18p+0
#define QUARTER_PI 0x1.921fb54442d18p-1

/* ---- whole numbers ----------------------------------------------------------------------------------------------- */

/* The nearest whole number. */
INLINE double whole_of(double x)
{
    double size = size_of(x), rounded = (size + 0x1p52) - 0x1p52;
    double whole = size < 0x1p52 ? rounded : size;
    return x < 0 ? -whole : whole;
}

INLINE double floor_of(double x)
{
    double whole = whole_of(x);
    return whole > x ? whole - 1 : whole;
}

/* ---- logistic ---------------------------------------------------------------------------------------------------- */

/* 1 / (1 + exp(-x)) */
INLINE double expit(double x)
{
    double power = mk_exp(-size_of(x));
    return (x < 0 ? power : 1.0) / (1 + power);
}

/* log(p / (1 - p)), which vanishes at one half without loss of digits */
INLINE double logit(double p)
{
    double near = mk_log1p((2 * p - 1) / (1 - p)), far = mk_log(p / (1 - p));
    return size_of(p - 0.5) < 0.25 ? near : far;
}

/* ---- ratios and distances ---------------------------------------------------------------------------------------- */

/* log(x / y) of numbers >= 0, also where the ratio leaves the doubles */
INLINE double log_ratio(double x, double y)
{
    double m, n, r, lift_x = x < 0x1p-1022 ? 54.0 : 0.0, lift_y = y < 0x1p-1022 ? 54.0 : 0.0;
    double power = power_and_rest(x < 0x1p-1022 ? x * 0x1p54 : x, &m) - lift_x;
    power -= power_and_rest(y < 0x1p-1022 ? y * 0x1p54 : y, &n) - lift_y;
    power += power_and_rest(m / n, &r);
    double value = log_from(power, r - 1), edge = mk_log(x / y);
    /* Of 0, infinity and what is not a number the quotient decides. */
    double ordinary = minimum(x, y) > 0 ? maximum(x, y) : INFINITY;
    return ordinary < INFINITY ? value : edge;
}

/* u - log(1 + u) >= 0, of u and of 1 + u */
INLINE double log_excess(double u, double ratio)
{
    double s = u / (2 + u), z = s * s;
    double near = s * (u - z * artanh_rest(z)), far = u - mk_log(ratio);
    return size_of(u) < 0.1 ? near : far;
}

/* exp(x) - 1 - x >= 0 */
INLINE double exp_excess(double x)
{
    double held = minimum(maximum(x, -0.34), 0.34), near = held * held * (0.5 + held * exp_rest(held));
    double far = mk_expm1(x) - x;
    far = x < INFINITY ? far : x;
    return size_of(x) < 0.34 ? near : far;
}

/* x log(x/mean) + mean - x >= 0, of x, of mean and of mean - x */
INLINE double deviance_by(double x, double mean, double difference)
{
    double s = difference / (mean + x), z = s * s;
    double near = s * (difference - x * (z * artanh_rest(z)));
    double far = x * log_ratio(x, mean) + difference;
    double value = size_of(s) < 0.17 ? near : far;
    return x == 0 ? mean : (mean < INFINITY ? value : mean);
}

INLINE double deviance(double x, double mean) { return deviance_by(x, mean, mean - x); }

/* ---- gamma functions --------------------------------------------------------------------------------------------- */

/* 1/x and (x - 1)/(x + 1) for x >= 1, from one division; beyond 1e100 what they are there */
INLINE double inverse_and_place(double x, double *place)
{
    double held = minimum(x, 1e100), reciprocal = 1 / (held * (held + 1));
    *place = (held - 1) * held * reciprocal;
    return (held + 1) * reciprocal;
}

/* log Gamma(x + 1) - (log(2 pi x)/2 + x log x - x) for x >= 1 */
INLINE double stirling_from_one(double x)
{
    double place, inverse = inverse_and_place(x, &place);
    return inverse * stirling_scaled(place);
}

/* The same for x > 0, below 1 by Gamma(x + 2) = (x + 1) Gamma(x + 1). */
INLINE double stirling_error(double x)
{
    double error = stirling_from_one(x < 1 ? x + 1 : x), held = minimum(x, 1.0);
    double rise = (held + 0.5) * log_ratio(held + 1, held) - 1;
    return x < 1 ? error + rise : error;
}

/* log k! - (k log k - k) for whole k >= 0 */
INLINE double log_factorial_excess(double k)
{
    double held = maximum(k, 1.0), excess = 0.5 * mk_log(held) + HALF_LOG_2PI + stirling_from_one(held);
    return k > 0 ? excess : 0.0;
}

/* log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 for x > 0, below 1 from x + 1 */
INLINE double log_gamma_ratio(double x)
{
    double place, inverse = inverse_and_place(x < 1 ? x + 1 : x, &place), held = minimum(x, 1.0);
    double ratio = inverse * gamma_ratio_scaled(place);
    double rise = 0.5 * mk_log(held * (held + 1) / square(held + 0.5));
    return x < 1 ? ratio + rise : ratio;
}

/* log x - psi(x) - 1/(2x) for x > 0, below 1 from x + 1 */
INLINE double log_minus_digamma_rest(double x)
{
    double place, inverse = inverse_and_place(x < 1 ? x + 1 : x, &place), held = minimum(x, 1.0);
    double rest = inverse * inverse * log_minus_digamma_scaled(place);
    double rise = 0.5 / held + 0.5 / (held + 1) - log_ratio(held + 1, held);
    return x < 1 ? rest + rise : rest;
}

INLINE double log_minus_digamma(double x) { return 0.5 / x + log_minus_digamma_rest(x); }

/* x psi'(x) - 1 - 1/(2x) for x > 0, below 1 from x + 1 */
INLINE double trigamma_excess_rest(double x)
{
    double place, inverse = inverse_and_place(x < 1 ? x + 1 : x, &place), held = minimum(x, 1.0);
    double rest = inverse * inverse * trigamma_excess_scaled(place), above = 1 + 0.5 * inverse + rest;
    double moved = held / (held + 1) * above + 0.5 / held - 1;
    return x < 1 ? moved : rest;
}

/* log(x^a exp(-x) / Gamma(a)) */
INLINE double log_gamma_density(double a, double x)
{
    return 0.5 * mk_log(a) - HALF_LOG_2PI - stirling_error(a) - deviance(a, x);
}

/* log(x^a (1 - x)^b / B(a, b)), of x and of 1 - x */
INLINE double log_beta_density(double a, double b, double x, double rest)
{
    double n = a + b, distance = deviance(a, n * x) + deviance(b, n * rest);
    double peak = 0.5 * mk_log(a * (b / n)) - HALF_LOG_2PI;
    return peak + stirling_error(n) - stirling_error(a) - stirling_error(b) - distance;
}

/* ---- angles ------------------------------------------------------------------------------------------------------ */

/* sin(x) for |x| <= pi/2 */
INLINE double sine_of(double x)
{
    double z = x * x;
    return x + x * (z * sine_rest(z));
}

/* cos(x) for |x| <= pi/4 */
INLINE double cosine_of(double x)
{
    double z = x * x;
    return 1 - (0.5 * z - z * z * cosine_rest(z));
}

/* arctan(1/x) for x >= 0 */
INLINE double angle_of_inverse(double x)
{
    /* From one of the nearest of the angles 0, pi/4 and pi/2. */
    double top = x > 0x1.3504f333f9de6p+1 ? 1.0 : (x > 0x1.a827999fcef32p-2 ? 1 - x : -x);
    double bottom = x > 0x1.3504f333f9de6p+1 ? x : (x > 0x1.a827999fcef32p-2 ? 1 + x : 1.0);
    double from = x > 0x1.3504f333f9de6p+1 ? 0.0 : (x > 0x1.a827999fcef32p-2 ? QUARTER_PI : HALF_PI);
    double t = top / bottom, z = t * t;
    return from + (t + t * (z * arctan_rest(z)));
}

#define FAR_TURNS 1e6

/* x less the nearest whole number of turns, for |x| < FAR_TURNS */
INLINE double rest_of_turns(double x)
{
    double turns = (x * 0x1.45f306dc9c883p-3 + SHIFTER) - SHIFTER;
    /* 2 pi in parts of 33 bits, whole multiples of which are exact. */
    return ((x - turns * 0x1.921fb54400000p+2) - turns * 0x1.0b4611a600000p-32) - turns * 0x1.3198a2e037073p-67;
}

/* ---- the normal distribution ------------------------------------------------------------------------------------- */

/* The z with P(Z <= z) = p of a standard normal Z, in w = -log 4p(1 - p), which is near z^2/2 in the tails: its size, in
   the middle, in the tails and in those of probability 1e-8. */
#define TAIL_FROM 5.0
#define FAR_TAIL_FROM 16.0

INLINE double ndtri_within(double p, double *w)
{
    double tail = minimum(p, 1 - p), middle = 1 - 2 * tail;
    *w = -mk_log(4 * tail * (1 - tail));
    return middle * ndtri_middle(minimum(*w, TAIL_FROM));
}

INLINE double ndtri_tail(double w)
{
    double root = sqrt(maximum(w, 4.9));
    return root * ndtri_outer(root - 3.1);
}

INLINE double ndtri_far_tail(double w)
{
    double root = sqrt(maximum(w, 15.0)), inverse = 1 / root;
    double far = root * ndtri_far(inverse - 0.18), farthest = root * ndtri_farthest(inverse - 0.07);
    return root < INFINITY ? (root < 9 ? far : farthest) : INFINITY;
}

INLINE double on_its_side(double p, double size) { return p < 0.5 ? -size : (p >= 0.5 ? size : p); }

INLINE double ndtri(double p)
{
    double w, within = ndtri_within(p, &w), tail = ndtri_tail(w), far = ndtri_far_tail(w);
    return on_its_side(p, w < TAIL_FROM ? within : (w < FAR_TAIL_FROM ? tail : far));
}

/* The same for a chunk, where few stand in the tails. */
INLINE void normal_scores(const double *restrict p, double *restrict z)
{
    double w[CHUNK];
    int64_t tails = 0, far_tails = 0;
    for (int i = 0; i < CHUNK; i++)
        z[i] = on_its_side(p[i], ndtri_within(p[i], &w[i]));
    for (int i = 0; i < CHUNK; i++) {
        tails += w[i] < TAIL_FROM ? 0 : 1;
        far_tails += w[i] < FAR_TAIL_FROM ? 0 : 1;
    }
    if (tails)
        for (int i = 0; i < CHUNK; i++) {
            double tail = on_its_side(p[i], ndtri_tail(w[i]));
            z[i] = w[i] < TAIL_FROM ? z[i] : tail;
        }
    if (far_tails)
        for (int i = 0; i < CHUNK; i++) {
            double far = on_its_side(p[i], ndtri_far_tail(w[i]));
            z[i] = w[i] < FAR_TAIL_FROM ? z[i] : far;
        }
}

#endif
