/* Multilayer perceptrons, forward and backward, in single precision, for members of an ensemble one after the other:
   for vectors of LANES numbers and tiles of TILE rows by ACROSS vectors, which the file that includes this one chooses
   so that a tile fills the registers of the processors that it is for.

   Samples are rows and units columns; rows are filled up to a multiple of TILE, and units to one of LANES. Every product
   is made of one kind of tile, TILE rows by LANES columns, whose sums stay in registers. BLAS packs both matrices and
   chooses among many ways, which costs more than the arithmetic of a narrow layer; here the weights are laid out in
   panels of LANES columns once a pass, and a tile's numbers go through the activation while they are in the cache.

   An element's sums have one order, whatever the number of members, and of threads that share them. */
#include "single.h"
#include "team.h"

enum { PANEL = 64 };

#define PASTED(name, lanes) name##_##lanes
#define WITH(name, lanes) PASTED(name, lanes)
#define NAMED(name) WITH(name, LANES)

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int whole __attribute__((vector_size(4 * LANES)));

#define at(place) (*(const lanes *)(place))

/* What there is to compute; the sizes are those of all layers, inputs and outputs included. */
typedef struct {
    ptrdiff_t rows, row_stride, member_stride, parameters, activation, skip, hidden, sizes[];
} perceptron;

enum { TANH, SIGMOID, RELU, SILU };

INLINE ptrdiff_t padded(ptrdiff_t size, ptrdiff_t unit) { return (size + unit - 1) / unit * unit; }
INLINE ptrdiff_t width(const perceptron *p, ptrdiff_t layer) { return padded(p->sizes[layer], LANES); } /* TILE divides it */

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Of a member is kept for the way back: the values of every layer but the last, and the hidden ones' slopes. */
INLINE ptrdiff_t kept_before(const perceptron *p, ptrdiff_t rows, ptrdiff_t layer)
{
    ptrdiff_t columns = 0;
    for (ptrdiff_t before = 0; before < layer; before++)
        columns += width(p, before) * (before ? 2 : 1);
    return columns * padded(rows, TILE);
}

EXPORTED ptrdiff_t NAMED(perceptron_kept)(const perceptron *p) { return kept_before(p, p->rows, p->hidden + 1); }

/* Each thread of a pass needs room for a layer's weights in panels, its gradient, and what two layers' panels of rows
   pass on. */
