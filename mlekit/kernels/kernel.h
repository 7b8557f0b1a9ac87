/* What a kernel is: a formula of some numbers, evaluated for each element of arrays.

   A kernel is written as a function of numbers,

       KERNEL3(gaussian_log_prob, y, loc, scale)
       {
           return ...;
       }

   and becomes a function of arrays with the one signature that all kernels have. An argument's stride is 1, or 0 where
   one number holds for all elements, or -1 where it is the two words that make uniform random numbers. Elements are taken in chunks of one length, the last one filled up, and the
   compiler turns the loop over a chunk into vector instructions; so an element is computed the same way wherever it
   stands and however many there are. That needs formulas without branches: both sides of `condition ? a : b` are
   evaluated, and must be numbers that were computed before. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHUNK 64

#if defined(__GNUC__) || defined(__clang__)
#define INLINE static inline __attribute__((always_inline, unused))
#else
#define INLINE static inline
#endif

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define EXPORTED __attribute__((visibility("default")))
#else
#define EXPORTED
#endif

/* Three versions of each loop, of which the dynamic linker takes the best that the processor has. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 && defined(__x86_64__) && defined(__GLIBC__)
#define SEVERAL_PROCESSORS
#define VERSIONS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VERSIONS
#endif

/* The uniform numbers between 0 and 1 of uniforms.py, of the words that a stream is told by: one of a place. */
typedef struct {
    uint64_t seed, step;
} stream_t;

INLINE stream_t stream_of(const double *words)
{
    stream_t stream;
    memcpy(&stream, words, sizeof stream);
    return stream;
}

INLINE double uniform_at(stream_t stream, uint64_t place)
{
    uint64_t z = stream.seed + (place + 1) * stream.step;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z = ((z ^ (z >> 31)) >> 12) | 0x3ff0000000000000;
    double from_one;
    memcpy(&from_one, &z, sizeof from_one);
    return from_one - (1 - 0x1p-53);
}

/* The chunk of an argument from an element on: where it lies, or filled up. */
INLINE const double *chunk_of(
    const double *argument, ptrdiff_t stride, ptrdiff_t start, ptrdiff_t size, double *held)
{
    if (stride == 0)
        return held;
    if (stride < 0) {
        stream_t stream = stream_of(argument);
        for (ptrdiff_t i = 0; i < CHUNK; i++)
            held[i] = uniform_at(stream, (uint64_t)(start + i));
        return held;
    }
    if (size == CHUNK)
        return argument + start;
    for (ptrdiff_t i = 0; i < CHUNK; i++)
        held[i] = argument[start + (i < size ? i : size - 1)];
    return held;
}

#define OVER_CHUNKS(name, count, ...)                                                                                  \
    EXPORTED const int name##_arguments = count;                                                                       \
    VERSIONS EXPORTED void name(                                                                                       \
        ptrdiff_t n, const double *const *arguments, const ptrdiff_t *strides, double *out)                           \
    {                                                                                                                  \
        double held[count][CHUNK], last[CHUNK];                                                                        \
        for (int j = 0; j < count; j++)                                                                                \
            for (ptrdiff_t i = 0; n && i < CHUNK; i++)                                                                 \
                held[j][i] = arguments[j][0];                                                                          \
        for (ptrdiff_t start = 0; start < n; start += CHUNK) {                                                         \
            ptrdiff_t size = n - start < CHUNK ? n - start : CHUNK;                                                    \
            const double *x[count];                                                                                    \
            for (int j = 0; j < count; j++)                                                                            \
                x[j] = chunk_of(arguments[j], strides[j], start, size, held[j]);                                       \
            name##_of_chunk(__VA_ARGS__, size == CHUNK ? out + start : last);                                          \
            if (size < CHUNK)                                                                                          \
                memcpy(out + start, last, (size_t)size * sizeof(double));                                              \
        }                                                                                                              \
    }

#define KERNEL1(name, a)                                                                                               \
    INLINE double name##_of(double a);                                                                                 \
    INLINE void name##_of_chunk(const double *restrict x0, double *restrict out)                                       \
    {                                                                                                                  \
        for (int i = 0; i < CHUNK; i++)                                                                                \
            out[i] = name##_of(x0[i]);                                                                                 \
    }                                                                                                                  \
    OVER_CHUNKS(name, 1, x[0])                                                                                         \
    INLINE double name##_of(double a)

#define KERNEL2(name, a, b)                                                                                            \
    INLINE double name##_of(double a, double b);                                                                       \
    INLINE void name##_of_chunk(const double *restrict x0, const double *restrict x1, double *restrict out)            \
    {                                                                                                                  \
        for (int i = 0; i < CHUNK; i++)                                                                                \
            out[i] = name##_of(x0[i], x1[i]);                                                                          \
    }                                                                                                                  \
    OVER_CHUNKS(name, 2, x[0], x[1])                                                                                   \
    INLINE double name##_of(double a, double b)

#define KERNEL3(name, a, b, c)                                                                                         \
    INLINE double name##_of(double a, double b, double c);                                                             \
    INLINE void name##_of_chunk(                                                                                       \
        const double *restrict x0, const double *restrict x1, const double *restrict x2, double *restrict out)         \
    {                                                                                                                  \
        for (int i = 0; i < CHUNK; i++)                                                                                \
            out[i] = name##_of(x0[i], x1[i], x2[i]);                                                                   \
    }                                                                                                                  \
    OVER_CHUNKS(name, 3, x[0], x[1], x[2])                                                                             \
    INLINE double name##_of(double a, double b, double c)

#define KERNEL4(name, a, b, c, d)                                                                                      \
    INLINE double name##_of(double a, double b, double c, double d);                                                   \
    INLINE void name##_of_chunk(                                                                                       \
        const double *restrict x0, const double *restrict x1, const double *restrict x2, const double *restrict x3,    \
        double *restrict out)                                                                                          \
    {                                                                                                                  \
        for (int i = 0; i < CHUNK; i++)                                                                                \
            out[i] = name##_of(x0[i], x1[i], x2[i], x3[i]);                                                            \
    }                                                                                                                  \
    OVER_CHUNKS(name, 4, x[0], x[1], x[2], x[3])                                                                       \
    INLINE double name##_of(double a, double b, double c, double d)

#endif
