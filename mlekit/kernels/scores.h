/* What a kernel of scores is told of the rows, and of the head that they go through; see scores.c. */
#ifndef SCORES_H
#define SCORES_H

#include <stddef.h>

typedef struct {
    ptrdiff_t members, rows, outputs, weight_of_row, weight_of_member, place[2], balanced;
} rows_of_members;

typedef struct {
    float factor, floor, held[2], shape, constant;
} held_fixed;

/* Of rows with these outputs and targets: the weighted scores into out, and the log-likelihoods into values, if there is
   room for them. Without weights all are 1. */
typedef void score_of_rows(const rows_of_members *rows, const held_fixed *fixed, const float *eta, const float *target,
                           const float *weights, float *out, float *values);

#endif
