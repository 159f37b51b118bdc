/* signalbox.h: what authors of plugins in C write against. One header; include
 * it in one file of the plugin.
 *
 *     #include "signalbox.h"
 *
 *     static void fences(sbx_question *q) {
 *         for (uint32_t s = 0; s < q->series_count; s++) {
 *             sbx_chart *c = sbx_new_chart(q, s, SBX_CUSTOM);
 *             ...
 *         }
 *     }
 *
 *     const sbx_entry sbx_entries[] = {{"fences", fences}, {0, 0}};
 *
 * Build with clang and wasi-libc:
 *
 *     clang --target=wasm32-wasi -mexec-model=reactor -O2 -ffp-contract=off \
 *         -Wl,--export=sbx_alloc,--export=sbx_run_v1,--strip-all -o plugin.wasm main.c
 *
 * A plugin is given its data and gives back charts. It has no clock, no chance,
 * no files and no network, and it is started anew for every question: nothing
 * needs to be freed. docs/plug-socket.md lays out every byte; nothing of that
 * has to be known here. A missing number is NaN in memory and never leaves the
 * plugin as one. */
#ifndef SIGNALBOX_H
#define SIGNALBOX_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a question and its answer are made of ---- */

enum sbx_kind {
	SBX_RUN, SBX_XMR, SBX_MR, SBX_P, SBX_PP, SBX_U, SBX_UP, SBX_C, SBX_NP, SBX_G, SBX_T, SBX_XBAR, SBX_S, SBX_IP,
	SBX_EWMA, SBX_CUSUM, SBX_FUNNEL,
	SBX_CUSTOM /* a kind of your own: its limits are not verified by the host */
};
enum sbx_direction { SBX_NEUTRAL, SBX_INCREASE, SBX_DECREASE };
enum sbx_state { SBX_FINAL, SBX_PROVISIONAL, SBX_NOT_MEASURED, SBX_SUPPRESSED, SBX_EXCLUDED };
enum sbx_cause { SBX_NO_CAUSE, SBX_COMMON, SBX_IMPROVEMENT, SBX_CONCERN, SBX_NEUTRAL_HIGH, SBX_NEUTRAL_LOW };
enum sbx_variation {
	SBX_VARIATION_EMPTY, SBX_COMMON_CAUSE, SBX_IMPROVEMENT_HIGH, SBX_IMPROVEMENT_LOW, SBX_CONCERN_HIGH, SBX_CONCERN_LOW,
	SBX_SHIFT_HIGH, SBX_SHIFT_LOW
};
enum sbx_assurance { SBX_ASSURANCE_EMPTY, SBX_PASS, SBX_FAIL, SBX_HIT_OR_MISS };

/* Signals are bits; a point may have several. */
#define SBX_OUTSIDE_UPPER (1u << 0)
#define SBX_OUTSIDE_LOWER (1u << 1)
#define SBX_TREND_INCREASING (1u << 2)
#define SBX_TREND_DECREASING (1u << 3)
#define SBX_TWO_IN_THREE_ABOVE (1u << 4)
#define SBX_TWO_IN_THREE_BELOW (1u << 5)
#define SBX_SHIFT_ABOVE (1u << 6)
#define SBX_SHIFT_BELOW (1u << 7)

/* Stands for null in the statistics of a phase. */
#define SBX_NO_NUMBER (-1)

typedef struct {
	const char *at;
	uint32_t length;
} sbx_text;

typedef struct {
	int32_t start;     /* the first point at or after it begins the phase */
	uint32_t baseline; /* so many points make the lines; 0 means all */
} sbx_phase;

typedef struct {
	int32_t from; /* 0 means always */
	double value; /* in plotted units */
} sbx_target;

typedef struct {
	sbx_text organisation, stratum; /* an empty stratum is the whole organisation */
	uint32_t rows;
	const int32_t *periods; /* days since 1970-01-01, or whole numbers */
	const uint8_t *states;  /* enum sbx_state */
	const sbx_phase *phases;
	uint32_t phase_count;
	const sbx_target *targets;
	uint32_t target_count;
	uint32_t first_row; /* for sbx_input */
} sbx_series;

