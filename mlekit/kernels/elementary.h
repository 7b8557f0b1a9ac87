/* Elementary functions without branches, which the compiler can evaluate for many numbers at once.

   Accurate to one or two units in the last place wherever the result is a normal number. Doubles are IEEE 754. */
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include <math.h>

#include "kernel.h"
#include "polynomials.h"

#define LOG_2 0x1.62e42fefa39efp-1
#define LOG_2_HIGH 0x1.62e42fefa3800p-1 /* its first 42 bits: a whole multiple of it is exact */
#define LOG_2_LOW 0x1.ef35793c76730p-45
#define LOG_2_E 0x1.71547652b82fep+0
#define HALF_LOG_2PI 0x1.d67f1c864beb5p-1
#define ROOT_HALF 0x1.6a09e667f3bcdp-1
#define SHIFTER 0x1.8p52 /* what is added to it is rounded to a whole number */

INLINE double square(double x) { return x * x; }
INLINE double minimum(double x, double y) { return x < y ? x : y; }
INLINE double maximum(double x, double y) { return x > y ? x : y; }
INLINE double size_of(double x) { return x < 0 ? -x : x; }

INLINE uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---- exponentials ------------------------------------------------------------------------------------------------ */

/* 2^k for a whole k from -1022 to 1023, which is given with SHIFTER added. */
INLINE double power_of_two(double shifted)
{
    return of_bits((bits_of(shifted) + 1023) << 52);
}

/* exp(x + rest) for a rest that is small beside 1. */
INLINE double exp_of_sum(double x, double rest)
{
    double held = minimum(maximum(x, -1000.0), 1000.0);
    double whole = (held * LOG_2_E + SHIFTER) - SHIFTER;
    double r = ((held - whole * LOG_2_HIGH) - whole * LOG_2_LOW) + rest;
    double power = 1 + (r + r * r * (0.5 + r * exp_rest(r)));
    /* 2^whole in two factors, as it may leave the doubles where the result does not. */
    double half = (0.5 * whole + SHIFTER) - SHIFTER;
    double value = power * power_of_two(half + SHIFTER) * power_of_two((whole - half) + SHIFTER);
    return x == x ? value : x;
}

INLINE double mk_exp(double x) { return exp_of_sum(x, 0.0); }

/* exp(x) - 1 */
INLINE double mk_expm1(double x)
{
    double held = minimum(maximum(x, -100.0), 1000.0);
    double whole = (held * LOG_2_E + SHIFTER) - SHIFTER;
    double r = (held - whole * LOG_2_HIGH) - whole * LOG_2_LOW;
    double less_one = r + r * r * (0.5 + r * exp_rest(r));
    double half = (0.5 * whole + SHIFTER) - SHIFTER;
    double first = power_of_two(half + SHIFTER), second = power_of_two((whole - half) + SHIFTER);
    /* 2^whole (less_one + 1) - 1; of 2^-whole nothing counts where it is small. */
    double back = power_of_two(maximum(-whole, -1000.0) + SHIFTER);
    double value = (less_one + (1 - back)) * first * second;
    return x == x ? value : x;
}

/* ---- logarithms -------------------------------------------------------------------------------------------------- */

/* log(2^power (1 + f)) for 1 + f from sqrt(1/2) to sqrt(2): with s = f/(2 + f) it is f - f^2/2 + s (f^2/2 + ...). */
INLINE double log_from(double power, double f)
{
    double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
    double rest = s * (half + z * artanh_rest(z)) + power * LOG_2_LOW;
    return power * LOG_2_HIGH - ((half - rest) - f);
}

/* A positive normal number as 2^power m, m from sqrt(1/2) to sqrt(2). */
INLINE double power_and_rest(double x, double *m)
{
    /* The bits of sqrt(1/2) are taken off, so that the exponent steps there. */
    uint64_t bits = (bits_of(x) - bits_of(ROOT_HALF)) & 0xfff0000000000000;
    *m = of_bits(bits_of(x) - bits);
    /* The exponent as a double: 2^52 and its 12 bits, in which negative ones wrap around at 4096. */
    double wrapped = of_bits(bits >> 52 | bits_of(0x1p52)) - 0x1p52;
    return wrapped < 2048 ? wrapped : wrapped - 4096;
}

INLINE double mk_log(double x)
{
    double m, lift = x < 0x1p-1022 ? 54.0 : 0.0;
    double power = power_and_rest(x < 0x1p-1022 ? x * 0x1p54 : x, &m);
    double value = log_from(power - lift, m - 1);
    value = x > 0 ? value : (x == 0 ? -INFINITY : NAN);
    return x < INFINITY ? value : x;
}

/* log(1 + x) */
INLINE double mk_log1p(double x)
{
    double m, power = power_and_rest(1 + x, &m);
    double scale = power_of_two(SHIFTER - minimum(power, 1000.0));
    /* (1 + x)/2^power - 1, of which for a power of 0 no digit of x is lost. */
    double value = log_from(power, x < 0x1p60 ? x * scale + (scale - 1) : m - 1);
    value = x > -1 ? value : (x == -1 ? -INFINITY : NAN);
    return x < INFINITY ? value : x;
}

/* log(1 + exp(x)) */
INLINE double softplus(double x) { return maximum(x, 0.0) + mk_log1p(mk_exp(-size_of(x))); }

/* log(1 - exp(x)) for x <= 0 */
INLINE double log1mexp(double x)
{
    double power = mk_exp(x), less_one = mk_expm1(x);
    double near = mk_log(-less_one), far = mk_log1p(-power);
    return x > -LOG_2 ? near : far;
}

/* ---- the normal distribution ------------------------------------------------------------------------------------- */

/* exp(x^2) erfc(x) for x from 0 to 1e100, and what it is there beyond */
INLINE double erfcx(double x)
{
    double held = minimum(x, 1e100), above = held + 3.75, scale = 1 + 2 * held;
    double reciprocal = 1 / (above * scale); /* one division for two */
    return erfcx_scaled((held - 3.75) * scale * reciprocal) * above * reciprocal;
}

/* exp(-x^2/2) */
INLINE double bell(double x)
{
    /* The leading half of the digits, whose square is exact. */
    double held = minimum(size_of(x), 1e4);
    double high = of_bits(bits_of(held) & 0xfffffffff8000000);
    return exp_of_sum(-0.5 * high * high, -0.5 * (held - high) * (held + high));
}

/* P(Z > x) of a standard normal Z, for x >= 0 */
INLINE double upper_tail(double x) { return 0.5 * bell(x) * erfcx(x * ROOT_HALF); }

INLINE double ndtr(double x)
{
    double tail = upper_tail(size_of(x));
    return x < 0 ? tail : (x >= 0 ? 1 - tail : x);
}

INLINE double log_ndtr(double x)
{
    double size = size_of(x), scaled = 0.5 * erfcx(size * ROOT_HALF), tail = bell(size) * scaled;
    double far = mk_log(scaled) - 0.5 * square(size), near = mk_log1p(x < 0 ? tail - 1 : -tail);
    return x < -1 ? far : (x == x ? near : x);
}

#endif
