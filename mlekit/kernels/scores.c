/* The gradient that a training step sends back through a network: the weighted score of every row, in single precision.

   A row's coordinates are columns of eta, or held fixed (place -1). The second one is the logarithm of a scale where a
   family has one: it stops at a floor, below which nothing depends on it, and the whole score may be multiplied by the
   scale. Categories have all columns of eta. Rows of weight 0 have score 0, whatever their outcome. The log-likelihood of
   every row comes with it if there is room for it. */
#include "scores.h"
#include "single.h"
#include "special.h"

INLINE float exp_single(float x)
{
    float rest, power = exp_parts(held_single(x, -87.0f, 88.0f), &rest);
    float value = power + power * rest;
    return x == x ? value : x;
}

/* The score of y in xi[0] and, where there are two coordinates, in xi[1]; and log p(y), less what it is for y = 0 at
   coordinates of 0. */
#define SCORE(name, coordinates)                                                                                       \
    INLINE void name##_of(float y, const float *xi, float shape, float *score, double *value);                         \
    INLINE void name##_of_rows(const rows_of_members *r, const held_fixed *fixed, const float *restrict eta,           \
                               const float *restrict target, const float *restrict weights, float *restrict out,       \
                               float *restrict values)                                                                 \
    {                                                                                                                  \
        for (ptrdiff_t m = 0; m < r->members; m++, eta += r->rows * r->outputs, out += r->rows * r->outputs)           \
            for (ptrdiff_t s = 0; s < r->rows; s++) {                                                                  \
                float xi[2] = {0}, score[2] = {0}, above = 1;                                                          \
                float weight = weights ? weights[s * r->weight_of_row + m * r->weight_of_member] : 1;                  \
                double value;                                                                                          \
                for (int k = 0; k < coordinates; k++)                                                                  \
                    xi[k] = r->place[k] < 0 ? fixed->held[k] : eta[s * r->outputs + r->place[k]];                      \
                if (coordinates == 2) {                                                                                \
                    above = xi[1] <= fixed->floor ? 0 : 1;                                                             \
                    xi[1] = xi[1] <= fixed->floor ? fixed->floor : xi[1];                                              \
                }                                                                                                      \
                name##_of(target[s], xi, fixed->shape, score, &value);                                                 \
                score[1] *= above;                                                                                     \
                float size = fixed->factor * weight * (r->balanced && coordinates == 2 ? exp_single(xi[1]) : 1);       \
                for (int k = 0; k < coordinates; k++)                                                                  \
                    if (r->place[k] >= 0)                                                                              \
                        out[s * r->outputs + r->place[k]] = weight == 0 ? 0 : score[k] * size;                         \
                if (values)                                                                                            \
                    values[m * r->rows + s] = (float)(value + (double)fixed->constant);                                \
            }                                                                                                          \
    }                                                                                                                  \
    VERSIONS EXPORTED void name(const rows_of_members *r, const held_fixed *fixed, const float *eta,                   \
                                const float *target, const float *weights, float *out, float *values)                 \
    {                                                                                                                  \
        if (values)                                                                                                    \
            name##_of_rows(r, fixed, eta, target, weights, out, values);                                               \
        else                                                                                                           \
            name##_of_rows(r, fixed, eta, target, weights, out, NULL);                                                 \
    }                                                                                                                  \
    INLINE void name##_of(float y, const float *xi, float shape, float *score, double *value)

SCORE(gaussian_score, 2)
{
    float per_scale = exp_single(-xi[1]), z = (y - xi[0]) * per_scale;
    (void)shape;
    score[0] = z * per_scale;
    score[1] = z * z - 1;
    *value = -0.5 * z * z - xi[1];
}

/* shape: the degrees of freedom */
SCORE(student_t_score, 2)
{
    float per_scale = exp_single(-xi[1]), z = (y - xi[0]) * per_scale;
    score[0] = (shape + 1) / (z + shape / z) * per_scale;
    score[1] = (shape + 1) / (1 + shape / (z * z)) - 1;
    *value = -0.5 * (shape + 1) * mk_log1p((double)z * z / shape) - xi[1];
}

SCORE(bernoulli_score, 1)
{
    (void)shape;
    score[0] = y - sigmoid_single(xi[0]);
    *value = y * xi[0] - softplus(xi[0]) + LOG_2;
}

SCORE(poisson_score, 1)
{
    float rate = exp_single(xi[0]);
    (void)shape;
    score[0] = y - rate;
    *value = 1 - deviance(y, rate) - log_factorial_excess(y);
}

/* Of as many outputs as there are categories; y counts them from 0. */
INLINE void categorical_of_row(ptrdiff_t categories, float y, const float *restrict eta, float size, float *restrict out,
                               float *value)
{
    float highest = -INFINITY, total = 0;
    for (ptrdiff_t k = 0; k < categories; k++)
        highest = eta[k] > highest ? eta[k] : highest;
    for (ptrdiff_t k = 0; k < categories; k++) {
        out[k] = exp_single(eta[k] - highest);
        total += out[k];
    }
    float share = size / total;
    for (ptrdiff_t k = 0; k < categories; k++)
        out[k] = ((float)k == y ? size : 0) - share * out[k];
    if (value)
        *value = y >= 0 && y < categories ? (float)(eta[(ptrdiff_t)y] - highest - mk_log(total)) : -INFINITY;
}

VERSIONS EXPORTED void categorical_score(const rows_of_members *r, const held_fixed *fixed, const float *eta,
                                         const float *target, const float *weights, float *out, float *values)
{
    for (ptrdiff_t m = 0; m < r->members; m++)
        for (ptrdiff_t s = 0; s < r->rows; s++, eta += r->outputs, out += r->outputs) {
            float weight = weights ? weights[s * r->weight_of_row + m * r->weight_of_member] : 1;
            categorical_of_row(r->outputs, target[s], eta, fixed->factor * weight, out,
                               values ? values + m * r->rows + s : NULL);
            for (ptrdiff_t k = 0; weight == 0 && k < r->outputs; k++)
                out[k] = 0;
        }
}
