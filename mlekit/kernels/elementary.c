/* The elementary functions as kernels of their own, so that tests can hold them to their definitions. */
#include "elementary.h"
#include "special.h"

KERNEL1(elementary_exp, x) { return mk_exp(x); }
KERNEL1(elementary_expm1, x) { return mk_expm1(x); }
KERNEL1(elementary_log, x) { return mk_log(x); }
KERNEL1(elementary_log1p, x) { return mk_log1p(x); }
KERNEL1(elementary_softplus, x) { return softplus(x); }
KERNEL1(elementary_log1mexp, x) { return log1mexp(x); }
KERNEL1(elementary_ndtr, x) { return ndtr(x); }
KERNEL1(elementary_log_ndtr, x) { return log_ndtr(x); }
KERNEL1(elementary_ndtri, x) { return ndtri(x); }
KERNEL1(elementary_expit, x) { return expit(x); }
KERNEL1(elementary_logit, x) { return logit(x); }
KERNEL1(elementary_stirling_error, x) { return stirling_error(x); }
KERNEL1(elementary_log_factorial_excess, x) { return log_factorial_excess(x); }
KERNEL1(elementary_log_gamma_ratio, x) { return log_gamma_ratio(x); }
KERNEL1(elementary_floor, x) { return floor_of(x); }
KERNEL1(elementary_angle_of_inverse, x) { return angle_of_inverse(x); }
KERNEL2(elementary_log_ratio, x, y) { return log_ratio(x, y); }
KERNEL2(elementary_deviance, x, mean) { return deviance(x, mean); }
KERNEL1(elementary_log_minus_digamma, x) { return log_minus_digamma(x); }
KERNEL1(elementary_trigamma_excess, x) { return 0.5 / x + trigamma_excess_rest(x); }
