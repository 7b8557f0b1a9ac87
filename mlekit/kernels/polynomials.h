/* Written by tests/kernels/polynomials.py, not by hand: polynomials by Chebyshev interpolation. */
#ifndef POLYNOMIALS_H
#define POLYNOMIALS_H

#include "kernel.h"


/* (exp(x) - 1 - x - x^2/2) / x^3, for x from -0.34692 to 0.34692;
   off by 8e-18 at most. */
INLINE double exp_rest(double x)
{
    double sum = 0x1.1f6717774d5e0p-29;
    sum = sum * x + 0x1.af390ba7e6f47p-26;
    sum = sum * x + 0x1.27e4e1dcf773bp-22;
    sum = sum * x + 0x1.71de0d85293b8p-19;
    sum = sum * x + 0x1.a01a01a48116fp-16;
    sum = sum * x + 0x1.a01a01a7cebcdp-13;
    sum = sum * x + 0x1.6c16c16c167dap-10;
    sum = sum * x + 0x1.11111111109a6p-7;
    sum = sum * x + 0x1.5555555555555p-5;
    sum = sum * x + 0x1.5555555555556p-3;
    return sum;
}

/* (exp(x) - 1 - x) / x^2, for x from -0.34692 to 0.34692;
   off by 1e-09 at most. */
INLINE float exp_rest_single(float x)
{
    float sum = 0x1.a1256cd2f13c2p-13f;
    sum = sum * x + 0x1.6d43af18200d3p-10f;
    sum = sum * x + 0x1.1110e0c5c7f50p-7f;
    sum = sum * x + 0x1.5554e8a22b84cp-5f;
    sum = sum * x + 0x1.5555555a800cdp-3f;
    sum = sum * x + 0x1.0000000ba132cp-1f;
    return sum;
}

/* 2 (artanh(s) - s) / s^3 of x = s^2, for x from 0 to 0.0295;
   off by 3e-16 at most. */
INLINE double artanh_rest(double x)
{
    double sum = 0x1.2b6776a1bf0b9p-3;
    sum = sum * x + 0x1.39fd25d62ab23p-3;
    sum = sum * x + 0x1.7462be245eae3p-3;
    sum = sum * x + 0x1.c71c62c42db89p-3;
    sum = sum * x + 0x1.2492492e0b70cp-2;
    sum = sum * x + 0x1.99999999951f5p-2;
    sum = sum * x + 0x1.5555555555558p-1;
    return sum;
}

/* (1 + 2u) exp(u^2) erfc(u) of x = (u - 3.75) / (u + 3.75), for x from -1 to 1;
   off by 6e-18 at most. */
INLINE double erfcx_scaled(double x)
{
    double sum = 0x1.e7a100062f385p-32;
    sum = sum * x + 0x1.55fb76b7dbdd0p-32;
    sum = sum * x - 0x1.6b2228df54be4p-28;
    sum = sum * x - 0x1.01418b99efa2ep-28;
    sum = sum * x + 0x1.4eb5efb28ed5dp-25;
    sum = sum * x + 0x1.8fa2f9fdc0311p-26;
    sum = sum * x - 0x1.1636c8002e495p-22;
    sum = sum * x - 0x1.eb7b41166a177p-25;
    sum = sum * x + 0x1.d65081c59291dp-20;
    sum = sum * x - 0x1.0556aa18e657bp-20;
    sum = sum * x - 0x1.8002c11990e5bp-17;
    sum = sum * x + 0x1.778b948121ce1p-16;
    sum = sum * x + 0x1.b143d63ea931ep-15;
    sum = sum * x - 0x1.303fa49e236d5p-12;
    sum = sum * x + 0x1.33fb27421f98cp-12;
    sum = sum * x + 0x1.cc3a0e7d99253p-10;
    sum = sum * x - 0x1.3f603c3682d81p-7;
    sum = sum * x + 0x1.d0b0037d155f4p-6;
    sum = sum * x - 0x1.e0d0fa6df428dp-5;
    sum = sum * x + 0x1.7a14188a9ce86p-4;
    sum = sum * x - 0x1.bda9309a28be0p-4;
    sum = sum * x + 0x1.510169d096658p-4;
    sum = sum * x + 0x1.d5f2948159e20p-9;
    sum = sum * x - 0x1.1f367683f89a5p-3;
    sum = sum * x + 0x1.3ccda0b5d5dc2p+0;
    return sum;
}

#endif
