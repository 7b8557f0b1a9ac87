/* Entropies and Kullback-Leibler divergences, as sums of terms that are >= 0 so that nothing cancels. */
#include "elementary.h"
#include "special.h"


/* ---- entropies --------------------------------------------------------------------------------------------------- */

KERNEL1(bernoulli_entropy, logits)
{
    double size = size_of(logits), rest = expit(-size), product = rest * size;
    return softplus(-size) + (rest > 0 ? product : 0.0);
}

KERNEL1(geometric_entropy, logits)
{
    double common = mk_log1p(mk_exp(-size_of(logits))), odds = mk_exp(-logits);
    double failures = odds * (maximum(logits, 0.0) + common);
    return maximum(-logits, 0.0) + common + (odds > 0 ? failures : 0.0);
}

KERNEL2(gamma_entropy, shape, rate)
{
    double peak = 0.5 * mk_log(shape) - HALF_LOG_2PI - stirling_error(shape) - log_ratio(shape, rate);
    return (shape - 1) * log_minus_digamma(shape) - peak;
}

KERNEL2(beta_entropy, alpha, beta)
{
    double n = alpha + beta, mean = alpha / n, rest = beta / n;
    double peak = 0.5 * mk_log(alpha * rest) - HALF_LOG_2PI - mk_log(mean * rest);
    peak += stirling_error(n) - stirling_error(alpha) - stirling_error(beta);
    double spread = (alpha - 1) * log_minus_digamma(alpha) + (beta - 1) * log_minus_digamma(beta);
    return spread - (n - 2) * log_minus_digamma(n) - peak;
}

KERNEL3(student_t_entropy, df, loc, scale)
{
    /* psi(x + 1/2) - psi(x) of half of the degrees of freedom, the mean of log(1 + z^2/df). */
    double x = 0.5 * df, growth = mk_log1p(0.5 / x) + log_minus_digamma(x) - log_minus_digamma(x + 0.5);
    (void)loc;
    return 0.5 * (df + 1) * growth - log_gamma_ratio(x) + HALF_LOG_2PI + mk_log(scale);
}

KERNEL2(uniform_entropy, low, high) { return mk_log(0.5 * high - 0.5 * low) + LOG_2; }


/* ---- divergences of a location and a scale ----------------------------------------------------------------------- */

KERNEL4(gaussian_kl, loc_p, scale_p, loc_q, scale_q)
{
    double u = (scale_p - scale_q) / scale_q, shift = (loc_p - loc_q) / scale_q;
    return 0.5 * square(u) + log_excess(u, scale_p / scale_q) + 0.5 * square(shift);
}

KERNEL4(laplace_kl, loc_p, scale_p, loc_q, scale_q)
{
    double ratio = scale_p / scale_q, distance = size_of(loc_p - loc_q) / scale_p;
    return ratio * exp_excess(-distance) + log_excess((scale_p - scale_q) / scale_q, ratio);
}

KERNEL4(cauchy_kl, loc_p, scale_p, loc_q, scale_q)
{
    double scales = (scale_p - scale_q) / scale_q, places = (loc_p - loc_q) / scale_q;
    return mk_log1p((square(scales) + square(places)) / (4 * (scale_p / scale_q)));
}

KERNEL4(uniform_kl, low_p, high_p, low_q, high_q)
{
    double wider = mk_log1p(((low_p - low_q) + (high_q - high_p)) / (high_p - low_p));
    return low_q <= low_p ? (high_p <= high_q ? wider : INFINITY) : INFINITY;
}

/* ---- divergences of extremes ------------------------------------------------------------------------------------- */

#define EULER_GAMMA 0x1.2788cfc6fb619p-1

/* How far log Gamma lies above its tangent at 1, and log Gamma(1 + r), of r - 1 and of r > 0. */
INLINE double log_gamma_excess(double u, double r, double *log_gamma)
{
    double held = minimum(maximum(u, -0.3), 0.3), near = held * held * log_gamma_excess_scaled(held);
    double size = minimum(r, 1e300), stirling = stirling_error(size) + HALF_LOG_2PI - size, logarithm = mk_log(size);
    double far = stirling + (size - 0.5) * logarithm + EULER_GAMMA * u;
    double above = size_of(u) < 0.3 ? near : far;
    double nearby = mk_log1p(held) + near - EULER_GAMMA * held;
    *log_gamma = size_of(u) < 0.3 ? nearby : stirling + (size + 0.5) * logarithm;
    return above;
}

/* (exp(x) - 1 - x) + (log Gamma(r) + gamma (r - 1)) with x = log Gamma(1 + r) + shift, r being a ratio of scales. */
INLINE double extremes_kl(double ratio_minus_one, double ratio, double shift)
{
    double log_gamma, above = log_gamma_excess(ratio_minus_one, ratio, &log_gamma);
    return exp_excess(log_gamma + shift) + above;
}