/* The first baseline points of [from, to) make the lines; 0 means all. */
typedef struct {
	uint32_t from, to, baseline;
} sbx_span;

typedef struct {
	int32_t points, useful, longest_run, longest_run_max, crossings, crossings_min, runs, runs_low, runs_high;
	uint32_t signal;
} sbx_statistics;

typedef struct {
	sbx_text code, text;
} sbx_note;

typedef struct {
	uint32_t series, points;
	uint8_t kind, rules, direction, variation, assurance;
	double target; /* NaN: there is none */
	const int32_t *x;
	double *y, *n, *centre, *lower, *upper, *near_lower, *near_upper;
	int32_t *phase;
	uint32_t *signals;
	uint8_t *causes;
	sbx_statistics *phases;
	uint32_t phase_count;
	sbx_note notes[16];
	uint32_t note_count;
} sbx_chart;

typedef struct {
	sbx_text measure, entry;
	bool dates; /* periods are dates, and not whole numbers */
	sbx_series *series;
	uint32_t series_count;

	/* Used by the functions below. */
	const uint8_t *bytes;
	uint32_t length, rows;
	const uint8_t *strings, *parameters, *columns;
	uint32_t strings_length, parameter_count, column_count;
	uint16_t status;
	sbx_text message;
	sbx_chart **charts;
	uint32_t chart_count, chart_room;
} sbx_question;

typedef struct {
	const char *name;
	void (*compute)(sbx_question *);
} sbx_entry;

/* The entries of the plugin, the last one {0, 0}. You define it. */
extern const sbx_entry sbx_entries[];

/* ---- memory: nothing is freed, an instance answers one question ---- */

static void *sbx_room(size_t size) {
	void *room = calloc(1, size ? size : 1);
	if (!room) __builtin_trap(); /* the limit of the instance; the host says so */
	return room;
}

/* ---- reading ---- */

static uint32_t sbx_u32(const uint8_t *at) {
	uint32_t v;
	memcpy(&v, at, 4);
	return v;
}

static double sbx_f64(const uint8_t *at) {
	double v;
	memcpy(&v, at, 8);
	return v;
}

/* The host writes sound questions; a length that leads outside stops the plugin
 * rather than let it read what is not the question. */
static void sbx_must(bool sound) {
	if (!sound) __builtin_trap();
}

static sbx_text sbx_text_at(const sbx_question *q, const uint8_t *reference) {
	sbx_text t = {"", sbx_u32(reference + 4)};
	if (t.length == 0) return t;
	uint32_t offset = sbx_u32(reference);
	sbx_must(offset <= q->strings_length && t.length <= q->strings_length - offset);
	t.at = (const char *)q->strings + offset;
	return t;
}

static bool sbx_is(sbx_text t, const char *word) { return strlen(word) == t.length && memcmp(t.at, word, t.length) == 0; }

static const uint8_t *sbx_section(const sbx_question *q, const char *tag, uint32_t *length) {
	uint32_t count = sbx_u32(q->bytes + 12);
	sbx_must(count <= 64 && 16 + 16 * count <= q->length);
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = q->bytes + 16 + 16 * i;
		if (memcmp(entry, tag, 4) != 0) continue;
		uint32_t offset = sbx_u32(entry + 8);
		*length = sbx_u32(entry + 12);
		sbx_must(offset <= q->length && *length <= q->length - offset);
		return q->bytes + offset;
	}
	*length = 0;
	return q->bytes;
}

