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

/* (erfcx_scaled(y) - erfcx_scaled(x)) / (y - x), also where that is 0/0, and erfcx_scaled(x) */
INLINE double erfcx_scaled_slope(double x, double y, double *value)
{
    double slope = 0, sum = 0x1.e7a100062f385p-32;
    slope = slope * y + sum, sum = sum * x + 0x1.55fb76b7dbdd0p-32;
    slope = slope * y + sum, sum = sum * x - 0x1.6b2228df54be4p-28;
    slope = slope * y + sum, sum = sum * x - 0x1.01418b99efa2ep-28;
    slope = slope * y + sum, sum = sum * x + 0x1.4eb5efb28ed5dp-25;
    slope = slope * y + sum, sum = sum * x + 0x1.8fa2f9fdc0311p-26;
    slope = slope * y + sum, sum = sum * x - 0x1.1636c8002e495p-22;
    slope = slope * y + sum, sum = sum * x - 0x1.eb7b41166a177p-25;
    slope = slope * y + sum, sum = sum * x + 0x1.d65081c59291dp-20;
    slope = slope * y + sum, sum = sum * x - 0x1.0556aa18e657bp-20;
    slope = slope * y + sum, sum = sum * x - 0x1.8002c11990e5bp-17;
    slope = slope * y + sum, sum = sum * x + 0x1.778b948121ce1p-16;
    slope = slope * y + sum, sum = sum * x + 0x1.b143d63ea931ep-15;
    slope = slope * y + sum, sum = sum * x - 0x1.303fa49e236d5p-12;
    slope = slope * y + sum, sum = sum * x + 0x1.33fb27421f98cp-12;
    slope = slope * y + sum, sum = sum * x + 0x1.cc3a0e7d99253p-10;
    slope = slope * y + sum, sum = sum * x - 0x1.3f603c3682d81p-7;
    slope = slope * y + sum, sum = sum * x + 0x1.d0b0037d155f4p-6;
    slope = slope * y + sum, sum = sum * x - 0x1.e0d0fa6df428dp-5;
    slope = slope * y + sum, sum = sum * x + 0x1.7a14188a9ce86p-4;
    slope = slope * y + sum, sum = sum * x - 0x1.bda9309a28be0p-4;
    slope = slope * y + sum, sum = sum * x + 0x1.510169d096658p-4;
    slope = slope * y + sum, sum = sum * x + 0x1.d5f2948159e20p-9;
    slope = slope * y + sum, sum = sum * x - 0x1.1f367683f89a5p-3;
    slope = slope * y + sum, sum = sum * x + 0x1.3ccda0b5d5dc2p+0;
    *value = sum;
    return slope;
}

/* z/(1 - 2p) of x = -log 4p(1 - p), P(Z > z) = p < 1/2, for x from 0 to 5;
   off by 3e-17 at most. */
INLINE double ndtri_middle(double x)
{
    double sum = 0x1.12b501e190462p-62;
    sum = sum * x - 0x1.3e4281e8d21e1p-57;
    sum = sum * x + 0x1.96eed94e18e1dp-54;
    sum = sum * x + 0x1.357586c7b4af3p-50;
    sum = sum * x - 0x1.6e6f3ee4260c7p-45;
    sum = sum * x + 0x1.2b855192a0b98p-41;
    sum = sum * x - 0x1.1111aa659fe9bp-38;
    sum = sum * x + 0x1.1ab868234db41p-36;
    sum = sum * x - 0x1.323ebfe2b9742p-35;
    sum = sum * x + 0x1.e9ca067a5ace7p-34;
    sum = sum * x - 0x1.15ac5fcf2a3cep-30;
    sum = sum * x + 0x1.9867006af4e30p-30;
    sum = sum * x + 0x1.108bdbf3158dep-25;
    sum = sum * x - 0x1.c10745444176cp-25;
    sum = sum * x - 0x1.807aa8a80f8f7p-20;
    sum = sum * x + 0x1.7f711982711bbp-19;
    sum = sum * x + 0x1.147b6b1cdf15dp-14;
    sum = sum * x - 0x1.7bc0e116c4f53p-13;
    sum = sum * x - 0x1.b0d7e36e56e5ap-9;
    sum = sum * x + 0x1.0b9a8ec5c23ddp-6;
    sum = sum * x + 0x1.4ffddeaa22d68p-2;
    sum = sum * x + 0x1.40d931ff62706p+0;
    return sum;
}

