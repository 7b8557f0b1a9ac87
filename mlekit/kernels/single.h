/* Elementary functions in single precision, without branches. */
#ifndef SINGLE_H
#define SINGLE_H

#include "elementary.h"

#define SINGLE_SHIFTER 0x1.8p23f /* what is added to it is rounded to a whole number */

INLINE float single_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

INLINE uint32_t bits_of_single(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* exp(x) as power*(1 + rest), power being one of two: for x from -87 to 88. */
INLINE float exp_parts(float x, float *rest)
{
    float shifted = x * 0x1.715476p+0f + SINGLE_SHIFTER, whole = shifted - SINGLE_SHIFTER;
    float r = (x - whole * 0x1.62e4p-1f) - whole * 0x1.7f7d1cp-20f;
    *rest = r + r * r * exp_rest_single(r);
    return single_of_bits((bits_of_single(shifted) + 127) << 23);
}

INLINE float held_single(float x, float low, float high)
{
    float above = x > low ? x : low;
    return above < high ? above : high;
}

/* e/(e + 2) with e = exp(2x) - 1, which keeps the digits of small x */
INLINE float tanh_single(float x)
{
    float rest, power = exp_parts(2 * held_single(x, -10.0f, 10.0f), &rest);
    float e = rest * power + (power - 1);
    float value = e / (e + 2);
    return x == x ? value : x;
}

INLINE float sigmoid_single(float x)
{
    float rest, power = exp_parts(held_single(-x, -80.0f, 80.0f), &rest);
    float value = 1 / (1 + (power + power * rest));
    return x == x ? value : x;
}

#endif
