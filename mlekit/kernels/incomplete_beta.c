/* The regularized incomplete beta function I_x(a, b), and the families that it tells of.

   It is x^a (1 - x)^b/B(a, b), which is computed by Stirling's remainder and deviances and so keeps its digits, times a
   ratio. As I_x(a, b) = 1 - I_(1 - x)(b, a), x is taken to lie to the left of a/(a + b), where I is the smaller one.
   Numbers in brackets are those of DLMF, the Digital Library of Mathematical Functions. */
#include "elementary.h"
#include "quadrature.h"
#include "tails.h"

enum { FRACTION, INTEGRAL, FLAT };
enum { MOST_STEPS = 1000 };

/* What is asked of each element: a, b, x, 1 - x, and the gap a - (a + b) x >= 0. */
typedef struct {
    double a[CHUNK], b[CHUNK], x[CHUNK], rest[CHUNK], gap[CHUNK];
} places;

/* ---- methods: a ratio, of eights of elements --------------------------------------------------------------------- */

/* By Gauss's continued fraction 1/(a + e1/(a + 1 + e2/(a + 2 + ...))) [8.17.22], two levels at a time. */
INLINE void fraction(int eights, const double *restrict a, const double *restrict b, const double *restrict x,
                     double *restrict value)
{
    /* Numerators and denominators of two approximations that follow one another, the later of denominator 1. */
    double early_top[CHUNK], early_bottom[CHUNK], going[CHUNK];
    for (int i = 0; i < 8 * eights; i++) {
        early_top[i] = 0, early_bottom[i] = 1 / a[i];
        value[i] = 1 / a[i];
        going[i] = 1;
    }
    int64_t more = 1;
    for (int m = 1; more && m <= MOST_STEPS; m++) {
        more = 0;
        for (int i = 0; i < 8 * eights; i++) {
            double level = a[i] + (m - 1), odd = -level * ((level + b[i]) * x[i]), even = m * ((b[i] - m) * x[i]);
            double old = value[i], width = level + m;
            double top = width * old + odd * early_top[i], bottom = width + odd * early_bottom[i];
            double next_top = (width + 1) * top + even * old, next_bottom = (width + 1) * bottom + even;
            double scale = 1 / next_bottom, next = next_top * scale, change = size_of(next - old);
            early_top[i] = top * scale, early_bottom[i] = bottom * scale;
            value[i] = going[i] > 0 ? next : old;
            going[i] = change > 4e-16 * next ? going[i] : 0.0;
            more |= going[i] > 0;
        }
    }
}

/* The fall n (log(y + x exp(-u)) + x u) of a Bernoulli variable's cumulants, y = 1 - x, without cancellation. */
INLINE double cumulant_fall(double n, double x, double y, double u)
{
    return n * mk_log1p(x * exp_excess_near(-y * u) + y * exp_excess_near(x * u));
}

/* By an integral over the log-odds of its variable t: with t/(1 - t) = x/(1 - x) exp(-u), t^a (1 - t)^b falls off like
   exp(-gap u - n (log(1 - x + x exp(-u)) + x u)) from u = 0 on, n = a + b. */
INLINE void integral(int eights, const places *p, double *restrict sum)
{
    double end[CHUNK], n[CHUNK];
    for (int i = 0; i < 8 * eights; i++) {
        n[i] = p->a[i] + p->b[i];
        double bend = n[i] * p->x[i] * p->rest[i];
        end[i] = deep_parabola(p->gap[i], bend, maximum(p->gap[i], bend));
        sum[i] = 0;
    }
    /* Newton's method for a convex function: after a step it comes down from above. */
    for (int step = 0; step < 3; step++)
        for (int i = 0; i < 8 * eights; i++) {
            double x = p->x[i], y = p->rest[i], u = end[i], power = exp_near(-u);
            double slope = p->gap[i] + n[i] * x * (y * (u - exp_excess_near(-u)) / (y + x * power));
            end[i] -= (p->gap[i] * u + cumulant_fall(n[i], x, y, u) - DEEP) / slope;
        }
    for (int k = 0; k < NODES; k++)
        for (int i = 0; i < 8 * eights; i++) {
            double u = legendre_node[k] * end[i];
            double fall = p->gap[i] * u + cumulant_fall(n[i], p->x[i], p->rest[i], u);
            sum[i] += legendre_weight[k] * exp_near(-fall);
        }
    for (int i = 0; i < 8 * eights; i++)
        sum[i] *= end[i];
}

/* 1 - I itself, small with a, for small (a + b) x: with c = Gamma(a + b)/(Gamma(1 + a) Gamma(b)) it is
   1 - c x^a (1 + a sum (1 - b)(2 - b)...(n - b) x^n/(n! (a + n))) [8.17.7]. */