/* z/r of x = r - 3.1, r^2 = -log 4p(1 - p), for x from -0.887 to 0.9;
   off by 3e-17 at most. */
INLINE double ndtri_outer(double x)
{
    double sum = -0x1.a31e6254e6fa3p-32;
    sum = sum * x + 0x1.6f3500751882ep-30;
    sum = sum * x - 0x1.080b7a90960e6p-34;
    sum = sum * x - 0x1.2b9a159bc5797p-27;
    sum = sum * x + 0x1.82699ab6879e7p-26;
    sum = sum * x - 0x1.4d3b3d7baa269p-27;
    sum = sum * x - 0x1.bb95f89c7512bp-24;
    sum = sum * x + 0x1.6db1586295495p-22;
    sum = sum * x - 0x1.72ebe76aa4372p-22;
    sum = sum * x - 0x1.0b302630c6317p-20;
    sum = sum * x + 0x1.435085b7e6d27p-18;
    sum = sum * x - 0x1.16b8bd549f266p-17;
    sum = sum * x - 0x1.d661e79d11d70p-19;
    sum = sum * x + 0x1.0de7000ffa40fp-14;
    sum = sum * x - 0x1.ae0d84c9bb434p-13;
    sum = sum * x + 0x1.4172c811968bfp-12;
    sum = sum * x + 0x1.0811a0d2c26a3p-11;
    sum = sum * x - 0x1.7d5dd4dfd9b3fp-8;
    sum = sum * x + 0x1.afb83b8876f87p-6;
    sum = sum * x + 0x1.568d05c2c137fp+0;
    return sum;
}

/* z/r of x = 1/r - 0.18, for x from -0.0688889 to 0.07;
   off by 5e-17 at most. */
INLINE double ndtri_far(double x)
{
    double sum = -0x1.1937903dfb44bp+25;
    sum = sum * x + 0x1.4349588755167p+22;
    sum = sum * x + 0x1.54f3d34d083c8p+18;
    sum = sum * x + 0x1.035fe067c09f8p+17;
    sum = sum * x - 0x1.52c5a08cacea9p+15;
    sum = sum * x + 0x1.60e18705edd2cp+12;
    sum = sum * x - 0x1.d99d7c04fd99ap+10;
    sum = sum * x + 0x1.c6ae9cae18b88p+8;
    sum = sum * x - 0x1.f40c0283ab261p+6;
    sum = sum * x + 0x1.1cbfd9de2a187p+5;
    sum = sum * x - 0x1.54e45e1483fa5p+3;
    sum = sum * x + 0x1.df77b9ff5fa68p+1;
    sum = sum * x - 0x1.052504b1cd750p+1;
    sum = sum * x + 0x1.390004d352afcp+0;
    sum = sum * x - 0x1.7e002094371a5p-4;
    sum = sum * x - 0x1.218f7cebb3ec2p-2;
    sum = sum * x + 0x1.60a02b7f51879p+0;
    return sum;
}

/* z/r of x = 1/r - 0.07, for x from -0.032963 to 0.0411111;
   off by 2e-16 at most. */