/* The data of a column, or NULL; nulls is its bitmap, or NULL. */
static const uint8_t *sbx_column(const sbx_question *q, const char *mark, const char *name, uint32_t type, uint32_t width,
	const uint8_t **nulls) {
	size_t m = strlen(mark), n = strlen(name);
	for (uint32_t i = 0; i < q->column_count; i++) {
		const uint8_t *entry = q->columns + 32 * i;
		sbx_text t = sbx_text_at(q, entry);
		if (t.length != m + n || memcmp(t.at, mark, m) != 0 || memcmp(t.at + m, name, n) != 0) continue;
		if (sbx_u32(entry + 8) != type) continue;
		uint32_t offset = sbx_u32(entry + 12), bitmap = sbx_u32(entry + 20), rows = sbx_u32(entry + 24);
		sbx_must(rows == q->rows && offset <= q->length && (uint64_t)rows * width <= q->length - offset);
		sbx_must(bitmap <= q->length && (bitmap == 0 || (rows + 7) / 8 <= q->length - bitmap));
		if (nulls) *nulls = bitmap ? q->bytes + bitmap : NULL;
		return q->bytes + offset;
	}
	return NULL;
}

static void sbx_read_series(sbx_question *q) {
	uint32_t length, phases_length, targets_length;
	const uint8_t *entries = sbx_section(q, "SERI", &length);
	const uint8_t *phases = sbx_section(q, "PHAS", &phases_length);
	const uint8_t *targets = sbx_section(q, "TARG", &targets_length);
	q->series_count = length / 40;
	q->series = sbx_room(q->series_count * sizeof(sbx_series));
	sbx_target *all = sbx_room(targets_length / 16 * sizeof(sbx_target));
	for (uint32_t i = 0; i < targets_length / 16; i++) {
		all[i].from = (int32_t)sbx_u32(targets + 16 * i);
		all[i].value = sbx_f64(targets + 16 * i + 8);
	}
	const uint8_t *periods = sbx_column(q, "", "period", 2, 4, NULL);
	q->dates = periods != NULL;
	if (!periods) periods = sbx_column(q, "", "period", 3, 4, NULL);
	const uint8_t *states = sbx_column(q, "", "state", 4, 1, NULL);
	for (uint32_t i = 0; i < q->series_count; i++) {
		const uint8_t *e = entries + 40 * i;
		sbx_series *s = &q->series[i];
		s->organisation = sbx_text_at(q, e);
		s->stratum = sbx_text_at(q, e + 8);
		s->first_row = sbx_u32(e + 16);
		s->rows = sbx_u32(e + 20);
		uint32_t first_phase = sbx_u32(e + 24), first_target = sbx_u32(e + 32);
		s->phase_count = sbx_u32(e + 28);
		s->target_count = sbx_u32(e + 36);
		sbx_must((uint64_t)s->first_row + s->rows <= q->rows);
		sbx_must((uint64_t)first_phase + s->phase_count <= phases_length / 8);
		sbx_must((uint64_t)first_target + s->target_count <= targets_length / 16);
		sbx_must(s->rows == 0 || (periods && states));
		s->periods = (const int32_t *)(periods ? periods + 4 * s->first_row : NULL);
		s->states = states ? states + s->first_row : NULL;
		s->phases = (const sbx_phase *)(phases + 8 * first_phase);
		s->targets = all + first_target;
	}
}

/* ---- the vocabulary ---- */

/* An input of the measure for one series, such as "numerator", as it was sent:
 * NaN where it is missing. NULL where the measure has no such input. */
static double *sbx_input(const sbx_question *q, uint32_t series, const char *name) {
	const uint8_t *nulls, *data = sbx_column(q, "in:", name, 1, 8, &nulls);
	if (!data) return NULL;
	const sbx_series *s = &q->series[series];
	double *values = sbx_room(s->rows * sizeof(double));
	for (uint32_t i = 0; i < s->rows; i++) {
		uint32_t row = s->first_row + i;
		bool missing = nulls && nulls[row / 8] >> (row % 8) & 1;
		values[i] = missing ? NAN : sbx_f64(data + 8 * (size_t)row);
	}
	return values;
}

