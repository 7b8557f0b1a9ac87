/* Families of positive outcomes, whose density at 0 is a limit that may be infinite. */
#include "elementary.h"
#include "special.h"

/* The log-density inside, its limit at 0, and -inf elsewhere. */
INLINE double above_zero(double y, double inside, double at_zero)
{
    double possible = y > 0 ? inside : (y == 0 ? at_zero : -INFINITY);
    return y < INFINITY ? possible : -INFINITY;
}

/* The limit at 0 of a density that goes like y^(shape - 1). */
INLINE double limit_of_power(double shape, double constant)
{
    return shape < 1 ? INFINITY : (shape > 1 ? -INFINITY : constant);
}

/* ---- exponential ------------------------------------------------------------------------------------------------- */

KERNEL2(exponential_log_prob, y, rate)
{
    double inside = mk_log(rate) - rate * y;
    return y >= 0 ? inside : -INFINITY;
}

KERNEL2(exponential_cdf, y, rate) { return -mk_expm1(-rate * maximum(y, 0.0)); }

KERNEL2(exponential_quantile, level, rate) { return -mk_log1p(-level) / rate; }

/* ---- gamma ------------------------------------------------------------------------------------------------------- */

KERNEL3(gamma_log_prob, y, shape, rate)
{
    double inside = log_gamma_density(shape, rate * y) - mk_log(y);
    return above_zero(y, inside, limit_of_power(shape, mk_log(rate)));
}

/* ---- log-normal -------------------------------------------------------------------------------------------------- */

KERNEL3(log_normal_log_prob, y, loc, scale)
{
    double logarithm = mk_log(y), z = (logarithm - loc) / scale;
    double inside = (-0.5 * square(z) - (mk_log(scale) + HALF_LOG_2PI)) - logarithm;
    return above_zero(y, inside, -INFINITY);
}

KERNEL3(log_normal_cdf, y, loc, scale) { return ndtr((mk_log(maximum(y, 0.0)) - loc) / scale); }

INLINE void log_normal_quantile_of_chunk(
    const double *restrict level, const double *restrict loc, const double *restrict scale, double *restrict out)
{
    double z[CHUNK];
    normal_scores(level, z);
    for (int i = 0; i < CHUNK; i++)
        out[i] = mk_exp(loc[i] + scale[i] * z[i]);
}
OVER_CHUNKS(log_normal_quantile, 3, x[0], x[1], x[2])

/* ---- inverse Gaussian -------------------------------------------------------------------------------------------- */

KERNEL3(inverse_gaussian_log_prob, y, mean, shape)
{
    double distance = y - mean, deviation = distance / mean * (distance / y) * (shape / mean);
    double constant = 0.5 * mk_log(shape) - HALF_LOG_2PI;
    return above_zero(y, constant - 1.5 * mk_log(y) - 0.5 * deviation, -INFINITY);
}

KERNEL3(inverse_gaussian_cdf, y, mean, shape)
{
    double held = minimum(maximum(y, 0.0), 1e300);
    double root = sqrt(shape / held) * ROOT_HALF;
    double a = root * (held - mean) / mean, b = root * (held + mean) / mean;
    double first = erfcx(size_of(a)), second = erfcx(b);
    /* Of the left tail, or the right one: the second term is added there, and taken off here. */
    double scaled = 0.5 * maximum(y < mean ? first + second : first - second, 0.0);
    double log_tail = mk_log(scaled) - square(a);
    double left = mk_exp(log_tail), right = -mk_expm1(log_tail);
    double inside = y < mean ? left : right;
    return y > 0 ? (y < INFINITY ? inside : 1.0) : 0.0;
}

/* ---- Weibull and log-logistic, in z = shape log(y/scale) --------------------------------------------------------- */

KERNEL3(weibull_log_prob, y, shape, scale)
{
    /* Far beyond where exp(z) overflows; an infinity itself would be taken from another. */
    double z = minimum(shape * log_ratio(y, scale), 1e4);
    double inside = z - mk_exp(z) + mk_log(shape) - mk_log(y);
    return above_zero(y, inside, limit_of_power(shape, -mk_log(scale)));
}

KERNEL3(weibull_cdf, y, shape, scale)
{
    return -mk_expm1(-mk_exp(shape * log_ratio(maximum(y, 0.0), scale)));
}

KERNEL3(weibull_quantile, level, shape, scale)
{
    return scale * mk_exp(mk_log(-mk_log1p(-level)) / shape);
}

KERNEL3(log_logistic_log_prob, y, shape, scale)
{
    double z = shape * log_ratio(y, scale), size = size_of(z);
    double inside = (-size - 2 * mk_log1p(mk_exp(-size))) + mk_log(shape) - mk_log(y);
    return above_zero(y, inside, limit_of_power(shape, -mk_log(scale)));
}

KERNEL3(log_logistic_cdf, y, shape, scale) { return expit(shape * log_ratio(maximum(y, 0.0), scale)); }

KERNEL3(log_logistic_quantile, level, shape, scale) { return scale * mk_exp(logit(level) / shape); }
