/* Training steps of perceptrons, many in one call: forward, score, backward, Adam, one batch after the other.

   Nothing of one member enters another, so each is taken from the first step to the last before the next one begins: its
   weights and moments stay in a processor's cache, and threads that share the members meet once a call. Comes after
   perceptron.h, for vectors of the same length. */
#include "moments.h"
#include "scores.h"

typedef struct {
    const perceptron *network;
    score_of_rows *score;
    const rows_of_members *of_rows;      /* as the score reads those of one member; their number is a batch's */
    const held_fixed *fixed;             /* likewise, but for the factor */
    ptrdiff_t steps, valued_every;       /* log-likelihoods are computed at the last step, and at every so many before */
    const ptrdiff_t *starts;             /* of every step's rows, and where the last one's end */
    const float *inputs, *target;
    const float *weights;                /* of rows, and of members' rows; none where all are 1 */
    const float *offset;                 /* of the outputs; or none */
    const float *penalized;              /* 1 for what shrinks, 0 for the rest */
    const float *rates, *epsilons;       /* of every step */
    const float *shrinkages;             /* what share of a penalized weight goes after the step */
    float beta1, beta2, longest;         /* a longer gradient of a member is shortened */
    double weight;                       /* mean of a row's, by which the gradient is divided */
    float *theta, *sum, *square;         /* of all members, one after the other */
    double *negative_log_likelihood;     /* of each member, summed over steps */
    double *norm;                        /* of each member's last gradient; infinite where it was not finite, and it ended */
} training;

INLINE ptrdiff_t most_rows(const training *t)
{
    ptrdiff_t most = 0;
    for (ptrdiff_t s = 0; s < t->steps; s++)
        most = t->starts[s + 1] - t->starts[s] > most ? t->starts[s + 1] - t->starts[s] : most;
    return most;
}

/* Of numbers, for each thread: what a pass keeps and its scratch, the gradient of a member's parameters, and of so many
   rows the outputs, their scores and the log-likelihoods. */
EXPORTED ptrdiff_t NAMED(training_room)(const perceptron *p, ptrdiff_t rows)
{
    ptrdiff_t of_rows = (2 * p->sizes[p->hidden + 1] + 1) * rows;
    return kept_before(p, rows, p->hidden + 1) + NAMED(perceptron_scratch)(p) + padded(p->parameters + of_rows, LANES);
}

INLINE float sum_of_squares(ptrdiff_t n, const float *x)
{
    lanes sums = {0};
    ptrdiff_t i = 0;
    float all = 0;
    for (; i + LANES <= n; i += LANES)
        sums += at(x + i) * at(x + i);
    for (ptrdiff_t l = 0; l < LANES; l++)
        all += sums[l];
    for (; i < n; i++)
        all += x[i] * x[i];
    return all;
}

INLINE void train_one(const training *t, ptrdiff_t member, ptrdiff_t most, float *room)
{
    const perceptron *p = t->network;
    ptrdiff_t n = p->parameters, outputs = p->sizes[p->hidden + 1];
    float *kept = room, *scratch = kept + kept_before(p, most, p->hidden + 1);
    float *gradient = scratch + NAMED(perceptron_scratch)(p), *eta = gradient + n, *score = eta + outputs * most;
    float *values = score + outputs * most, *theta = t->theta + member * n;
    rows_of_members of_rows = *t->of_rows;
    held_fixed fixed = *t->fixed;
    t->negative_log_likelihood[member] = 0;
    for (ptrdiff_t s = 0; s < t->steps; s++) {
        ptrdiff_t start = t->starts[s], rows = t->starts[s + 1] - start, valued = (t->steps - 1 - s) % t->valued_every == 0;
        const float *weights =
            t->weights ? t->weights + start * of_rows.weight_of_row + member * of_rows.weight_of_member : NULL;
        forward_one(p, rows, theta, t->inputs + start * p->row_stride, kept, scratch, eta);
        for (ptrdiff_t i = 0; t->offset && i < rows * outputs; i++)
            eta[i] += t->offset[start * outputs + i];
        of_rows.rows = rows;
        fixed.factor = (float)(-1 / ((double)rows * t->weight));
        t->score(&of_rows, &fixed, eta, t->target + start, weights, score, valued ? values : NULL);
        for (ptrdiff_t i = 0; valued && i < rows; i++) {
            float weight = weights ? weights[i * of_rows.weight_of_row] : 1;
            t->negative_log_likelihood[member] -= weight == 0 ? 0 : weight * (double)values[i];
        }
        backward_one(p, rows, theta, score, kept, scratch, gradient);
        float norm = sqrtf(sum_of_squares(n, gradient));
        t->norm[member] = norm < INFINITY ? norm : INFINITY;
        if (!(norm < INFINITY))
            return;
        for (ptrdiff_t i = 0; norm > t->longest && i < n; i++)
            gradient[i] *= t->longest / norm;
        step_of_moments(0, n, gradient, theta, t->sum + member * n, t->square + member * n, t->beta1, t->beta2,
                        t->epsilons[s], t->rates[s]);
        for (ptrdiff_t i = 0; t->shrinkages[s] > 0 && i < n; i++)
            theta[i] -= t->shrinkages[s] * (theta[i] * t->penalized[member * n + i]);
    }
}

typedef struct {
    const training *t;
    float *room;
} NAMED(training_work);

PROCESSORS static void NAMED(training_share)(const void *work, ptrdiff_t first, ptrdiff_t last, ptrdiff_t thread)
{
    NAMED(training_work) shared = *(const NAMED(training_work) *)work;
    ptrdiff_t most = most_rows(shared.t);
    for (ptrdiff_t m = first; m < last; m++)
        train_one(shared.t, m, most, shared.room + thread * NAMED(training_room)(shared.t->network, most));
}

EXPORTED void NAMED(training_steps)(const training *t, ptrdiff_t members, ptrdiff_t threads, float *room)
{
    NAMED(training_work) shared = {t, room};
    take_turns(NAMED(training_share), &shared, members, threads);
}