static const uint8_t *sbx_setting(const sbx_question *q, const char *key, uint32_t type) {
	for (uint32_t i = 0; i < q->parameter_count; i++) {
		const uint8_t *entry = q->parameters + 32 * i;
		if (sbx_u32(entry + 8) == type && sbx_is(sbx_text_at(q, entry), key)) return entry + 16;
	}
	return NULL;
}

/* A setting that is a number, or unset where it was not given. */
static double sbx_number(const sbx_question *q, const char *key, double unset) {
	const uint8_t *value = sbx_setting(q, key, 1);
	return value ? sbx_f64(value) : unset;
}

/* A setting that is text; empty where it was not given. */
static sbx_text sbx_word(const sbx_question *q, const char *key) {
	const uint8_t *value = sbx_setting(q, key, 2);
	sbx_text none = {"", 0};
	return value ? sbx_text_at(q, value) : none;
}

/* A setting that is true or false, or unset where it was not given. */
static bool sbx_truth(const sbx_question *q, const char *key, bool unset) {
	const uint8_t *value = sbx_setting(q, key, 3);
	return value ? sbx_u32(value) == 1 : unset;
}

/* The way the measure is wanted to go. */
static enum sbx_direction sbx_wanted(const sbx_question *q) {
	sbx_text word = sbx_word(q, "direction");
	return sbx_is(word, "increase") ? SBX_INCREASE : sbx_is(word, "decrease") ? SBX_DECREASE : SBX_NEUTRAL;
}

/* There is no chart: the data do not suit, for the reason given to the reader.
 * It is no fault. The first reason counts. */
static void sbx_decline(sbx_question *q, const char *why) {
	if (q->status) return;
	q->status = 1;
	q->message = (sbx_text){why, (uint32_t)strlen(why)};
}

/* There is no chart: the plugin does not know this entry, input or setting. */
static void sbx_unsupported(sbx_question *q, const char *what) {
	if (q->status) return;
	q->status = 2;
	q->message = (sbx_text){what, (uint32_t)strlen(what)};
}

/* What a chart plots: the value, or the numerator over the denominator where
 * there is one. NaN where nothing was measured, where a point is suppressed and
 * where the denominator is 0. denominators becomes theirs, or NULL. NULL, and the
 * question is declined, where there is neither a value nor a numerator. */
static double *sbx_values(sbx_question *q, uint32_t series, double **denominators) {
	double *from = sbx_input(q, series, "value");
	if (!from) from = sbx_input(q, series, "numerator");
	if (!from) {
		sbx_unsupported(q, "not supported: an input \"value\" or \"numerator\" is needed");
		return NULL;
	}
	double *d = sbx_input(q, series, "denominator");
	const sbx_series *s = &q->series[series];
	double *values = sbx_room(s->rows * sizeof(double));
	for (uint32_t i = 0; i < s->rows; i++) {
		bool measured = s->states[i] != SBX_NOT_MEASURED && s->states[i] != SBX_SUPPRESSED && !isnan(from[i]);
		values[i] = !measured ? NAN : !d ? from[i] : d[i] > 0 ? from[i] / d[i] : NAN;
	}
	if (denominators) *denominators = d;
	return values;
}

/* Whether a point counts in statistics: it was not excluded. */
static bool sbx_counts(const sbx_question *q, uint32_t series, uint32_t point) {
	return q->series[series].states[point] != SBX_EXCLUDED;
}

/* The phases of a series; count becomes how many. A phase begins at the first
 * point at or after its start; one that meets no point before the next begins has
 * none; points before the first phase are a phase of their own. */
static sbx_span *sbx_spans(const sbx_question *q, uint32_t series, uint32_t *count) {
	const sbx_series *s = &q->series[series];
	sbx_span *spans = sbx_room((s->phase_count + 1) * sizeof(sbx_span));
	*count = 0;
	for (uint32_t from = 0; from < s->rows;) {
		sbx_span span = {from, s->rows, 0};
		for (uint32_t p = 0; p < s->phase_count; p++) {
			if (s->phases[p].start <= s->periods[from]) {
				span.baseline = s->phases[p].baseline;
				continue;
			}
			uint32_t to = from + 1;
			while (to < s->rows && s->periods[to] < s->phases[p].start) to++;
			span.to = to;
			break;
		}
		spans[(*count)++] = span;
		from = span.to;
	}
	return spans;
}

