/* The elementary functions as kernels of their own, so that tests can hold them to their definitions. */
#include "elementary.h"

KERNEL1(elementary_exp, x) { return mk_exp(x); }
KERNEL1(elementary_expm1, x) { return mk_expm1(x); }
KERNEL1(elementary_log, x) { return mk_log(x); }
KERNEL1(elementary_log1p, x) { return mk_log1p(x); }
KERNEL1(elementary_softplus, x) { return softplus(x); }
KERNEL1(elementary_log1mexp, x) { return log1mexp(x); }
KERNEL1(elementary_ndtr, x) { return ndtr(x); }
KERNEL1(elementary_log_ndtr, x) { return log_ndtr(x); }
