/* Quantiles without closed form: Newton's method, the elements of a chunk side by side until all are solved. */
#include "elementary.h"
#include "special.h"

#define TWO_PER_ROOT_PI 0x1.20dd750429b6dp+0
#define ROOT_2 0x1.6a09e667f3bcdp+0
#define MOST_STEPS 200

/* ---- inverse Gaussian -------------------------------------------------------------------------------------------- */

/* erfcx(u) - erfcx(u + h) for u, h >= 0, no digit of which is lost where they are close, and erfcx(u) */
INLINE double fall_of_erfcx(double u, double h, double *first)
{
    double from = minimum(u, 1e100), by = minimum(h, 1e100), to = from + by, value;
    double of_from = 1 / ((from + 3.75) * (1 + 2 * from)), of_to = 1 / ((to + 3.75) * (1 + 2 * to));
    double x = (from - 3.75) * (1 + 2 * from) * of_from, y = (to - 3.75) * (1 + 2 * to) * of_to;
    double slope = erfcx_scaled_slope(x, y, &value), scale = (from + 3.75) * of_from * (to + 3.75) * of_to;
    double apart = 7.5 * by * (1 + 2 * from) * of_from * (1 + 2 * to) * of_to;
    *first = value * (from + 3.75) * of_from;
    return (2 * by * value - slope * apart * (1 + 2 * from)) * scale;
}

/* With y = mean exp(2s) and 2 shape/mean = root^2: exp(root^2 sinh(s)^2) times twice the probability below y for
   s = -distance, or above it for s = distance. */
INLINE double scaled_tail(double distance, double root, double right, double *square_of_sine)
{
    double less_one = mk_expm1(distance), inverse = 1 / (1 + less_one), whole;
    double u = 0.5 * root * (less_one + less_one * inverse), fall = fall_of_erfcx(u, root * inverse, &whole);
    *square_of_sine = u * u;
    return right > 0 ? fall : 2 * whole - fall;
}

INLINE void inverse_gaussian_quantile_of_chunk(
    const double *restrict level, const double *restrict mean, const double *restrict shape, double *restrict out)
{
    double root[CHUNK], right[CHUNK], target[CHUNK], distance[CHUNK], near[CHUNK], far[CHUNK], done[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double nothing;
        root[i] = sqrt(2 * shape[i] / mean[i]);
        double above = scaled_tail(0.0, root[i], 1.0, &nothing), below = 2 - above;
        right[i] = level[i] > 0.5 * below ? 1.0 : 0.0;
        double tail = right[i] > 0 ? 1 - level[i] : level[i];
        /* As if the tail were a normal one from the mean on; a little too far to the right. */
        double size = size_of(ndtri(minimum(tail / (right[i] > 0 ? above : below), 0.5))) / (ROOT_2 * root[i]);
        distance[i] = mk_log1p(size + square(size) / (1 + sqrt(1 + square(size))));
        target[i] = mk_log(tail);
        near[i] = 0.0;
        far[i] = INFINITY;
        done[i] = tail > 0 ? 0.0 : 1.0;
    }
    for (int step = 0; step < MOST_STEPS; step++) {
        int64_t left = 0;
        for (int i = 0; i < CHUNK; i++) {
            double at = distance[i], from_mean, tail = scaled_tail(at, root[i], right[i], &from_mean);
            double excess = mk_log(0.5 * tail) - from_mean - target[i];
            double slope = TWO_PER_ROOT_PI * root[i] * mk_exp(right[i] > 0 ? -at : at) / tail;
            double newton = at + excess / slope, low = excess > 0 ? at : near[i], high = excess > 0 ? far[i] : at;
            double between = high < INFINITY ? 0.5 * (low + high) : 2 * at + 1;
            double not_low = newton >= low ? newton : between, next = not_low <= high ? not_low : between;
            /* Steps of a billionth part leave nothing to do; where the equation holds, more would follow its rounding. */
            double slight = size_of(next - at) <= 1e-9 * at + 1e-17 ? 1.0 : 0.0;
            double solved = size_of(excess) <= 0x1p-50 * (1 - target[i]) ? 1.0 : slight;
            near[i] = low;
            far[i] = high;
            distance[i] = done[i] > 0 ? at : next;
            done[i] = maximum(done[i], solved);
        }
        for (int i = 0; i < CHUNK; i++)
            left += done[i] > 0 ? 0 : 1;
        if (!left)
            break;
    }
    for (int i = 0; i < CHUNK; i++) {
        double y = mean[i] * mk_exp(right[i] > 0 ? 2 * distance[i] : -2 * distance[i]);
        out[i] = level[i] > 0 ? (level[i] < 1 ? y : INFINITY) : 0.0;
    }
}
OVER_CHUNKS(inverse_gaussian_quantile, 3, x[0], x[1], x[2])