/* The end of the part of a phase that makes its lines. */
static uint32_t sbx_base_end(sbx_span span) {
	return span.baseline > 0 && span.from + span.baseline < span.to ? span.from + span.baseline : span.to;
}

static double *sbx_missing(uint32_t rows) {
	double *column = sbx_room(rows * sizeof(double));
	for (uint32_t i = 0; i < rows; i++) column[i] = NAN;
	return column;
}

/* A chart of one series that is still empty: its points, phases, direction and
 * latest target are the question's; every column of numbers is missing
 * throughout; no point has a signal or a cause. Charts come in the order of
 * their series. */
static sbx_chart *sbx_new_chart(sbx_question *q, uint32_t series, enum sbx_kind kind) {
	const sbx_series *s = &q->series[series];
	sbx_chart *c = sbx_room(sizeof(sbx_chart));
	c->series = series, c->points = s->rows, c->kind = (uint8_t)kind, c->direction = (uint8_t)sbx_wanted(q);
	c->target = NAN;
	for (uint32_t i = 0; i < s->target_count; i++) {
		bool begun = s->targets[i].from == 0 || (s->rows && s->targets[i].from <= s->periods[s->rows - 1]);
		if (begun) c->target = s->targets[i].value;
	}
	c->x = s->periods;
	double **columns[] = {&c->y, &c->n, &c->centre, &c->lower, &c->upper, &c->near_lower, &c->near_upper};
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) *columns[i] = sbx_missing(s->rows);
	c->phase = sbx_room(s->rows * sizeof(int32_t));
	c->signals = sbx_room(s->rows * sizeof(uint32_t));
	c->causes = sbx_room(s->rows);
	sbx_span *spans = sbx_spans(q, series, &c->phase_count);
	c->phases = sbx_room(c->phase_count * sizeof(sbx_statistics));
	for (uint32_t p = 0; p < c->phase_count; p++) {
		const int32_t none = SBX_NO_NUMBER;
		c->phases[p] = (sbx_statistics){0, 0, none, none, none, none, none, none, none, 0};
		for (uint32_t i = spans[p].from; i < spans[p].to; i++) {
			c->phase[i] = (int32_t)p + 1;
			if (sbx_counts(q, series, i)) c->phases[p].points++;
		}
	}
	if (q->chart_count == q->chart_room) {
		sbx_chart **charts = sbx_room((2 * q->chart_room + 8) * sizeof *charts);
		if (q->chart_count) memcpy(charts, q->charts, q->chart_count * sizeof *charts);
		q->charts = charts, q->chart_room = 2 * q->chart_room + 8;
	}
	q->charts[q->chart_count++] = c;
	return c;
}

/* The last point that has a value, or -1. */
static int32_t sbx_last(const sbx_chart *c) {
	for (int32_t i = (int32_t)c->points - 1; i >= 0; i--)
		if (!isnan(c->y[i])) return i;
	return -1;
}

/* Advice to the reader: a code of at most 64 bytes, a text of at most 1024. Both
 * are kept by address. A chart takes 16 notes, and drops more. */
static void sbx_add_note(sbx_chart *c, const char *code, const char *text) {
	if (c->note_count == 16) return;
	c->notes[c->note_count++] = (sbx_note){{code, (uint32_t)strlen(code)}, {text, (uint32_t)strlen(text)}};
}

/* The cause of a signal that lies high or low. */
static enum sbx_cause sbx_cause_of(bool high, uint8_t wanted) {
	if (wanted == SBX_NEUTRAL) return high ? SBX_NEUTRAL_HIGH : SBX_NEUTRAL_LOW;
	return high == (wanted == SBX_INCREASE) ? SBX_IMPROVEMENT : SBX_CONCERN;
}