EXPORTED ptrdiff_t NAMED(perceptron_scratch)(const perceptron *p)
{
    ptrdiff_t most = 0, all = 0;
    for (ptrdiff_t layer = 0; layer <= p->hidden + 1; layer++) {
        most = width(p, layer) > most ? width(p, layer) : most;
        all += (width(p, layer) + 1) * (layer <= p->hidden ? width(p, layer + 1) : width(p, 0) + 1);
    }
    return 2 * all + 2 * PANEL * most;
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* Sums of a[i*down + k*along] * b[k*step + l] over k, for TILE rows and `across` panels of columns, `apart` in b, into
   out. They start from what b has in its next row (`biased`), or from what is in out (`add`), or from zero. */
INLINE void tile(int across, ptrdiff_t count, const float *a, ptrdiff_t down, ptrdiff_t along, const float *b,
                 ptrdiff_t step, ptrdiff_t apart, float *out, ptrdiff_t out_down, int biased, int add)
{
    lanes sum[TILE][ACROSS], row[ACROSS];
    for (int i = 0; i < TILE; i++)
        for (int j = 0; j < across; j++)
            sum[i][j] = biased ? at(b + count * step + j * apart) : add ? at(out + i * out_down + j * LANES) : (lanes){0};
    for (ptrdiff_t k = 0; k < count; k++) {
        for (int j = 0; j < across; j++)
            row[j] = at(b + k * step + j * apart);
        for (int i = 0; i < TILE; i++)
            for (int j = 0; j < across; j++)
                sum[i][j] += a[i * down + k * along] * row[j];
    }
    for (int i = 0; i < TILE; i++)
        for (int j = 0; j < across; j++)
            *(lanes *)(out + i * out_down + j * LANES) = sum[i][j];
}

/* The same for TILE rows and so many columns, a multiple of LANES. */
INLINE void tiles(ptrdiff_t columns, ptrdiff_t count, const float *a, ptrdiff_t down, ptrdiff_t along, const float *b,
                  ptrdiff_t step, ptrdiff_t apart, float *out, ptrdiff_t out_down, int biased, int add)
{
    for (ptrdiff_t left = columns / LANES, across; left > 0; left -= across, b += across * apart, out += across * LANES) {
        across = ACROSS == 1 || left == 1 ? 1 : left == 2 || left == 4 ? 2 : ACROSS;
        if (across == ACROSS)
            tile(ACROSS, count, a, down, along, b, step, apart, out, out_down, biased, add);
        else if (across == 2)
            tile(2, count, a, down, along, b, step, apart, out, out_down, biased, add);
        else
            tile(1, count, a, down, along, b, step, apart, out, out_down, biased, add);
    }
}

/* Rows of a matrix, filled up with zeros to so many rows and columns. */
INLINE void fill_up(ptrdiff_t rows, ptrdiff_t all, ptrdiff_t columns, ptrdiff_t stride, const float *matrix, ptrdiff_t wide,
                    float *out)
{
    memset(out, 0, (size_t)(all * wide) * sizeof(float));
    for (ptrdiff_t s = 0; s < rows; s++)
        memcpy(out + s * wide, matrix + s * stride, (size_t)columns * sizeof(float));
}

/* Weights (below x above, one row after the other, then the biases) as panels of LANES columns, filled up with zeros. */
INLINE void panels_of(const float *weights, ptrdiff_t below, ptrdiff_t above, float *panels)
{
    ptrdiff_t first = 0;
    for (; first + LANES <= above; first += LANES, panels += below * LANES)
        for (ptrdiff_t k = 0; k < below; k++)
            *(lanes *)(panels + k * LANES) = at(weights + k * above + first);
    if (first < above)
        fill_up(below, below, above - first, above, weights + first, LANES, panels);
}

/* Rows become columns: of four, three and so on down to two blocks of blocks, those off the diagonal change places. */
INLINE void transpose(lanes block[LANES])
{
    for (int half = LANES / 2; half; half /= 2) {
        whole left, right;
        for (int l = 0; l < LANES; l++) {
            left[l] = l & half ? LANES + l - half : l;
            right[l] = l & half ? LANES + l : l + half;
        }
        for (int i = 0; i < LANES; i++)
            if (!(i & half)) {
                lanes upper = block[i], lower = block[i + half];
                block[i] = __builtin_shuffle(upper, lower, left);
                block[i + half] = __builtin_shuffle(upper, lower, right);
            }
    }
}

/* The same of the transposed weights: columns are the units below. */
INLINE void transposed_panels_of(const float *weights, ptrdiff_t below, ptrdiff_t above, float *panels)
{
    for (ptrdiff_t k = 0; k < below; k += LANES, panels += above * LANES)
        for (ptrdiff_t u = 0; u < above; u += LANES) {
            ptrdiff_t rows = below - k < LANES ? below - k : LANES, columns = above - u < LANES ? above - u : LANES;
            lanes block[LANES] = {{0}};
            if (columns == LANES)
                for (ptrdiff_t i = 0; i < rows; i++)
                    block[i] = at(weights + (k + i) * above + u);
            else
                for (ptrdiff_t i = 0; i < rows; i++)
                    for (ptrdiff_t j = 0; j < columns; j++)
                        block[i][j] = weights[(k + i) * above + u + j];
            transpose(block);
            for (ptrdiff_t j = 0; j < columns; j++)
                *(lanes *)(panels + (u + j) * LANES) = block[j];
        }
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

/* Weighted inputs become values; slopes are the derivatives there. */
INLINE void activate(ptrdiff_t kind, ptrdiff_t size, float *restrict values, float *restrict slopes)
{
    if (kind == TANH)
        for (ptrdiff_t i = 0; i < size; i++) {
            values[i] = tanh_single(values[i]);
            slopes[i] = 1 - values[i] * values[i];
        }
    if (kind == SIGMOID)
        for (ptrdiff_t i = 0; i < size; i++) {
            values[i] = sigmoid_single(values[i]);
            slopes[i] = values[i] - values[i] * values[i];
        }
    if (kind == RELU)
        for (ptrdiff_t i = 0; i < size; i++) {
            slopes[i] = values[i] > 0 ? 1.0f : 0.0f;
            values[i] *= slopes[i];
        }
    if (kind == SILU)
        for (ptrdiff_t i = 0; i < size; i++) {
            float s = sigmoid_single(values[i]);
            values[i] *= s;
            slopes[i] = s + (values[i] - values[i] * s);
        }
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

INLINE void forward_one(const perceptron *p, ptrdiff_t given, const float *theta, const float *inputs, float *kept,
                        float *scratch, float *eta)
{
    ptrdiff_t rows = padded(given, TILE), inputs_width = width(p, 0), outputs = p->sizes[p->hidden + 1];
    fill_up(given, rows, p->sizes[0], p->row_stride, inputs, inputs_width, kept);
    const float *below = kept;
    for (ptrdiff_t layer = 1; layer <= p->hidden; layer++) {
        ptrdiff_t count = p->sizes[layer - 1], above = p->sizes[layer], wide = width(p, layer);
        ptrdiff_t below_wide = width(p, layer - 1), panel = (count + 1) * LANES;
        float *values = kept + kept_before(p, rows, layer), *slopes = values + rows * wide;
        panels_of(theta, count + 1, above, scratch);
        for (ptrdiff_t s = 0; s < rows; s += TILE) {
            tiles(wide, count, below + s * below_wide, below_wide, 1, scratch, LANES, panel, values + s * wide, wide, 1, 0);
            activate(p->activation, TILE * wide, values + s * wide, slopes + s * wide);
        }
        theta += (count + 1) * above;
        below = values;
    }
    ptrdiff_t count = p->sizes[p->hidden], below_wide = width(p, p->hidden), panel = (count + 1) * LANES;
    ptrdiff_t through = p->skip ? p->sizes[0] : 0;
    float *skipping = scratch + (count + 1) * width(p, p->hidden + 1), part[TILE * LANES];
    panels_of(theta, count + 1, outputs, scratch);
    panels_of(theta + (count + 1) * outputs, through, outputs, skipping);
    for (ptrdiff_t s = 0; s < rows; s += TILE)
        for (ptrdiff_t first = 0; first < outputs; first += LANES) {
            const float *b = scratch + first / LANES * panel;
            tile(1, count, below + s * below_wide, below_wide, 1, b, LANES, 0, part, LANES, 1, 0);
            if (through)
                tile(1, through, kept + s * inputs_width, inputs_width, 1, skipping + first * through, LANES, 0, part,
                     LANES, 0, 1);
            for (ptrdiff_t i = 0; i < TILE && s + i < given; i++)
                for (ptrdiff_t l = 0; l < LANES && first + l < outputs; l++)
                    eta[(s + i) * outputs + first + l] = part[i * LANES + l];
        }
}

typedef struct {
    const perceptron *p;
    const float *theta, *inputs;
    float *kept, *scratch, *eta;
} NAMED(forward_pass);

PROCESSORS static void NAMED(forward_share)(const void *work, ptrdiff_t first, ptrdiff_t last, ptrdiff_t thread)
{
    NAMED(forward_pass) pass = *(const NAMED(forward_pass) *)work;
    const perceptron *p = pass.p;
    ptrdiff_t size = kept_before(p, p->rows, p->hidden + 1), outputs = p->rows * p->sizes[p->hidden + 1];
    for (ptrdiff_t m = first; m < last; m++)
        forward_one(p, p->rows, pass.theta + m * p->parameters, pass.inputs + m * p->member_stride,
                    pass.kept + m * size, pass.scratch + thread * NAMED(perceptron_scratch)(p), pass.eta + m * outputs);
}

EXPORTED void NAMED(perceptron_forward)(const perceptron *p, ptrdiff_t members, ptrdiff_t threads, const float *theta,
                                        const float *inputs, float *kept, float *scratch, float *eta)
{
    NAMED(forward_pass) pass = {p, theta, inputs, kept, scratch, eta};
    take_turns(NAMED(forward_share), &pass, members, threads);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* Adds to the gradient of a layer's weights, below x above with its rows filled up, what some rows have to say. */
INLINE void add_products(ptrdiff_t rows, const float *values, ptrdiff_t below_wide, const float *delta,
                         ptrdiff_t above_wide, float *gradient, int add)
{
    for (ptrdiff_t k = 0; k < below_wide; k += TILE)
        tiles(above_wide, rows, values + k, 1, below_wide, delta, above_wide, LANES, gradient + k * above_wide, above_wide,
              0, add);
}

INLINE void add_rows(ptrdiff_t rows, const float *delta, ptrdiff_t wide, float *sums, int add)
{
    for (ptrdiff_t first = 0; first < wide; first += LANES) {
        lanes sum = add ? at(sums + first) : (lanes){0};
        for (ptrdiff_t s = 0; s < rows; s++)
            sum += at(delta + s * wide + first);
        *(lanes *)(sums + first) = sum;
    }
}

INLINE void backward_one(const perceptron *p, ptrdiff_t given, const float *theta, const float *eta_gradient,
                         const float *kept, float *scratch, float *out)
{
    ptrdiff_t rows = padded(given, TILE), top = p->hidden + 1, outputs = p->sizes[top], most = 0;
    /* Transposed weights of the layers above the first, then gradients of all, then two panels of rows. */
    const float *of_layer = theta;
    float *gradients = scratch;
    for (ptrdiff_t layer = 1; layer <= top; layer++) {
        if (layer > 1)
            transposed_panels_of(of_layer, p->sizes[layer - 1], p->sizes[layer], gradients);
        gradients += layer > 1 ? width(p, layer - 1) * p->sizes[layer] : 0;
        of_layer += (p->sizes[layer - 1] + 1) * p->sizes[layer];
    }
    float *end = gradients;
    for (ptrdiff_t layer = 1; layer <= top; layer++)
        end += (width(p, layer - 1) + 1) * width(p, layer);
    float *of_skip = end, *delta = end + (p->skip ? width(p, 0) * width(p, top) : 0);
    for (ptrdiff_t layer = 0; layer <= top; layer++)
        most = width(p, layer) > most ? width(p, layer) : most;
    for (ptrdiff_t start = 0; start < given; start += PANEL) {
        ptrdiff_t here = given - start < PANEL ? given - start : PANEL, wide = width(p, top);
        float *above = delta, *next = delta + PANEL * most, *gradient = of_skip;
        const float *weights = gradients;
        int add = start > 0;
        fill_up(here, padded(here, TILE), outputs, outputs, eta_gradient + start * outputs, wide, above);
        if (p->skip)
            add_products(here, kept + start * width(p, 0), width(p, 0), above, wide, of_skip, add);
        for (ptrdiff_t layer = top; layer >= 1; layer--) {
            ptrdiff_t below_wide = width(p, layer - 1), count = p->sizes[layer];
            const float *values = kept + kept_before(p, rows, layer - 1) + start * below_wide;
            gradient -= (below_wide + 1) * wide;
            add_products(here, values, below_wide, above, wide, gradient, add);
            add_rows(here, above, wide, gradient + below_wide * wide, add);
            if (layer == 1)
                break;
            weights -= below_wide * count;
            const float *slopes = values + rows * below_wide;
            for (ptrdiff_t s = 0; s < here; s += TILE) {
                tiles(below_wide, count, above + s * wide, wide, 1, weights, LANES, count * LANES, next + s * below_wide,
                      below_wide, 0, 0);
                for (ptrdiff_t i = s * below_wide; i < (s + TILE) * below_wide; i++)
                    next[i] *= slopes[i];
            }
            float *used = above;
            above = next, next = used, wide = below_wide;
        }
    }
    const float *gradient = gradients;
    for (ptrdiff_t layer = 1; layer <= top + (p->skip != 0); layer++) {
        ptrdiff_t below = layer <= top ? layer - 1 : 0, wide = width(p, layer <= top ? layer : top);
        ptrdiff_t columns = p->sizes[layer <= top ? layer : top];
        for (ptrdiff_t k = 0; k < p->sizes[below]; k++, out += columns)
            memcpy(out, gradient + k * wide, (size_t)columns * sizeof(float));
        gradient += width(p, below) * wide;
        if (layer <= top) {
            memcpy(out, gradient, (size_t)columns * sizeof(float));
            out += columns, gradient += wide;
        }
    }
}

typedef struct {
    const perceptron *p;
    const float *theta, *eta_gradient, *kept;
    float *scratch, *out;
} NAMED(backward_pass);

PROCESSORS static void NAMED(backward_share)(const void *work, ptrdiff_t first, ptrdiff_t last, ptrdiff_t thread)
{
    NAMED(backward_pass) pass = *(const NAMED(backward_pass) *)work;
    const perceptron *p = pass.p;
    ptrdiff_t size = kept_before(p, p->rows, p->hidden + 1), outputs = p->rows * p->sizes[p->hidden + 1];
    for (ptrdiff_t m = first; m < last; m++)
        backward_one(p, p->rows, pass.theta + m * p->parameters, pass.eta_gradient + m * outputs, pass.kept + m * size,
                     pass.scratch + thread * NAMED(perceptron_scratch)(p), pass.out + m * p->parameters);
}

EXPORTED void NAMED(perceptron_backward)(const perceptron *p, ptrdiff_t members, ptrdiff_t threads, const float *theta,
                                         const float *eta_gradient, const float *kept, float *scratch, float *out)
{
    NAMED(backward_pass) pass = {p, theta, eta_gradient, kept, scratch, out};
    take_turns(NAMED(backward_share), &pass, members, threads);
}
