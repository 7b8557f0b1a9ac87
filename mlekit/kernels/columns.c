/* Rows of a matrix that lies in columns, as tables do, for what wants rows, as products of matrices do; standardized on
   the way, if there is a center. A column is read a few lines of memory at a time into a tile, which stays in the cache
   until its rows are written. */
#include "kernel.h"

enum { ROWS = 128, ACROSS = 8 };

INLINE void read_column(ptrdiff_t rows, const double *column, ptrdiff_t step, const int64_t *positions, double *tile)
{
    if (positions)
        for (ptrdiff_t i = 0; i < rows; i++)
            tile[i] = column[positions[i] * step];
    else if (step == 1)
        memcpy(tile, column, (size_t)rows * sizeof(double));
    else
        for (ptrdiff_t i = 0; i < rows; i++)
            tile[i] = column[i * step];
}

INLINE void standardize(double *tile, double center, double scale)
{
    for (ptrdiff_t i = 0; i < ROWS; i++)
        tile[i] = (tile[i] - center) / scale;
}

/* Whether the columns lie side by side, as those of a matrix by rows do. */
INLINE int side_by_side(ptrdiff_t columns, const double *const *starts, const int64_t *steps)
{
    for (ptrdiff_t j = 1; j < columns; j++)
        if (starts[j] != starts[0] + j || steps[j] != steps[0])
            return 0;
    return 1;
}

/* `starts` says where each column begins and `steps` how far apart its numbers are; `first` is the row to begin with,
   or `positions` those to take. */
#define ROWS_OF_COLUMNS(name, number)                                                                                  \
    VERSIONS EXPORTED void name(ptrdiff_t rows, ptrdiff_t columns, const double *const *starts, const int64_t *steps,  \
                                ptrdiff_t first, const int64_t *positions, const double *center, const double *scale,  \
                                number *out)                                                                           \
    {                                                                                                                  \
        double tile[ACROSS][ROWS] = {{0}};                                                                             \
        if (side_by_side(columns, starts, steps)) {                                                                    \
            for (ptrdiff_t i = 0; i < rows && columns; i++, out += columns) {                                          \
                const double *row = starts[0] + (positions ? positions[i] : first + i) * steps[0];                     \
                if (center)                                                                                            \
                    for (ptrdiff_t j = 0; j < columns; j++)                                                            \
                        out[j] = (number)((row[j] - center[j]) / scale[j]);                                            \
                else                                                                                                   \
                    for (ptrdiff_t j = 0; j < columns; j++)                                                            \
                        out[j] = (number)row[j];                                                                       \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        for (ptrdiff_t row = 0; row < rows; row += ROWS) {                                                             \
            ptrdiff_t tall = rows - row < ROWS ? rows - row : ROWS;                                                    \
            for (ptrdiff_t column = 0; column < columns; column += ACROSS) {                                           \
                ptrdiff_t wide = columns - column < ACROSS ? columns - column : ACROSS;                                \
                number *corner = out + row * columns + column;                                                         \
                for (ptrdiff_t j = 0; j < wide; j++) {                                                                 \
                    ptrdiff_t step = steps[column + j];                                                                \
                    const double *start = starts[column + j] + (positions ? 0 : (first + row) * step);                 \
                    read_column(tall, start, step, positions ? positions + row : NULL, tile[j]);                       \
                    if (center)                                                                                        \
                        standardize(tile[j], center[column + j], scale[column + j]);                                   \
                }                                                                                                      \
                if (wide == ACROSS)                                                                                    \
                    for (ptrdiff_t i = 0; i < tall; i++)                                                               \
                        for (ptrdiff_t j = 0; j < ACROSS; j++)                                                         \
                            corner[i * columns + j] = (number)tile[j][i];                                              \
                else                                                                                                   \
                    for (ptrdiff_t i = 0; i < tall; i++)                                                               \
                        for (ptrdiff_t j = 0; j < wide; j++)                                                           \
                            corner[i * columns + j] = (number)tile[j][i];                                              \
            }                                                                                                          \
        }                                                                                                              \
    }

ROWS_OF_COLUMNS(rows_of_columns_double, double)
ROWS_OF_COLUMNS(rows_of_columns_single, float)