INLINE double ndtri_farthest(double x)
{
    double sum = 0x1.0e274dd4711c1p+46;
    sum = sum * x - 0x1.54786926965f7p+43;
    sum = sum * x + 0x1.502d2c50f03b8p+39;
    sum = sum * x - 0x1.11b5861d85a17p+35;
    sum = sum * x + 0x1.b4c7ed1e32579p+31;
    sum = sum * x - 0x1.71e2184b4d953p+28;
    sum = sum * x + 0x1.12f47bafa6f3dp+25;
    sum = sum * x - 0x1.a015c5ce70bf2p+21;
    sum = sum * x + 0x1.4cda3f86c4c71p+18;
    sum = sum * x - 0x1.18050cea8fe4dp+15;
    sum = sum * x + 0x1.f615b56155888p+11;
    sum = sum * x - 0x1.ebb1dae5214bdp+8;
    sum = sum * x + 0x1.10ea7cc7b8a98p+6;
    sum = sum * x - 0x1.7ff82c624a017p+3;
    sum = sum * x + 0x1.a9ffe1f5efee4p+1;
    sum = sum * x - 0x1.7c9f1ceb6ccd9p-1;
    sum = sum * x - 0x1.9e9465fb05439p-3;
    sum = sum * x + 0x1.67c88c07e57d3p+0;
    return sum;
}

/* y (log Gamma(y + 1) - log(2 pi y)/2 - y log y + y) of x = (y - 1)/(y + 1), for x from 0 to 1;
   off by 4e-17 at most. */
INLINE double stirling_scaled(double x)
{
    double sum = 0x1.c1b4b57663fccp-20;
    sum = sum * x - 0x1.1c4b714d7af77p-16;
    sum = sum * x + 0x1.5496ba7190f07p-14;
    sum = sum * x - 0x1.03cc6eab3a939p-12;
    sum = sum * x + 0x1.1f8b657a0d4c1p-11;
    sum = sum * x - 0x1.f632194aee3acp-11;
    sum = sum * x + 0x1.727622c3878e4p-10;
    sum = sum * x - 0x1.eb2a583c56db3p-10;
    sum = sum * x + 0x1.34911dad4168ep-9;
    sum = sum * x - 0x1.7e4b4a55b2281p-9;
    sum = sum * x + 0x1.de2e038f1dafcp-9;
    sum = sum * x - 0x1.30acd36ba036ap-8;
    sum = sum * x + 0x1.8f54ffe21433dp-8;
    sum = sum * x - 0x1.0d35873557081p-7;
    sum = sum * x + 0x1.5c02768e56e17p-7;
    sum = sum * x - 0x1.725fc86cfbc70p-7;
    sum = sum * x + 0x1.f813b2b8abca2p-8;
    sum = sum * x + 0x1.4c071bcda0a5ep-4;
    return sum;
}

/* y (log Gamma(y + 1/2) - log Gamma(y) - log(y)/2) of x = (y - 1)/(y + 1), for x from 0 to 1;
   off by 5e-17 at most. */
INLINE double gamma_ratio_scaled(double x)
{
    double sum = -0x1.1026feef18356p-19;
    sum = sum * x + 0x1.579cd58c55f41p-16;
    sum = sum * x - 0x1.9b35ad131a26ep-14;
    sum = sum * x + 0x1.39c07722443a1p-12;
    sum = sum * x - 0x1.5c29d02d12543p-11;
    sum = sum * x + 0x1.31d2f03cc3e4dp-10;
    sum = sum * x - 0x1.c7e85308b9e66p-10;
    sum = sum * x + 0x1.33313a263bb41p-9;
    sum = sum * x - 0x1.8b08c96efd831p-9;
    sum = sum * x + 0x1.f8e8b1524138cp-9;
    sum = sum * x - 0x1.48bd6a8587186p-8;
    sum = sum * x + 0x1.b826670358c58p-8;
    sum = sum * x - 0x1.326d6530a07acp-7;
    sum = sum * x + 0x1.ba07de0d4b7a3p-7;
    sum = sum * x - 0x1.2eab567c1c940p-6;
    sum = sum * x + 0x1.4e53656fc7a24p-6;
    sum = sum * x - 0x1.cfc5a0385c450p-7;
    sum = sum * x - 0x1.eeb95b094c195p-4;
    return sum;
}

