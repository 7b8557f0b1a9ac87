/* Perceptrons, and their training, on processors with AVX-512. */
#include "kernel.h"

#ifdef SEVERAL_PROCESSORS
#define LANES 16
#define ACROSS 3
#define TILE 8
#define PROCESSORS __attribute__((target("arch=x86-64-v4")))
#include "perceptron.h"
#include "training.h"
#endif

/* How many numbers a vector has on this processor; 0 where NumPy and its BLAS are the better choice. */
EXPORTED int perceptron_lanes(void)
{
#ifdef SEVERAL_PROCESSORS
    return __builtin_cpu_supports("x86-64-v4") ? 16 : __builtin_cpu_supports("x86-64-v3") ? 8 : 0;
#else
    return 0;
#endif
}