/* The icon that speaks of a cause. */
static enum sbx_variation sbx_variation_of(uint8_t cause, uint8_t wanted) {
	bool up = wanted == SBX_INCREASE;
	switch (cause) {
	case SBX_COMMON: return SBX_COMMON_CAUSE;
	case SBX_IMPROVEMENT: return up ? SBX_IMPROVEMENT_HIGH : SBX_IMPROVEMENT_LOW;
	case SBX_CONCERN: return up ? SBX_CONCERN_LOW : SBX_CONCERN_HIGH;
	case SBX_NEUTRAL_HIGH: return SBX_SHIFT_HIGH;
	case SBX_NEUTRAL_LOW: return SBX_SHIFT_LOW;
	}
	return SBX_VARIATION_EMPTY;
}

/* Appends a whole number to text; room must be there. Gives the new end. */
static char *sbx_append_number(char *end, uint32_t v) {
	char digits[10];
	int n = 0;
	do digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n) *end++ = digits[--n];
	*end = 0;
	return end;
}

/* Appends text; room must be there. Gives the new end. */
static char *sbx_append(char *end, const char *text) {
	size_t n = strlen(text);
	memcpy(end, text, n + 1);
	return end + n;
}

/* ---- writing ---- */

typedef struct {
	uint8_t *at;
	uint32_t length, room;
} sbx_buffer;

static void sbx_put(sbx_buffer *b, const void *from, uint32_t n) {
	if (b->room - b->length < n) {
		uint32_t room = 2 * b->room + n + 1024;
		uint8_t *at = sbx_room(room);
		if (b->length) memcpy(at, b->at, b->length);
		b->at = at, b->room = room;
	}
	if (n) memcpy(b->at + b->length, from, n);
	b->length += n;
}

static void sbx_put_u32(sbx_buffer *b, uint32_t v) { sbx_put(b, &v, 4); }

static uint32_t sbx_begin(sbx_buffer *b) {
	static const uint8_t zeros[8];
	if (b->length % 8) sbx_put(b, zeros, 8 - b->length % 8);
	return b->length;
}

typedef struct {
	sbx_buffer out, strings, columns;
	uint32_t sections, rows;
} sbx_writer;

static void sbx_end(sbx_writer *w, const char *tag, uint32_t offset) {
	uint8_t *entry = w->out.at + 16 + 16 * w->sections++;
	uint32_t length = w->out.length - offset;
	memcpy(entry, tag, 4);
	memcpy(entry + 8, &offset, 4);
	memcpy(entry + 12, &length, 4);
}

static void sbx_put_text(sbx_writer *w, sbx_buffer *to, sbx_text t) {
	sbx_put_u32(to, t.length ? w->strings.length : 0);
	sbx_put_u32(to, t.length);
	sbx_put(&w->strings, t.at, t.length);
}

static void sbx_put_column(sbx_writer *w, const char *name, uint32_t type, uint32_t offset, uint32_t width, const uint8_t *nulls) {
	sbx_put_text(w, &w->columns, (sbx_text){name, (uint32_t)strlen(name)});
	sbx_put_u32(&w->columns, type);
	sbx_put_u32(&w->columns, offset);
	sbx_put_u32(&w->columns, w->rows * width);
	uint32_t bitmap = 0;
	if (nulls) {
		bitmap = sbx_begin(&w->out);
		sbx_put(&w->out, nulls, (w->rows + 7) / 8);
	}
	sbx_put_u32(&w->columns, bitmap);
	sbx_put_u32(&w->columns, w->rows);
	sbx_put_u32(&w->columns, 0);
}