/* y^2 (log y - psi(y) - 1/(2 y)) of x = (y - 1)/(y + 1), for x from 0 to 1;
   off by 4e-19 at most. */
INLINE double log_minus_digamma_scaled(double x)
{
    double sum = 0x1.68fa73dcfc9dep-21;
    sum = sum * x - 0x1.8a282555c8097p-18;
    sum = sum * x + 0x1.91a4429a87893p-16;
    sum = sum * x - 0x1.03b737a02cecdp-14;
    sum = sum * x + 0x1.eb132f47dcd29p-14;
    sum = sum * x - 0x1.74eec128cdae4p-13;
    sum = sum * x + 0x1.eff935f425fa1p-13;
    sum = sum * x - 0x1.38f52896ae1abp-12;
    sum = sum * x + 0x1.8b96d3c14f43ep-12;
    sum = sum * x - 0x1.0336ae07ed2cbp-11;
    sum = sum * x + 0x1.6042ab4a889b0p-11;
    sum = sum * x - 0x1.ee00a39e60b85p-11;
    sum = sum * x + 0x1.737bcbf245570p-10;
    sum = sum * x - 0x1.1f7b3f19a526bp-9;
    sum = sum * x + 0x1.d9312f02792c9p-9;
    sum = sum * x - 0x1.ecb9ddf2f49b0p-8;
    sum = sum * x + 0x1.0206e47028855p-6;
    sum = sum * x - 0x1.7f2f46fd76fd3p-6;
    sum = sum * x + 0x1.3734d0e57231bp-6;
    sum = sum * x + 0x1.3c467e37db0c8p-4;
    return sum;
}

/* y^2 (y psi'(y) - 1 - 1/(2 y)) of x = (y - 1)/(y + 1), for x from 0 to 1;
   off by 2e-17 at most. */
INLINE double trigamma_excess_scaled(double x)
{
    double sum = 0x1.8bf65a8e5b75cp-17;
    sum = sum * x - 0x1.b68999e2c4dc9p-14;
    sum = sum * x + 0x1.b6f77291c9b05p-12;
    sum = sum * x - 0x1.096172dd257c4p-10;
    sum = sum * x + 0x1.b4a67fc2f1e51p-10;
    sum = sum * x - 0x1.037adc60d9bcep-9;
    sum = sum * x + 0x1.cc0eaf5b1b95ap-10;
    sum = sum * x - 0x1.37df191ca26fbp-10;
    sum = sum * x + 0x1.4265efa97da79p-11;
    sum = sum * x - 0x1.f8f94c02a2555p-13;
    sum = sum * x + 0x1.b2d77ea491f2dp-14;
    sum = sum * x + 0x1.4dbeebe36f845p-15;
    sum = sum * x + 0x1.a5196efa39ba0p-16;
    sum = sum * x - 0x1.50d92a40095e5p-12;
    sum = sum * x - 0x1.4425ba45fcf9bp-10;
    sum = sum * x - 0x1.cc7de84c2e52cp-12;
    sum = sum * x + 0x1.7b3b70dd98480p-6;
    sum = sum * x - 0x1.f2e73e1828c1bp-5;
    sum = sum * x + 0x1.f6cc74642d3c5p-5;
    sum = sum * x + 0x1.28d3312983e99p-3;
    return sum;
}

/* log Gamma(1 + x) / x, for x from 0 to 0.6;
   off by 2e-19 at most. */
