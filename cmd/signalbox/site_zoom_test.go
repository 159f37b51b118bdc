package main

import (
	"testing"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// liveChart is what the script has drawn after its button was pressed.
type liveChart struct {
	Button, Status string
	Points         int      // that the page says were measured
	Missing        []string // points that have no symbol where they lie
}

// pressZoom presses the button, waits for the drawing, and looks for a symbol
// at the place of each point.
const pressZoom = `(async () => {
	const figure = document.querySelector("figure"), button = figure.querySelector("button");
	if (!button) return {button: "none"};
	button.click();
	for (let i = 0; i < 200 && button.textContent !== "Back to the plain chart"; i++) await new Promise(r => setTimeout(r, 25));
	await new Promise(r => setTimeout(r, 50));
	const live = JSON.parse(figure.querySelector("script[data-chart]").textContent);
	const room = figure.querySelector(".live-room");
	if (!room) return {button: button.textContent, status: figure.querySelector("[role=status]").textContent};
	const chart = echarts.getInstanceByDom(room), options = chart.getOption(), at = room.getBoundingClientRect();
	const symbols = [...room.querySelectorAll("svg path")].map(p => p.getBoundingClientRect())
		.filter(r => r.width >= 3 && r.width <= 24 && r.height >= 3 && r.height <= 24)
		.map(r => [r.left + r.width / 2 - at.left, r.top + r.height / 2 - at.top]);
	const missing = live.points.filter(p => {
		let value = options.series[p.series].data[p.index];
		value = value?.value ?? value;
		const [x, y] = chart.convertToPixel({seriesIndex: p.series}, Array.isArray(value) ? value : [p.index, value]);
		return !symbols.some(s => Math.abs(s[0] - x) < 3 && Math.abs(s[1] - y) < 4);
	});
	return {button: button.textContent, status: figure.querySelector("[role=status]").textContent, points: live.points.length, missing: missing.map(p => p.text)};
})()`

func TestZoomDrawsEveryPointWithinTheStrictPolicy(t *testing.T) {
	s, b := site(t), eyes(t)
	for _, p := range sitePages {
		if !p.chart {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			b.Look(t, views[0])
			p.open(t, s, b)
			got := browsertest.Eval[liveChart](t, b, pressZoom)
			if got.Button != "Back to the plain chart" || got.Points < 3 {
				t.Errorf("after the button the figure has %+v", got)
			}
			for _, point := range got.Missing {
				t.Errorf("no symbol for %s", point)
			}
			for _, complaint := range b.Complaints(t) {
				t.Errorf("the browser complains: %s", complaint)
			}
		})
	}
	if t.Failed() {
		return
	}
	for _, found := range b.Axe(t, "figure") {
		t.Errorf("axe on the live chart: %s", found)
	}
}
