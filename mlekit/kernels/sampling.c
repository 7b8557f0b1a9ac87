/* Outcomes proposed from two uniform numbers in (0, 1) each; NaN where one is refused, and another must be asked. */
#include "elementary.h"
#include "special.h"

#define NO_OUTCOME NAN
#define FEW 10.0       /* counts expected, below which they are counted one by one */
#define STRIDE 4       /* so many are counted at once */
#define MOST_OF_FEW 64 /* a count of FEW exceeds it with a probability of 1e-32 */

/* A proposal is accepted with a probability of a half at least; what is no number never is. */
#define MOST_ATTEMPTS 200
#define NEXT_ATTEMPT 0xd1b54a32d192ed03 /* what an attempt adds to the seed of a stream */

/* What waits for another attempt, until there is a chunk of it. */
typedef struct {
    int size;
    ptrdiff_t place[CHUNK];
    uint64_t attempt[CHUNK];
} queue_t;

/* A kernel of a proposal. Of random numbers that are made on the way, others are made for what is refused, until it is
   accepted: those of its place and of the attempt. */
#define UNTIL_ACCEPTED(name, count, ...)                                                                               \
    INLINE void name##_again(queue_t *queue, double (*x)[CHUNK], const double *const *arguments, double *out)          \
    {                                                                                                                  \
        double proposed[CHUNK];                                                                                        \
        int waiting = queue->size;                                                                                     \
        for (int i = waiting; i < CHUNK; i++) {                                                                        \
            queue->place[i] = queue->place[0], queue->attempt[i] = queue->attempt[0];                                  \
            for (int j = 2; j < count; j++)                                                                            \
                x[j][i] = x[j][0];                                                                                     \
        }                                                                                                              \
        for (int j = 0; j < 2; j++) {                                                                                  \
            stream_t stream = stream_of(arguments[j]);                                                                 \
            for (int i = 0; i < CHUNK; i++) {                                                                          \
                stream_t other = {stream.seed + queue->attempt[i] * NEXT_ATTEMPT, stream.step};                        \
                x[j][i] = uniform_at(other, (uint64_t)queue->place[i]);                                                \
            }                                                                                                          \
        }                                                                                                              \
        name##_of_chunk(__VA_ARGS__, proposed);                                                                        \
        queue->size = 0;                                                                                               \
        for (int i = 0; i < waiting; i++) {                                                                            \
            out[queue->place[i]] = proposed[i];                                                                        \
            queue->place[queue->size] = queue->place[i], queue->attempt[queue->size] = queue->attempt[i] + 1;          \
            for (int j = 2; j < count; j++)                                                                            \
                x[j][queue->size] = x[j][i];                                                                           \
            queue->size += (proposed[i] != proposed[i]) & (queue->attempt[i] != MOST_ATTEMPTS);                        \
        }                                                                                                              \
    }                                                                                                                  \
    EXPORTED const int name##_arguments = count;                                                                       \
    VERSIONS EXPORTED void name(                                                                                       \
        ptrdiff_t n, const double *const *arguments, const ptrdiff_t *strides, double *out)                           \
    {                                                                                                                  \
        double held[count][CHUNK], waiting[count][CHUNK], proposed[CHUNK];                                             \
        queue_t queue = {0};                                                                                           \
        for (int j = 0; j < count; j++)                                                                                \
            for (ptrdiff_t i = 0; n && i < CHUNK; i++)                                                                 \
                held[j][i] = arguments[j][0];                                                                          \
        for (ptrdiff_t start = 0; start < n; start += CHUNK) {                                                         \
            ptrdiff_t size = n - start < CHUNK ? n - start : CHUNK;                                                    \
            const double *x[count];                                                                                    \
            for (int j = 0; j < count; j++)                                                                            \
                x[j] = chunk_of(arguments[j], strides[j], start, size, held[j]);                                       \
            name##_of_chunk(__VA_ARGS__, proposed);                                                                    \
            memcpy(out + start, proposed, (size_t)size * sizeof(double));                                              \
            int refusals = 0, refused[CHUNK];                                                                          \
            for (int i = 0; strides[0] < 0 && i < size; i++) {                                                         \
                refused[refusals] = i;                                                                                 \
                refusals += proposed[i] != proposed[i]; /* no branch, which would be guessed wrong */                  \
            }                                                                                                          \
            for (int i = 0; i < refusals; i++) {                                                                       \
                queue.place[queue.size] = start + refused[i], queue.attempt[queue.size] = 1;                           \
                for (int j = 2; j < count; j++)                                                                        \
                    waiting[j][queue.size] = x[j][refused[i]];                                                         \
                for (queue.size++; queue.size == CHUNK;)                                                               \
                    name##_again(&queue, waiting, arguments, out);                                                     \
            }                                                                                                          \
        }                                                                                                              \
        while (queue.size)                                                                                             \
            name##_again(&queue, waiting, arguments, out);                                                             \
    }