/* One column of numbers of all charts; left out where it is missing throughout. */
static void sbx_put_numbers(sbx_writer *w, const sbx_question *q, const char *name, size_t field) {
	uint8_t *nulls = sbx_room((w->rows + 7) / 8);
	bool some = false, missing = false;
	uint32_t row = 0;
	for (uint32_t i = 0; i < q->chart_count; i++) {
		const double *values = *(double *const *)((const char *)q->charts[i] + field);
		for (uint32_t k = 0; k < q->charts[i]->points; k++, row++) {
			if (isnan(values[k])) nulls[row / 8] |= (uint8_t)(1u << row % 8), missing = true;
			else some = true;
		}
	}
	if (!some) return;
	uint32_t offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++) {
		const double *values = *(double *const *)((const char *)q->charts[i] + field);
		for (uint32_t k = 0; k < q->charts[i]->points; k++) {
			double v = isnan(values[k]) ? 0 : values[k];
			sbx_put(&w->out, &v, 8);
		}
	}
	sbx_put_column(w, name, 1, offset, 8, missing ? nulls : NULL);
}

static void sbx_put_charts(sbx_writer *w, const sbx_question *q) {
	uint32_t offset = sbx_begin(&w->out), row = 0, phase = 0;
	for (uint32_t i = 0; i < q->chart_count; i++) {
		const sbx_chart *c = q->charts[i];
		bool aimed = !isnan(c->target);
		uint8_t head[8] = {c->kind, c->rules, c->direction, c->variation, c->assurance, aimed};
		double target = aimed ? c->target : 0;
		sbx_put_u32(&w->out, c->series);
		sbx_put(&w->out, head, 8);
		uint32_t extents[] = {row, c->points, phase, c->phase_count, 0};
		sbx_put(&w->out, extents, sizeof extents);
		sbx_put(&w->out, &target, 8);
		row += c->points, phase += c->phase_count;
	}
	sbx_end(w, "CHRT", offset);
	w->rows = row;
	offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++)
		sbx_put(&w->out, q->charts[i]->phases, q->charts[i]->phase_count * (uint32_t)sizeof(sbx_statistics));
	sbx_end(w, "STAT", offset);
}

static void sbx_put_signals_and_notes(sbx_writer *w, const sbx_question *q) {
	static const char *const names[] = {"outside_upper", "outside_lower", "trend_increasing", "trend_decreasing",
		"two_in_three_above", "two_in_three_below", "shift_above", "shift_below", "we_1", "we_2", "we_3", "we_4", "nelson_1",
		"nelson_2", "nelson_3", "nelson_4", "nelson_5", "nelson_6", "nelson_7", "nelson_8"};
	uint32_t used = 0, offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++)
		for (uint32_t k = 0; k < q->charts[i]->points; k++) used |= q->charts[i]->signals[k];
	for (uint32_t bit = 0; bit < sizeof names / sizeof *names; bit++) {
		if (!(used >> bit & 1)) continue;
		sbx_put_u32(&w->out, bit);
		sbx_put_u32(&w->out, 0);
		sbx_put_text(w, &w->out, (sbx_text){names[bit], (uint32_t)strlen(names[bit])});
	}
	sbx_end(w, "SIGN", offset);
	offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++) {
		for (uint32_t k = 0; k < q->charts[i]->note_count; k++) {
			sbx_put_u32(&w->out, i);
			sbx_put_u32(&w->out, 0);
			sbx_put_text(w, &w->out, q->charts[i]->notes[k].code);
			sbx_put_text(w, &w->out, q->charts[i]->notes[k].text);
		}
	}
	sbx_end(w, "NOTE", offset);
}