INLINE double log_gamma_share(double x)
{
    double sum = -0x1.317739bf95f88p-11;
    sum = sum * x + 0x1.027bcecf2ff94p-8;
    sum = sum * x - 0x1.a7fe791c1dd69p-7;
    sum = sum * x + 0x1.c8183186c2f35p-6;
    sum = sum * x - 0x1.71fce2e3347eap-5;
    sum = sum * x + 0x1.f111ff0a6a112p-5;
    sum = sum * x - 0x1.2987f021accffp-4;
    sum = sum * x + 0x1.4fdb3d3b85496p-4;
    sum = sum * x - 0x1.732a3f60f0b82p-4;
    sum = sum * x + 0x1.99bd6351fdb16p-4;
    sum = sum * x - 0x1.c7fc43250e1e2p-4;
    sum = sum * x + 0x1.010aa4f864fafp-3;
    sum = sum * x - 0x1.270395eaebad6p-3;
    sum = sum * x + 0x1.5b40ca5f3cd99p-3;
    sum = sum * x - 0x1.a8b9c173d4703p-3;
    sum = sum * x + 0x1.151322ac68e8dp-2;
    sum = sum * x - 0x1.9a4d55beaaeb7p-2;
    sum = sum * x + 0x1.a51a6625307d1p-1;
    sum = sum * x - 0x1.2788cfc6fb619p-1;
    return sum;
}

/* (log Gamma(1 + x) + gamma x) / x^2, for x from -0.3 to 0.3;
   off by 1e-19 at most. */
INLINE double log_gamma_excess_scaled(double x)
{
    double sum = -0x1.1d3e5e4c966d1p-4;
    sum = sum * x + 0x1.29b44290f1a30p-4;
    sum = sum * x - 0x1.543923e20c882p-5;
    sum = sum * x + 0x1.65b589814c55ep-5;
    sum = sum * x - 0x1.b570507fe8564p-5;
    sum = sum * x + 0x1.cda5756568140p-5;
    sum = sum * x - 0x1.e16742b60b530p-5;
    sum = sum * x + 0x1.ff81760a886c4p-5;
    sum = sum * x - 0x1.11163a93e8e3ap-4;
    sum = sum * x + 0x1.249a04c6abaa3p-4;
    sum = sum * x - 0x1.3b1d7eea9949cp-4;
    sum = sum * x + 0x1.556abd03ea1b2p-4;
    sum = sum * x - 0x1.748c3389b50b3p-4;
    sum = sum * x + 0x1.9a01e403154ddp-4;
    sum = sum * x - 0x1.c806706bfb4ffp-4;
    sum = sum * x + 0x1.010b36aed0f3ap-3;
    sum = sum * x - 0x1.2703a1dceb3d2p-3;
    sum = sum * x + 0x1.5b40cb100d3d0p-3;
    sum = sum * x - 0x1.a8b9c17aa6140p-3;
    sum = sum * x + 0x1.151322ac7d843p-2;
    sum = sum * x - 0x1.9a4d55beab2d7p-2;
    sum = sum * x + 0x1.a51a6625307d3p-1;
    return sum;
}

/* I0(k) of x = k^2, for x from 0 to 64;
   off by 4e-19 at most. */
INLINE double i0_of_square(double x)
{
    double sum = 0x1.20d247d00eeebp-120;
    sum = sum * x + 0x1.31d00bad6ba1ap-111;
    sum = sum * x + 0x1.46a4446d3e276p-101;
    sum = sum * x + 0x1.e56f7ffb05c87p-92;
    sum = sum * x + 0x1.41b6c17a09391p-82;
    sum = sum * x + 0x1.69c76363ac35fp-73;
    sum = sum * x + 0x1.5601c7e411b36p-64;
    sum = sum * x + 0x1.0b312ee43b7c5p-55;
    sum = sum * x + 0x1.522a444603fe2p-47;
    sum = sum * x + 0x1.522a43f155552p-39;
    sum = sum * x + 0x1.02e85c08d260ap-31;
    sum = sum * x + 0x1.23456789a8318p-24;
    sum = sum * x + 0x1.c71c71c71cbe1p-18;
    sum = sum * x + 0x1.c71c71c71c6dfp-12;
    sum = sum * x + 0x1.0000000000002p-6;
    sum = sum * x + 0x1.0000000000000p-2;
    sum = sum * x + 0x1.0000000000000p+0;
    return sum;
}