/* ---- of waiting times -------------------------------------------------------------------------------------------- */

/* Marsaglia & Tsang (2000), for a shape below 1 of the shape + 1: the cube of a nearly normal number. */
INLINE void gamma_proposal_of_chunk(
    const double *restrict first, const double *restrict second, const double *restrict shape,
    const double *restrict rate, double *restrict out)
{
    double z[CHUNK];
    normal_scores(first, z);
    for (int i = 0; i < CHUNK; i++) {
        double d = (shape[i] < 1 ? shape[i] + 1 : shape[i]) - 1.0 / 3, t = z[i] / (3 * sqrt(d));
        double root = 1 + t, cube = root * root * root, step = t * (3 + t * (3 + t));
        double held = root > 0 ? cube : 1.0, accepted = 0.5 * square(z[i]) - d * log_excess(step, held);
        double value = root > 0 ? d * cube / rate[i] : NO_OUTCOME;
        out[i] = mk_log(second[i]) < accepted ? value : NO_OUTCOME;
    }
}
UNTIL_ACCEPTED(gamma_proposal, 4, x[0], x[1], x[2], x[3])

/* Michael, Schucany & Haas (1976): the smaller of two roots, or the other, whose product is the mean's square. */
INLINE void inverse_gaussian_proposal_of_chunk(
    const double *restrict first, const double *restrict second, const double *restrict mean,
    const double *restrict shape, double *restrict out)
{
    double z[CHUNK];
    normal_scores(first, z);
    for (int i = 0; i < CHUNK; i++) {
        double w = square(z[i]) * (0.5 * mean[i] / shape[i]), smaller = 1 / (1 + w + sqrt(w * (w + 2)));
        double other = 1 / smaller;
        out[i] = mean[i] * (second[i] * (1 + smaller) <= 1 ? smaller : other);
    }
}
OVER_CHUNKS(inverse_gaussian_proposal, 4, x[0], x[1], x[2], x[3])

/* ---- of the real line, and the circle ---------------------------------------------------------------------------- */

/* Bailey (1994): the polar method, of which one coordinate is taken. */
INLINE void student_t_proposal_of_chunk(
    const double *restrict first, const double *restrict second, const double *restrict df,
    const double *restrict loc, const double *restrict scale, double *restrict out)
{
    for (int i = 0; i < CHUNK; i++) {
        double growth = -2 * mk_log(first[i]) / df[i], radius = sqrt(-df[i] * mk_expm1(-growth));
        double turn = 2 * second[i] - 1, side = size_of(turn), sine = sine_of(PI * (side < 0.5 ? side : 1 - side));
        double size = radius * mk_exp(0.5 * growth) * sine;
        out[i] = loc[i] + scale[i] * (turn < 0 ? -size : size);
    }
}
OVER_CHUNKS(student_t_proposal, 5, x[0], x[1], x[2], x[3], x[4])

/* Best & Fisher (1979): from a wrapped Cauchy distribution, whose half angle has a tangent that is a Cauchy's. */
INLINE void von_mises_proposal_of_chunk(
    const double *restrict first, const double *restrict second, const double *restrict loc,
    const double *restrict concentration, double *restrict out)
{
    for (int i = 0; i < CHUNK; i++) {
        double k = concentration[i], twice = 2 * k, root = twice < 1e9 ? sqrt(1 + square(twice)) : twice;
        double tau = 1 + root, length = tau + sqrt(2 * tau), rest = 1 + 1 / (root + twice) + sqrt(2 * tau);
        /* 1 - rho and rho, and with them r - 1 = (1 - rho)^2/(2 rho). */
        double lack = rest / length, rho = twice / length;
        double side = size_of(first[i] - 0.5), tail = minimum(first[i], 1 - first[i]);
        double angle = PI * (tail < 0.25 ? tail : side), sine = sine_of(angle), cosine = cosine_of(angle);
        double tangent = lack / (1 + rho) * (tail < 0.25 ? cosine / sine : sine / cosine);
        double far = tangent * tangent / (1 + tangent * tangent);
        double c = square(lack) * (k / (2 * rho)) + twice * far;
        double half = angle_of_inverse(1 / tangent), turned = first[i] < 0.5 ? -2 * half : 2 * half;
        out[i] = mk_log(second[i]) <= mk_log(c) + (1 - c) ? loc[i] + turned : NO_OUTCOME;
    }
}
UNTIL_ACCEPTED(von_mises_proposal, 4, x[0], x[1], x[2], x[3])

/* ---- of counts --------------------------------------------------------------------------------------------------- */

/* How many numbers of a chunk are not done. */
INLINE int64_t still(const double *restrict level, const double *restrict reached)
{
    int64_t left = 0;
    for (int i = 0; i < CHUNK; i++)
        left += level[i] > reached[i] ? 1 : 0;
    return left;
}

