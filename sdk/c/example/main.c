/* A plugin to begin from: where the middle half of the figures lies, and which
 * lie far beyond it. The examples in Go, Rust and AssemblyScript compute the
 * same and give the same bytes.
 *
 * Its lines are the quartiles and Tukey's fences (Tukey, Exploratory Data
 * Analysis, 1977). It asks nothing of how the figures are distributed. */
#include "signalbox.h"

/* How many figures a phase needs before it has lines. */
#define LEAST_POINTS 8

static int by_size(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Lies between the two figures beside its place (Hyndman and Fan 1996,
 * definition 7). */
static double quantile(const double *sorted, uint32_t n, double p) {
	double place = p * (double)(n - 1);
	uint32_t i = (uint32_t)place;
	if (i + 1 == n) return sorted[i];
	return sorted[i] + (place - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* Draws the median, the quartiles and the fences of one phase. */
static void lines(const sbx_question *q, sbx_chart *c, uint32_t number, sbx_span span) {
	double *sorted = sbx_room(c->points * sizeof(double));
	uint32_t n = 0;
	for (uint32_t i = span.from; i < sbx_base_end(span); i++)
		if (!isnan(c->y[i]) && sbx_counts(q, c->series, i)) sorted[n++] = c->y[i];
	if (n < LEAST_POINTS) {
		char *text = sbx_room(100), *end = sbx_append_number(sbx_append(text, "Phase "), number + 1);
		end = sbx_append_number(sbx_append(end, " has "), n);
		end = sbx_append_number(sbx_append(end, " figures; lines are drawn from "), LEAST_POINTS);
		sbx_append(end, ".");
		sbx_add_note(c, "few_points", text);
		return;
	}
	qsort(sorted, n, sizeof *sorted, by_size);
	double low = quantile(sorted, n, 0.25), middle = quantile(sorted, n, 0.5), high = quantile(sorted, n, 0.75);
	double fence = 1.5 * (high - low);
	for (uint32_t i = span.from; i < span.to; i++) {
		c->centre[i] = middle, c->near_lower[i] = low, c->near_upper[i] = high;
		c->lower[i] = low - fence, c->upper[i] = high + fence;
	}
}

/* Marks the figures beyond the fences, and says what the last one means. */
static void judge(sbx_chart *c) {
	for (uint32_t i = 0; i < c->points; i++) {
		if (isnan(c->y[i])) continue;
		bool high = c->y[i] > c->upper[i], low = c->y[i] < c->lower[i];
		c->causes[i] = high || low ? sbx_cause_of(high, c->direction) : SBX_COMMON;
		c->signals[i] = high ? SBX_OUTSIDE_UPPER : low ? SBX_OUTSIDE_LOWER : 0;
	}
	int32_t last = sbx_last(c);
	if (last >= 0 && !isnan(c->centre[last])) c->variation = sbx_variation_of(c->causes[last], c->direction);
}

static void fences(sbx_question *q) {
	double multiply = sbx_number(q, "multiply", 1);
	uint32_t measured = 0;
	for (uint32_t series = 0; series < q->series_count; series++) {
		double *denominators, *values = sbx_values(q, series, &denominators);
		if (!values) return;
		sbx_chart *c = sbx_new_chart(q, series, SBX_CUSTOM);
		for (uint32_t i = 0; i < c->points; i++) {
			if (!isnan(values[i])) c->y[i] = values[i] * multiply, measured++;
			if (denominators) c->n[i] = denominators[i];
		}
		uint32_t count;
		sbx_span *spans = sbx_spans(q, series, &count);
		for (uint32_t number = 0; number < count; number++) lines(q, c, number, spans[number]);
		judge(c);
	}
	if (!measured) sbx_decline(q, "Nothing was measured.");
}

const sbx_entry sbx_entries[] = {{"fences", fences}, {0, 0}};