/* sqrt(k) exp(-k) I0(k) of x = 1/k, for x from 0 to 0.125;
   off by 6e-17 at most. */
INLINE double i0e_scaled(double x)
{
    double sum = 0x1.6bcb8542273bap+49;
    sum = sum * x - 0x1.1672cb55c1561p+50;
    sum = sum * x + 0x1.8323f5e649cd3p+49;
    sum = sum * x - 0x1.44f8171577de2p+48;
    sum = sum * x + 0x1.7102f26989c12p+46;
    sum = sum * x - 0x1.2cc96afafb97ap+44;
    sum = sum * x + 0x1.6c8c8e26f4cabp+41;
    sum = sum * x - 0x1.4fb55e60650b6p+38;
    sum = sum * x + 0x1.dc280e4c44318p+34;
    sum = sum * x - 0x1.05fe68cd75093p+31;
    sum = sum * x + 0x1.c081d89fb7535p+26;
    sum = sum * x - 0x1.29fd4152bd5a4p+22;
    sum = sum * x + 0x1.3155a23309505p+17;
    sum = sum * x - 0x1.dc6169c773619p+11;
    sum = sum * x + 0x1.192947feafc82p+6;
    sum = sum * x - 0x1.64f4422bff739p-1;
    sum = sum * x + 0x1.96783956d4b24p-4;
    sum = sum * x + 0x1.6e173c99cb8f0p-5;
    sum = sum * x + 0x1.debbe95be8c68p-6;
    sum = sum * x + 0x1.cb94dd3770febp-6;
    sum = sum * x + 0x1.9884533d4e5c8p-5;
    sum = sum * x + 0x1.9884533d43650p-2;
    return sum;
}

/* (sin(y) - y)/y^3 of x = y^2, for x from 0 to 2.4675;
   off by 3e-19 at most. */
INLINE double sine_rest(double x)
{
    double sum = 0x1.89a46890c7ff8p-49;
    sum = sum * x - 0x1.ae5137d193396p-41;
    sum = sum * x + 0x1.61240158708f1p-33;
    sum = sum * x - 0x1.ae6455a1cdfddp-26;
    sum = sum * x + 0x1.71de3a5456633p-19;
    sum = sum * x - 0x1.a01a01a018aacp-13;
    sum = sum * x + 0x1.1111111111107p-7;
    sum = sum * x - 0x1.5555555555555p-3;
    return sum;
}

/* (cos(y) - 1 + y^2/2)/y^4 of x = y^2, for x from 0 to 0.617;
   off by 1e-18 at most. */
INLINE double cosine_rest(double x)
{
    double sum = -0x1.907d724680d4ep-37;
    sum = sum * x + 0x1.1eeb68a508535p-29;
    sum = sum * x - 0x1.27e4fa179895fp-22;
    sum = sum * x + 0x1.a01a019f4e7d9p-16;
    sum = sum * x - 0x1.6c16c16c16966p-10;
    sum = sum * x + 0x1.5555555555555p-5;
    return sum;
}

/* (arctan(y) - y)/y^3 of x = y^2, for x from 0 to 0.1716;
   off by 3e-17 at most. */
INLINE double arctan_rest(double x)
{
    double sum = -0x1.3a27dd63af0a7p-6;
    sum = sum * x + 0x1.415ebcba15fd3p-5;
    sum = sum * x - 0x1.a09838b71a7cfp-5;
    sum = sum * x + 0x1.dfe60585956a5p-5;
    sum = sum * x - 0x1.10fa73c8057afp-4;
    sum = sum * x + 0x1.3b1262bf324fdp-4;
    sum = sum * x - 0x1.745d0b25982f3p-4;
    sum = sum * x + 0x1.c71c71852a359p-4;
    sum = sum * x - 0x1.2492492436016p-3;
    sum = sum * x + 0x1.9999999999349p-3;
    sum = sum * x - 0x1.5555555555555p-2;
    return sum;
}

#endif
