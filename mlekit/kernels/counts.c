/* Families of counts. */
#include "elementary.h"
#include "special.h"

/* The log-mass inside 0, 1, 2, ..., and -inf elsewhere. */
INLINE double of_whole(double k, double inside)
{
    double is_whole = k == whole_of(k) ? inside : -INFINITY;
    return k >= 0 ? (k < INFINITY ? is_whole : -INFINITY) : -INFINITY;
}

/* A count to compute with, in place of what is none. (A condition that `of_whole` asks again would make a branch.) */
INLINE double held_count(double k) { return minimum(maximum(k, 0.0), 1e308); }

/* ---- one trial, and until the first success ---------------------------------------------------------------------- */

KERNEL2(bernoulli_log_prob, y, logits)
{
    double inside = -softplus((1 - 2 * y) * logits);
    return y == 0 ? inside : (y == 1 ? inside : -INFINITY);
}

KERNEL2(geometric_log_prob, k, logits)
{
    double common = mk_log1p(mk_exp(-size_of(logits)));
    double log_failure = -(maximum(logits, 0.0) + common), log_success = -(maximum(-logits, 0.0) + common);
    /* 0 log 0 = 0: with certain success no failure comes. */
    double failures = k * log_failure;
    return of_whole(k, (k == 0 ? 0.0 : failures) + log_success);
}

KERNEL2(geometric_cdf, k, logits)
{
    double value = -mk_expm1(-(floor_of(maximum(k, 0.0)) + 1) * softplus(logits));
    return k < 0 ? 0.0 : value;
}

KERNEL2(geometric_quantile, level, logits)
{
    double log_failure = softplus(logits), wait = maximum(-floor_of(mk_log1p(-level) / log_failure) - 1, 0.0);
    double k = log_failure < INFINITY ? wait : 0.0;
    /* Rounding of the quotient may miss a neighbour: the distribution function itself decides. */
    double before = k > 0 ? -mk_expm1(-k * log_failure) : -1.0, lowered = before >= level ? k - 1 : k;
    return -mk_expm1(-(lowered + 1) * log_failure) < level ? lowered + 1 : lowered;
}

KERNEL2(geometric_failures, level, logits) { return floor_of(-mk_log1p(-level) / softplus(logits)); }

/* ---- Poisson, binomial and negative binomial --------------------------------------------------------------------- */

KERNEL2(poisson_log_prob, k, rate)
{
    double held = held_count(k);
    return of_whole(k, -deviance(held, rate) - log_factorial_excess(held));
}

KERNEL4(binomial_log_prob, k, trials, probs, failure_probs)
{
    double held = held_count(k), failures = trials - held, rest = failures > 0 ? failures : 0.0;
    double below_peak = deviance(held, trials * probs) + deviance(rest, trials * failure_probs);
    double inside = log_factorial_excess(trials)
        - (below_peak + log_factorial_excess(held) + log_factorial_excess(rest));
    return failures >= 0 ? of_whole(k, inside) : -INFINITY;
}

#define LAST_SUMMED 4e307

/* log P(k) of mean m and dispersion a, in Loader's form */
INLINE double negative_binomial_log_mass(double k, double mean, double dispersion)
{
    /* Ratios of shape + k instead of 1 + dispersion k, which would overflow first. */
    double shape = 1 / dispersion, one = dispersion < 1 ? 1.0 : shape, factor = dispersion < 1 ? dispersion : 1.0;
    double scale = one + factor * mean, ratio = (one + factor * k) / scale, growth = minimum(dispersion * k, 1e300);
    double gap = log_excess(factor * (k - mean) / scale, ratio) / dispersion;
    double distance = deviance_by(k, mean * ratio, (mean - k) * (one / scale));
    double below_peak = distance + (dispersion > 0 ? gap : 0.0) + log_factorial_excess(k);
    double beyond = mk_log(k) + mk_log(dispersion), logarithm = mk_log1p(growth);
    double skew = stirling_error(shape) - stirling_error(shape + k);
    return -below_peak - skew - 0.5 * (growth < 1e300 ? logarithm : beyond);
}

KERNEL3(negative_binomial_log_prob, k, mean, dispersion)
{
    /* From where sums overflow, a straight line. */
    double held = minimum(held_count(k), LAST_SUMMED), more = k > held ? k - held : 0.0;
    double fall = more * mk_log1p(1 / (dispersion * mean));
    return of_whole(k, negative_binomial_log_mass(held, mean, dispersion) - (more > 0 ? fall : 0.0));
}

KERNEL4(beta_binomial_log_prob, k, trials, alpha, beta)
{
    double held = held_count(k), failures = trials - held, rest = failures > 0 ? failures : 0.0;
    double precision = alpha + beta, share = trials / precision;
    double split = negative_binomial_log_mass(held, alpha * share, 1 / alpha)
        + negative_binomial_log_mass(rest, beta * share, 1 / beta);
    double inside = split - negative_binomial_log_mass(trials, trials, 1 / precision);
    return failures >= 0 ? of_whole(k, inside) : -INFINITY;
}

/* ---- uniform over whole numbers ---------------------------------------------------------------------------------- */

KERNEL3(discrete_uniform_log_prob, k, low, high)
{
    double inside = -mk_log(high - low + 1), is_whole = k == whole_of(k) ? inside : -INFINITY;
    return k >= low ? (k <= high ? is_whole : -INFINITY) : -INFINITY;
}

KERNEL3(discrete_uniform_cdf, k, low, high)
{
    double count = high - low + 1, reached = floor_of(k) - low + 1;
    return minimum(maximum(reached, 0.0), count) / count;
}

KERNEL3(discrete_uniform_quantile, level, low, high)
{
    double count = high - low + 1, place = minimum(maximum(-floor_of(-(level * count)), 1.0), count);
    /* Rounding of the product may miss a neighbour: the distribution function itself decides. */
    double before = place > 1 ? (place - 1) / count : -1.0, lowered = before >= level ? place - 1 : place;
    return low + (lowered / count < level ? lowered + 1 : lowered) - 1;
}