INLINE void flat(int eights, const double *restrict a, const double *restrict b, const double *restrict x,
                 double *restrict out)
{
    double term[CHUNK], sum[CHUNK], bend[CHUNK], from[CHUNK];
    for (int i = 0; i < 8 * eights; i++) {
        term[i] = 1, sum[i] = bend[i] = 0;
        from[i] = b[i] < 1 ? b[i] + 1 : b[i];
    }
    for (int n = 1; n <= 30; n++)
        for (int i = 0; i < 8 * eights; i++) {
            term[i] *= (n - b[i]) * x[i] / n;
            sum[i] += term[i] / (a[i] + n);
        }
    /* By how much Stirling's error falls from `from` to a beyond, over a. */
    for (int k = 0; k < NODES; k++)
        for (int i = 0; i < 8 * eights; i++)
            bend[i] += legendre_weight[k] * log_minus_digamma_rest(from[i] + legendre_node[k] * a[i]);
    for (int i = 0; i < 8 * eights; i++) {
        double rise = (from[i] - 0.5) * mk_log1p(a[i] / from[i]), below = b[i] < 1 ? mk_log1p(a[i] / b[i]) : 0.0;
        double slope = mk_log((a[i] + from[i]) * x[i]) - 1 - bend[i] - log_gamma_share(a[i]);
        double exponent = (rise - below) + a[i] * slope;
        out[i] = -mk_expm1(exponent) - a[i] * (mk_exp(exponent) * sum[i]);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

INLINE void gather_places(const chosen *some, const places *all, places *part)
{
    gather(some, all->a, part->a);
    gather(some, all->b, part->b);
    gather(some, all->x, part->x);
    gather(some, all->rest, part->rest);
    gather(some, all->gap, part->gap);
}

/* The tails at x of a Beta distribution; the gap may be negative, and have more digits than the other numbers. */
VERSIONS static void incomplete_beta(const places *restrict asked, tails *restrict t)
{
    places all, part;
    double method[CHUNK], ratio[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double gap = asked->gap[i], left = gap < 0 ? -1.0 : 1.0, n = asked->a[i] + asked->b[i];
        double a = left > 0 ? asked->a[i] : asked->b[i], b = left > 0 ? asked->b[i] : asked->a[i];
        double x = left > 0 ? asked->x[i] : asked->rest[i], y = left > 0 ? asked->rest[i] : asked->x[i];
        gap = left * gap;
        double peak = 0.5 * mk_log(a * (b / n)) - HALF_LOG_2PI + stirling_error(n);
        peak -= stirling_error(a) + stirling_error(b);
        double density = peak - deviance_by(a, n * x, -gap) - deviance_by(b, n * y, gap);
        /* Near an end with a small parameter most of the probability may lie at the end itself. */
        double end = minimum(x, y), own = x < y ? a : b, other = x < y ? b : a;
        double reach = maximum(maximum(0.2 * own, end), n * end / 30);
        double most = own * mk_log(maximum(n, 1.0) * end) > -0.5 ? 1.0 : 0.0;
        double is_flat = reach < 0.1 ? (other < own ? 0.0 : most) : 0.0;
        /* Where there are few right of x the fraction is slow, and what they leave is no less exact. */
        double few = n * y < 3 ? 1.0 : 0.0, close = y < (b < 0.5 ? 0.1 : 0.3) ? few : 0.0;
        double swapped = is_flat > 0 ? (x < y ? 0.0 : 1.0) : close;
        double found = a >= 300 ? (few > 0 ? FRACTION : INTEGRAL) : FRACTION;
        method[i] = is_flat > 0 ? FLAT : found;
        t->log_size[i] = is_flat > 0 ? 0.0 : density;
        t->side[i] = (is_flat > 0 ? 1.0 : 0.0) + swapped == 1 ? -left : left;
        all.a[i] = swapped > 0 ? b : a, all.b[i] = swapped > 0 ? a : b;
        all.x[i] = swapped > 0 ? y : x, all.rest[i] = swapped > 0 ? x : y;
        all.gap[i] = gap;
    }
    chosen some = choose(method, FRACTION);
    gather_places(&some, &all, &part);
    fraction(some.eights, part.a, part.b, part.x, ratio);
    scatter(&some, ratio, t->ratio);

    some = choose(method, INTEGRAL);
    gather_places(&some, &all, &part);
    integral(some.eights, &part, ratio);
    scatter(&some, ratio, t->ratio);

    some = choose(method, FLAT);
    gather_places(&some, &all, &part);
    flat(some.eights, part.a, part.b, part.x, ratio);
    scatter(&some, ratio, t->ratio);
}

/* The leading half of a number's digits. */
INLINE double leading(double x) { return of_bits(bits_of(x) & 0xfffffffff8000000); }

/* a - (a + b) x, of which products of halves keep all digits */
INLINE double gap_of(double a, double b, double x)
{
    double n = a + b, back = n - a, lost = (a - (n - back)) + (b - back);
    double n_high = leading(n), n_low = n - n_high, x_high = leading(x), x_low = x - x_high;
    return (((a - n_high * x_high) - n_high * x_low) - n_low * x_high) - (n_low * x_low + lost * x);
}

/* ---- beta -------------------------------------------------------------------------------------------------------- */

TAILS(beta, 3) /* y, alpha, beta */
{
    places p;
    for (int i = 0; i < CHUNK; i++) {
        double y = minimum(1.0, maximum(0.0, x[0][i])), rest = 1 - y, alpha = x[1][i], beta = x[2][i];
        double gap = gap_of(alpha, beta, y), mirrored = -gap_of(beta, alpha, rest);
        p.a[i] = alpha, p.b[i] = beta, p.x[i] = y, p.rest[i] = rest;
        p.gap[i] = y < 0.5 ? gap : mirrored;
    }
    incomplete_beta(&p, t);
}

/* ---- counts: P(Y <= k) ------------------------------------------------------------------------------------------- */

INLINE double whole_count(double k) { return floor_of(minimum(1e300, maximum(0.0, k))); }

/* Nothing lies below 0, and nothing beyond the last. */
INLINE void end_at(double k, double last, double *log_size, double *side)
{
    double outside = k < 0 ? 1.0 : (k >= last ? -1.0 : 0.0);
    *log_size = outside == 0 ? *log_size : -INFINITY;
    *side = outside == 0 ? *side : outside;
}

TAILS(binomial, 4) /* k, trials, probs, failure_probs */
{
    places p;
    for (int i = 0; i < CHUNK; i++) {
        double k = whole_count(x[0][i]), above = k + 1, rest = maximum(1.0, x[1][i] - k);
        double gap = gap_of(rest, above, x[3][i]), mirrored = -gap_of(above, rest, x[2][i]);
        p.a[i] = rest, p.b[i] = above, p.x[i] = x[3][i], p.rest[i] = x[2][i];
        p.gap[i] = x[3][i] < 0.5 ? gap : mirrored;
    }
    incomplete_beta(&p, t);
    for (int i = 0; i < CHUNK; i++)
        end_at(x[0][i], minimum(x[1][i], 1e300), &t->log_size[i], &t->side[i]);
}

TAILS(negative_binomial, 3) /* k, mean, dispersion */
{
    places p;
    for (int i = 0; i < CHUNK; i++) {
        double k = whole_count(x[0][i]), shape = 1 / maximum(x[2][i], 1e-290), spread = x[1][i] / shape;
        double inside = spread / (1 + spread), outside = 1 / (1 + 1 / spread);
        p.a[i] = shape, p.b[i] = k + 1, p.x[i] = 1 / (1 + spread);
        p.rest[i] = spread < 1 ? inside : outside;
        p.gap[i] = ((x[1][i] - k) - 1) * p.x[i];
    }
    incomplete_beta(&p, t);
    for (int i = 0; i < CHUNK; i++)
        end_at(x[0][i], 1e300, &t->log_size[i], &t->side[i]);
}

/* ---- Student's t: half of P(|Z| > |z|) to each side -------------------------------------------------------------- */

#define FAR_OUT 1e8

TAILS(student_t, 4) /* y, df, loc, scale */
{
    places p;
    double size[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        size[i] = size_of((x[0][i] - x[2][i]) / x[3][i]) / sqrt(x[1][i]);
        double square_size = square(minimum(FAR_OUT, size[i]));
        p.a[i] = 0.5 * x[1][i], p.b[i] = 0.5;
        p.x[i] = 1 / (1 + square_size), p.rest[i] = square_size / (1 + square_size);
        p.gap[i] = 0.5 * (x[1][i] * square_size - 1) * p.x[i];
    }
    incomplete_beta(&p, t);
    for (int i = 0; i < CHUNK; i++) {
        /* Beyond, it is a power. */
        double farther = -x[1][i] * mk_log(maximum(1.0, size[i] / FAR_OUT));
        double middle = 0.5 - 0.5 * probability_of(t->log_size[i], t->ratio[i]);
        t->ratio[i] = t->side[i] > 0 ? 0.5 * t->ratio[i] : middle;
        t->log_size[i] = t->side[i] > 0 ? t->log_size[i] + farther : 0.0;
        t->side[i] = x[0][i] < x[2][i] ? 1.0 : -1.0;
    }
}
