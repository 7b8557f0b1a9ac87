/* Families on the real line. */
#include "elementary.h"

KERNEL3(gaussian_log_prob, y, loc, scale)
{
    return -0.5 * square((y - loc) / scale) - (mk_log(scale) + HALF_LOG_2PI);
}

KERNEL3(gaussian_cdf, y, loc, scale) { return ndtr((y - loc) / scale); }

KERNEL3(gaussian_log_cdf, y, loc, scale) { return log_ndtr((y - loc) / scale); }

KERNEL3(gaussian_log_sf, y, loc, scale) { return log_ndtr(-(y - loc) / scale); }