KERNEL4(gumbel_kl, loc_p, scale_p, loc_q, scale_q)
{
    return extremes_kl((scale_p - scale_q) / scale_q, scale_p / scale_q, (loc_q - loc_p) / scale_q);
}

KERNEL4(weibull_kl, shape_p, scale_p, shape_q, scale_q)
{
    double shift = shape_q * mk_log1p((scale_p - scale_q) / scale_q);
    return extremes_kl((shape_q - shape_p) / shape_p, shape_q / shape_p, shift);
}

/* ---- divergences of rates ---------------------------------------------------------------------------------------- */

KERNEL2(exponential_kl, rate_p, rate_q) { return log_excess((rate_q - rate_p) / rate_p, rate_q / rate_p); }

KERNEL2(poisson_kl, rate_p, rate_q) { return deviance(rate_p, rate_q); }

/* ---- divergences of probabilities -------------------------------------------------------------------------------- */

/* Of logits a and b. With d centred under p, it is log E_p[exp(d)] for near ones; else what softplus lies above its
   tangent, of the outcome that p holds for the less probable. */
INLINE double kl_of_logits(double a, double b)
{
    double mirrored = a > 0 ? -1.0 : 1.0, from = mirrored * a, to = mirrored * b;
    double p = expit(from), step = to - from;
    double near = mk_log1p(p * exp_excess((1 - p) * step) + (1 - p) * exp_excess(-p * step));
    double gain = p > 0 ? p * step : 0.0, far = softplus(to) - softplus(from) - gain;
    double value = size_of(step) < 1 ? near : far;
    double held = to < INFINITY ? value : INFINITY;
    return a == b ? 0.0 : held;
}

KERNEL2(bernoulli_kl, logits_p, logits_q) { return kl_of_logits(logits_p, logits_q); }

/* As many trials as until the first success, each of which tells p from q like the first. */
KERNEL2(geometric_kl, logits_p, logits_q)
{
    double trials = 1 + mk_exp(-logits_p), value = trials * kl_of_logits(logits_p, logits_q);
    return logits_p > -600 ? value : NAN;
}

/* ---- divergences of gamma functions ------------------------------------------------------------------------------ */

/* The second derivative of Stirling's error. */
INLINE double stirling_bend(double x) { return trigamma_excess_rest(x) / x; }

/* How far Stirling's error at y = x + step lies above its tangent at x; of near ones as the integral of (y - t) times its second
   derivative at t, by the Gauss-Legendre rule of four nodes. */
INLINE double stirling_excess(double x, double y, double step)
{
    double far = stirling_error(y) - stirling_error(x) + step * log_minus_digamma_rest(x);
    double near = 0x1.4b78b48f581d5p-3 * stirling_bend(x + 0x1.1c6490c2719ecp-4 * step)
        + 0x1.bf6adbed88b9fp-3 * stirling_bend(x + 0x1.51ee013116102p-2 * step)
        + 0x1.b8c22927f7bf5p-4 * stirling_bend(x + 0x1.5708ff6774f7fp-1 * step)
        + 0x1.8bb5aef23490ep-7 * stirling_bend(x + 0x1.dc736de7b1cc2p-1 * step);
    return size_of(step) < 0.02 * (x + y) ? step * step * near : far;
}

/* The same of -log(x)/2 and of Stirling's error together. */
INLINE double half_log_excess(double x, double y, double step)
{
    return 0.5 * log_excess(step / x, y / x) + stirling_excess(x, y, step);
}

KERNEL4(gamma_kl, shape_p, rate_p, shape_q, rate_q)
{
    /* The ratio of means, less 1, from the differences of the parameters. */
    double step = (shape_p - shape_q) * rate_q + shape_q * (rate_q - rate_p);
    double means = log_excess(step / (rate_p * shape_q), (shape_p / shape_q) * (rate_q / rate_p));
    return shape_q * means + maximum(half_log_excess(shape_p, shape_q, shape_q - shape_p), 0.0);
}

KERNEL4(beta_kl, alpha_p, beta_p, alpha_q, beta_q)
{
    double n_p = alpha_p + beta_p, n_q = alpha_q + beta_q;
    double of_alpha = alpha_q - alpha_p, of_beta = beta_q - beta_p;
    /* Leading terms: n_q times the divergence of q's mean from p's, as Bernoulli distributions. */
    double apart = (of_alpha * beta_p - of_beta * alpha_p) / n_p;
    double means = deviance_by(alpha_q, n_q * (alpha_p / n_p), -apart)
        + deviance_by(beta_q, n_q * (beta_p / n_p), apart);
    double shapes = half_log_excess(alpha_p, alpha_q, of_alpha) + half_log_excess(beta_p, beta_q, of_beta)
        - half_log_excess(n_p, n_q, of_alpha + of_beta);
    return maximum(means + shapes, 0.0);
}
