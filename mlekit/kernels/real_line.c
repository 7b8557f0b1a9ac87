/* Families on the real line, in z = (y - loc)/scale. */
#include "elementary.h"
#include "special.h"

#define LOG_PI 0x1.250d048e7a1bdp+0
#define PER_PI 0x1.45f306dc9c883p-2

/* log(1 + x^2), also where the square overflows */
INLINE double log1p_square(double x)
{
    double near = mk_log1p(square(x)), far = 2 * mk_log(size_of(x));
    return size_of(x) < 1e150 ? near : far;
}

/* ---- Gaussian ---------------------------------------------------------------------------------------------------- */

KERNEL3(gaussian_log_prob, y, loc, scale)
{
    return -0.5 * square((y - loc) / scale) - (mk_log(scale) + HALF_LOG_2PI);
}

KERNEL3(gaussian_cdf, y, loc, scale) { return ndtr((y - loc) / scale); }

KERNEL3(gaussian_log_cdf, y, loc, scale) { return log_ndtr((y - loc) / scale); }

KERNEL3(gaussian_log_sf, y, loc, scale) { return log_ndtr(-(y - loc) / scale); }

INLINE void gaussian_quantile_of_chunk(
    const double *restrict level, const double *restrict loc, const double *restrict scale, double *restrict out)
{
    double z[CHUNK];
    normal_scores(level, z);
    for (int i = 0; i < CHUNK; i++)
        out[i] = loc[i] + scale[i] * z[i];
}
OVER_CHUNKS(gaussian_quantile, 3, x[0], x[1], x[2])

/* ---- Laplace ----------------------------------------------------------------------------------------------------- */

KERNEL3(laplace_log_prob, y, loc, scale)
{
    return -LOG_2 - size_of((y - loc) / scale) - mk_log(scale);
}

KERNEL3(laplace_cdf, y, loc, scale)
{
    double z = (y - loc) / scale, tail = 0.5 * mk_exp(-size_of(z));
    return z < 0 ? tail : 1 - tail;
}

KERNEL3(laplace_quantile, level, loc, scale)
{
    double size = -mk_log(2 * minimum(level, 1 - level));
    return loc + scale * (level < 0.5 ? -size : size);
}

KERNEL4(asymmetric_laplace_log_prob, y, loc, scale, level)
{
    double z = (y - loc) / scale;
    return mk_log(level * (1 - level)) - maximum(level * z, -(1 - level) * z) - mk_log(scale);
}

KERNEL4(asymmetric_laplace_cdf, y, loc, scale, level)
{
    double z = (y - loc) / scale, rest = 1 - level;
    double left = level * mk_exp(rest * minimum(z, 0.0));
    double right = level - rest * mk_expm1(-level * maximum(z, 0.0));
    return z < 0 ? left : right;
}

KERNEL4(asymmetric_laplace_quantile, p, loc, scale, level)
{
    double rest = 1 - level, left = p < level ? 1.0 : 0.0;
    double share = left > 0 ? p : 1 - p, of = left > 0 ? level : rest;
    double size = mk_log(share / of) / (left > 0 ? rest : level);
    return loc + scale * (left > 0 ? size : -size);
}

/* ---- logistic ---------------------------------------------------------------------------------------------------- */

KERNEL3(logistic_log_prob, y, loc, scale)
{
    double size = size_of((y - loc) / scale);
    return -size - 2 * mk_log1p(mk_exp(-size)) - mk_log(scale);
}

KERNEL3(logistic_cdf, y, loc, scale) { return expit((y - loc) / scale); }

KERNEL3(logistic_quantile, level, loc, scale) { return loc + scale * logit(level); }

/* ---- Cauchy ------------------------------------------------------------------------------------------------------ */

KERNEL3(cauchy_log_prob, y, loc, scale)
{
    return (-log1p_square((y - loc) / scale) - LOG_PI) - mk_log(scale);
}

KERNEL3(cauchy_cdf, y, loc, scale)
{
    double z = (y - loc) / scale, tail = angle_of_inverse(size_of(z)) * PER_PI;
    return z < 0 ? tail : 1 - tail;
}

KERNEL3(cauchy_quantile, level, loc, scale)
{
    double tail = minimum(level, 1 - level), side = size_of(level - 0.5);
    double x = PI * (tail < 0.25 ? tail : side), sine = sine_of(x), cosine = cosine_of(x);
    double size = tail < 0.25 ? cosine / sine : sine / cosine;
    return loc + scale * (level < 0.5 ? -size : size);
}

/* ---- Gumbel ------------------------------------------------------------------------------------------------------ */

KERNEL3(gumbel_log_prob, y, loc, scale)
{
    /* Far beyond where exp(-z) overflows; an infinity itself would be taken from another. */
    double z = maximum((y - loc) / scale, -1e4);
    return -z - mk_exp(-z) - mk_log(scale);
}

KERNEL3(gumbel_cdf, y, loc, scale) { return mk_exp(-mk_exp(-(y - loc) / scale)); }

KERNEL3(gumbel_quantile, level, loc, scale) { return loc - scale * mk_log(-mk_log(level)); }

/* ---- Student's t ------------------------------------------------------------------------------------------------- */

KERNEL4(student_t_log_prob, y, df, loc, scale)
{
    double growth = log1p_square((y - loc) / scale / sqrt(df));
    return (log_gamma_ratio(0.5 * df) - HALF_LOG_2PI) - 0.5 * (df + 1) * growth - mk_log(scale);
}