/* Hörmann (1993), transformed rejection; few counts by the sums of their probabilities. */
INLINE void poisson_proposal_of_chunk(
    const double *restrict first, const double *restrict second, const double *restrict rate, double *restrict out)
{
    double count[CHUNK], mass[CHUNK], reached[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double held = maximum(rate[i], FEW), b = 0.931 + 2.53 * sqrt(held), a = 0.02483 * b - 0.059;
        double u = first[i] - 0.5, per_end = 1 / (0.5 - size_of(u));
        double k = floor_of((2 * a * per_end + b) * u + held + 0.43), inside = maximum(k, 0.0);
        double log_mass = -deviance(inside, held) - log_factorial_excess(inside);
        /* By Hörmann's own constant the density lies up to 0.6 % above its hat. */
        double hat = second[i] * (1.01 * (1.1239 * (b - 3.4) + 1.1328)) / ((a * square(per_end) + b) * (b - 3.4));
        double accepted = mk_log(hat) <= log_mass ? k : NO_OUTCOME;
        count[i] = rate[i] < FEW ? 0.0 : (k >= 0 ? accepted : NO_OUTCOME);
        mass[i] = mk_exp(-rate[i]);
        reached[i] = rate[i] < FEW ? mass[i] : 1.0;
    }
    for (int k = 1; k < MOST_OF_FEW && still(first, reached); k += STRIDE) {
        for (int i = 0; i < CHUNK; i++) {
            double sum = reached[i], now = mass[i], counted = count[i];
            for (int step = 0; step < STRIDE; step++) {
                counted += first[i] > sum ? 1.0 : 0.0;
                now *= rate[i] * (1.0 / (k + step));
                sum += rate[i] < FEW ? now : 0.0;
            }
            reached[i] = sum, mass[i] = now, count[i] = counted;
        }
    }
    memcpy(out, count, sizeof count);
}
UNTIL_ACCEPTED(poisson_proposal, 3, x[0], x[1], x[2])

/* The same, of whichever of successes and failures is rarer. */
INLINE void binomial_proposal_of_chunk(
    const double *restrict first, const double *restrict second, const double *restrict trials,
    const double *restrict probs, const double *restrict failure_probs, double *restrict out)
{
    double count[CHUNK], mass[CHUNK], reached[CHUNK], odds[CHUNK], few[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        double n = trials[i], p = minimum(probs[i], failure_probs[i]), q = maximum(probs[i], failure_probs[i]);
        double mean = n * p, spread = sqrt(mean * q), b = 1.15 + 2.53 * spread, a = 0.0248 * b + 0.01 * p - 0.0873;
        double u = first[i] - 0.5, per_end = 1 / (0.5 - size_of(u));
        double k = floor_of((2 * a * per_end + b) * u + mean + 0.5), inside = minimum(maximum(k, 0.0), n);
        double rest = n - inside, below_peak = deviance(inside, mean) + deviance(rest, n * q);
        double log_mass = log_factorial_excess(n) - below_peak - log_factorial_excess(inside)
            - log_factorial_excess(rest);
        /* The likeliest count has no more than 1.01 times the greatest density of a normal number as spread. */
        double hat = second[i] * (2.83 * b + 5.1) / ((a * square(per_end) + b) * b) * (1.01 * 0x1.9884533d43651p-2);
        double accepted = mk_log(hat) <= log_mass ? k : NO_OUTCOME, possible = k <= n ? accepted : NO_OUTCOME;
        few[i] = mean < FEW ? 1.0 : 0.0;
        count[i] = few[i] > 0 ? 0.0 : (k >= 0 ? possible : NO_OUTCOME);
        odds[i] = p / q;
        mass[i] = mk_exp(n * mk_log1p(-p));
        reached[i] = few[i] > 0 ? mass[i] : 1.0;
    }
    for (int k = 1; k < MOST_OF_FEW && still(first, reached); k += STRIDE) {
        for (int i = 0; i < CHUNK; i++) {
            double sum = reached[i], now = mass[i], counted = count[i], times = (trials[i] + 1) * odds[i];
            for (int step = 0; step < STRIDE; step++) {
                counted += first[i] > sum ? 1.0 : 0.0;
                now *= times * (1.0 / (k + step)) - odds[i];
                sum += few[i] > 0 ? now : 0.0;
            }
            reached[i] = sum, mass[i] = now, count[i] = counted > trials[i] ? trials[i] : counted;
        }
    }
    for (int i = 0; i < CHUNK; i++) {
        double failures = trials[i] - count[i];
        out[i] = probs[i] <= failure_probs[i] ? count[i] : failures;
    }
}
UNTIL_ACCEPTED(binomial_proposal, 5, x[0], x[1], x[2], x[3], x[4])
