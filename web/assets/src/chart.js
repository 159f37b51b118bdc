// Zoom and hover for charts. The server has already drawn each chart as SVG and
// the table below it holds every value: nothing depends on this script. It adds
// one button to a figure that carries its options as JSON; ECharts is fetched
// when a reader presses it, and not before.

(() => {
  "use strict";

  const library = document.currentScript.dataset.echarts;
  let loading;

  // load fetches ECharts once, however many figures ask for it.
  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = () => resolve(window.echarts);
      script.onerror = () => {
        loading = undefined;
        script.remove();
        reject(new Error("the drawing library could not be fetched"));
      };
      document.head.append(script);
    });
    return loading;
  }

  // Functions cannot travel in JSON, so the options name the ones they want.
  // A tooltip says what the point says in the page, and nothing where nothing
  // was measured.
  const formatters = (texts) => ({
    "@axis": (list) => texts.get(list[0]?.dataIndex) ?? "",
  });

  // dress gives a copy of the options in the colours that the page has now,
  // light or dark, and with the named functions in their places.
  function dress(node, style, named) {
    if (Array.isArray(node)) return node.map((child) => dress(child, style, named));
    if (typeof node === "string") {
      if (Object.hasOwn(named, node)) return named[node];
      const token = /^var\((--[a-z0-9-]+)\)$/.exec(node);
      return token ? style.getPropertyValue(token[1]).trim() : node;
    }
    if (node === null || typeof node !== "object") return node;
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, dress(child, style, named)]));
  }

  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  class Live {
    constructor(figure, live) {
      this.figure = figure;
      this.live = live;
      this.named = formatters(new Map(this.live.points.map((p) => [p.index, p.text])));
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.className = "plain-btn screen";
      this.button.textContent = "Zoom and hover";
      this.button.addEventListener("click", () => (this.chart ? this.hide() : this.show()));
      this.said = document.createElement("p");
      this.said.className = "small quiet screen";
      this.said.setAttribute("role", "status");
      figure.append(this.button, this.said);
    }

    async show() {
      this.button.disabled = true;
      try {
        this.draw(await load());
        this.button.textContent = "Back to the plain chart";
        this.said.textContent = "Drag or use the slider to zoom. With the keyboard: left and right move between points.";
      } catch (error) {
        console.warn("chart stays as the server drew it:", error);
        this.hide();
        this.said.textContent = "Zooming does not work here just now. The chart and its table are complete without it.";
      } finally {
        this.button.disabled = false;
      }
    }

    draw(echarts) {
      this.room = document.createElement("div");
      this.room.className = "live";
      this.room.tabIndex = 0;
      this.room.setAttribute("role", "group");
      this.room.setAttribute("aria-label", "Chart to zoom: " + this.live.title);
      // ECharts gives its own element a role and a description; the keys
      // belong to the one around it.
      const inner = document.createElement("div");
      inner.className = "live-room";
      this.room.append(inner);
      this.figure.prepend(this.room);
      this.figure.classList.add("is-live");
      this.chart = echarts.init(inner, null, { renderer: "svg" });
      this.paint();
      this.at = -1;
      this.room.addEventListener("keydown", (event) => this.key(event));
      this.watcher = new ResizeObserver(() => this.chart?.resize());
      this.watcher.observe(this.room);
      this.recolour = () => this.paint();
      dark.addEventListener("change", this.recolour);
    }

    paint() {
      const options = dress(this.live.options, getComputedStyle(document.documentElement), this.named);
      options.animation = options.animation && !still.matches;
      // A phone begins with the last 36 points, as the server's narrow drawing does.
      const count = options.xAxis.data.length;
      if (this.room.clientWidth < 545 && count > 36) {
        for (const zoom of options.dataZoom) zoom.start = 100 * (1 - 36 / count);
      }
      this.chart.setOption(options, { notMerge: true });
    }

    hide() {
      if (this.recolour) dark.removeEventListener("change", this.recolour);
      this.watcher?.disconnect();
      this.chart?.dispose();
      this.room?.remove();
      this.chart = this.room = this.recolour = this.watcher = undefined;
      this.figure.classList.remove("is-live");
      this.button.textContent = "Zoom and hover";
      this.said.textContent = "";
    }

    // key moves between the points and says where it is.
    key(event) {
      const points = this.live.points;
      const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: points.length - 1 }[event.key];
      if (event.key === "Escape") {
        this.chart.dispatchAction({ type: "hideTip" });
        return;
      }
      if (to === undefined || points.length === 0) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(points.length - 1, to));
      const { series, index, text } = points[this.at];
      this.chart.dispatchAction({ type: "showTip", seriesIndex: series, dataIndex: index });
      this.said.textContent = text;
    }
  }

  for (const data of document.querySelectorAll('script[type="application/json"][data-chart]')) {
    const figure = data.closest("figure");
    if (!figure || !library) continue;
    try {
      const live = JSON.parse(data.textContent);
      if (live.points.length > 2) new Live(figure, live); // else there is nothing to zoom into
    } catch (error) {
      console.warn("chart stays as the server drew it:", error);
    }
  }
})();
