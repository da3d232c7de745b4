#include "tui/chart.h"

#include <math.h>
#include <stdio.h>

/* --- sparkline -------------------------------------------------------------------------------- */

/* The greatest known value of a range; NAN if none is known. */
static double greatest(const double *values, size_t from, size_t to)
{
    double most = NAN;
    for (size_t i = from; i < to; i++)
        if (!isnan(values[i]) && (isnan(most) || values[i] > most))
            most = values[i];
    return most;
}

static void draw_spark(const struct canvas *canvas, int row, int column, double value, double top,
                       double limit)
{
    if (isnan(value)) {
        if (canvas_set(canvas) == GLYPH_SET_ASCII)
            canvas_text(canvas, row, column, ATTR_UNKNOWN, "?");
        else
            canvas_sign(canvas, row, column, GLYPH_BULLET);
        return;
    }
    double part = top > 0 ? value / top : 0;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    unsigned attr = !isnan(limit) && value > limit ? ATTR_WARNING : ATTR_NORMAL;
    int level = (int)(part * (GLYPH_SPARK_LEVELS - 1) + 0.5);
    canvas_text(canvas, row, column, attr, glyph_spark(canvas_set(canvas), level));
}

int chart_sparkline(const struct canvas *canvas, int row, int column, int cells,
                    const double *values, size_t values_count, double top, double limit)
{
    if (cells < 1)
        return column;
    canvas_fill(canvas, row, column, 1, cells, ATTR_NORMAL, ' ');
    if (!(top > 0))
        top = greatest(values, 0, values_count);
    size_t width = (size_t)cells;
    size_t bars = values_count < width ? values_count : width;
    for (size_t i = 0; i < bars; i++) {
        double value = greatest(values, values_count * i / bars, values_count * (i + 1) / bars);
        draw_spark(canvas, row, column + (int)(width - bars + i), value, top, limit);
    }
    return column + cells;
}

/* --- gauges ----------------------------------------------------------------------------------- */

static void draw_bar(const struct canvas *canvas, int row, int column, int cells, double part,
                     unsigned attr)
{
    /* Full only when it is, and not empty once begun: the bar must not say "done" at 99.6 %. */
    int full = (int)(part * cells);
    if (full == 0 && part > 0 && cells > 1)
        full = 1;
    for (int i = 0; i < cells; i++)
        canvas_glyph(canvas, row, column + i, i < full ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY,
                     i < full ? attr : ATTR_SECONDARY);
}

static double clamp(double part)
{
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

int chart_gauge(const struct canvas *canvas, int row, int column, int cells, double part,
                unsigned attr)
{
    int end = column + cells;
    if (isnan(part)) {
        canvas_fill(canvas, row, column, 1, cells > 0 ? cells : 0, ATTR_UNKNOWN, '?');
        return canvas_fit(canvas, row, end, CHART_PERCENT_CELLS, ALIGN_RIGHT, ATTR_UNKNOWN, "? %");
    }
    part = clamp(part);
    draw_bar(canvas, row, column, cells, part, attr);
    char percent[16];
    snprintf(percent, sizeof percent, "%d %%", (int)(part * 100));
    return canvas_fit(canvas, row, end, CHART_PERCENT_CELLS, ALIGN_RIGHT, ATTR_NORMAL, percent);
}

static void draw_limit(const struct canvas *canvas, int row, int column, int cells, double limit,
                       double top, unsigned attr)
{
    int at = isnan(limit) ? -1 : (int)(limit / top * cells);
    if (at >= 0 && at < cells)
        canvas_glyph(canvas, row, column + at, GLYPH_LIMIT, attr);
}

int chart_limit_gauge(const struct canvas *canvas, int row, int column, int cells, double value,
                      double warning, double critical)
{
    double limit = isnan(critical) ? warning : critical;
    if (cells < 1)
        return column;
    if (isnan(value)) {
        canvas_fill(canvas, row, column, 1, cells, ATTR_UNKNOWN, '?');
        return column + cells;
    }
    double top = isnan(limit) || !(limit > 0) ? value : limit * 1.25;
    unsigned attr = !isnan(critical) && value >= critical ? ATTR_CRITICAL
                    : !isnan(warning) && value >= warning ? ATTR_WARNING
                                                          : ATTR_OK;
    draw_bar(canvas, row, column, cells, top > 0 ? clamp(value / top) : 0, attr);
    draw_limit(canvas, row, column, cells, warning, top, ATTR_WARNING);
    draw_limit(canvas, row, column, cells, critical, top, ATTR_CRITICAL);
    return column + cells;
}