static void sbx_put_columns(sbx_writer *w, const sbx_question *q) {
	uint32_t offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++) sbx_put(&w->out, q->charts[i]->x, 4 * q->charts[i]->points);
	sbx_put_column(w, "x", q->chart_count && q->dates ? 2 : 3, offset, 4, NULL);
	sbx_put_numbers(w, q, "y", offsetof(sbx_chart, y));
	sbx_put_numbers(w, q, "n", offsetof(sbx_chart, n));
	sbx_put_numbers(w, q, "centre", offsetof(sbx_chart, centre));
	sbx_put_numbers(w, q, "lower", offsetof(sbx_chart, lower));
	sbx_put_numbers(w, q, "upper", offsetof(sbx_chart, upper));
	sbx_put_numbers(w, q, "near_lower", offsetof(sbx_chart, near_lower));
	sbx_put_numbers(w, q, "near_upper", offsetof(sbx_chart, near_upper));
	offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++) sbx_put(&w->out, q->charts[i]->phase, 4 * q->charts[i]->points);
	sbx_put_column(w, "phase", 3, offset, 4, NULL);
	offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++) sbx_put(&w->out, q->charts[i]->signals, 4 * q->charts[i]->points);
	sbx_put_column(w, "signals", 5, offset, 4, NULL);
	offset = sbx_begin(&w->out);
	for (uint32_t i = 0; i < q->chart_count; i++) sbx_put(&w->out, q->charts[i]->causes, q->charts[i]->points);
	sbx_put_column(w, "cause", 4, offset, 1, NULL);
}

static uint64_t sbx_write(sbx_question *q) {
	static const uint8_t head[16 + 7 * 16];
	sbx_writer w = {0};
	if (q->status) q->chart_count = 0;
	sbx_put(&w.out, head, sizeof head);
	uint32_t offset = sbx_begin(&w.out);
	sbx_put(&w.out, q->message.at, q->message.length);
	sbx_end(&w, "MESG", offset);
	sbx_put_charts(&w, q);
	sbx_put_signals_and_notes(&w, q);
	sbx_put_columns(&w, q);
	offset = sbx_begin(&w.out);
	sbx_put(&w.out, w.columns.at, w.columns.length);
	sbx_end(&w, "COLS", offset);
	offset = sbx_begin(&w.out);
	sbx_put(&w.out, w.strings.at, w.strings.length);
	sbx_end(&w, "STRS", offset);
	sbx_begin(&w.out);
	uint16_t kind = 2;
	memcpy(w.out.at, "SBX1", 4);
	memcpy(w.out.at + 4, &kind, 2);
	memcpy(w.out.at + 6, &q->status, 2);
	memcpy(w.out.at + 8, &w.out.length, 4);
	memcpy(w.out.at + 12, &w.sections, 4);
	return (uint64_t)(uintptr_t)w.out.at << 32 | w.out.length;
}

/* ---- what the host calls ---- */

uint32_t sbx_alloc(uint32_t size) {
	void *room = aligned_alloc(8, ((size_t)size + 7) / 8 * 8 + 8);
	if (!room) __builtin_trap();
	return (uint32_t)(uintptr_t)room;
}

uint64_t sbx_run_v1(uint32_t pointer, uint32_t length) {
	sbx_question *q = sbx_room(sizeof *q);
	uint32_t section;
	q->bytes = (const uint8_t *)(uintptr_t)pointer, q->length = length;
	sbx_must(length >= 16 && memcmp(q->bytes, "SBX1", 4) == 0 && sbx_u32(q->bytes + 8) == length);
	q->strings = sbx_section(q, "STRS", &q->strings_length);
	q->columns = sbx_section(q, "COLS", &section);
	q->column_count = section / 32;
	q->parameters = sbx_section(q, "PARM", &section);
	q->parameter_count = section / 32;
	if (q->column_count) q->rows = sbx_u32(q->columns + 24);
	const uint8_t *measure = sbx_section(q, "MEAS", &section);
	sbx_must(section >= 16);
	q->measure = sbx_text_at(q, measure);
	q->entry = sbx_text_at(q, measure + 8);
	sbx_read_series(q);
	for (const sbx_entry *e = sbx_entries; e->name; e++) {
		if (!sbx_is(q->entry, e->name)) continue;
		e->compute(q);
		return sbx_write(q);
	}
	char *why = sbx_room(q->entry.length + 64), *end = sbx_append(why, "this plugin has no entry \"");
	if (q->entry.length) memcpy(end, q->entry.at, q->entry.length);
	sbx_append(end + q->entry.length, "\"");
	sbx_unsupported(q, why);
	return sbx_write(q);
}

#endif
