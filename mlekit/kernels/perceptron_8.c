/* Perceptrons, and their training, on processors with AVX2. */
#include "kernel.h"

#ifdef SEVERAL_PROCESSORS
#define LANES 8
#define ACROSS 3
#define TILE 4
#define PROCESSORS __attribute__((target("arch=x86-64-v3")))
#include "perceptron.h"
#include "training.h"
#endif

typedef int not_empty;
