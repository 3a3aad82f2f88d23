/**
 * The console's own script, for what a page can't do by itself: times in the viewer's zone, plots, and a word when nothing is heard any more.
 * Everything that can be read or done is there without it.
 */
(() => {
  /** Nothing heard for so long is told, ms; and then the page asks by itself every so often. */
  const STALE_MS = 15_000;
  const POLL_MS = 5_000;
  const HOUR_MS = 3_600_000;
  const DAY_MS = 86_400_000;
  /** Each series by its name, the lowest of a column first. */
  const COLORS = {
    succeeded: "#2e7d4f",
    failed: "#b3261e",
    unknown: "#9a6700",
    cancelled: "#6b7280",
    answered: "#2f6feb",
    charged: "#2f6feb",
    wasted: "#b3261e",
    uncertain: "#9a6700",
    projected: "#8fa3bf",
  };
  const zone = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  let heardAtMs = Date.now();
  let askedAtMs = Date.now();
  /** Whether something changed that the page doesn't show yet. */
  let isBehind = false;

  /** A time as its viewer says it. */
  function tellTime(element) {
    const at = new Date(element.getAttribute("datetime") ?? "");
    const agoMs = Date.now() - at.getTime();
    if (Number.isNaN(agoMs)) return;
    const text = agoMs >= 0 && agoMs < HOUR_MS ? ago(agoMs) : zone.format(at);
    if (element.textContent !== text) element.textContent = text;
  }

  function ago(ms) {
    const seconds = Math.floor(ms / 1_000);
    if (seconds < 60) return `${seconds} s ago`;
    return `${Math.floor(seconds / 60)} min ago`;
  }

  function tellTimes() {
    for (const element of document.querySelectorAll("time")) tellTime(element);
  }

  /** The series of a plot: each on top of the ones before it. */
  function seriesOf(data) {
    const names = Object.keys(COLORS).filter((name) => Array.isArray(data[name]));
    const length = data[names[0]]?.length ?? 0;
    const sums = new Array(length).fill(0);
    const stacked = names.map((name) => {
      for (let at = 0; at < length; at++) sums[at] += data[name][at];
      return { name, values: [...sums] };
    });
    const xs = Array.from({ length }, (_none, at) => (data.fromMs + at * data.bucketMs) / 1_000);
    // The newest column ends when its time does.
    const ends = [xs[0], (data.fromMs + length * data.bucketMs) / 1_000];
    return { xs, ends, stacked: stacked.reverse() };
  }

  /** A line across a plot at a height of its own; such as a budget. */
  function drawLine({ ctx, bbox, valToPos }, { height, colour }) {
    const y = Math.round(valToPos(height, "y", true));
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  function draw(element) {
    const points = element.dataset.points ?? "";
    const width = element.clientWidth;
    if (width === 0 || (element.plotted === points && element.plot?.width === width)) return;
    const data = JSON.parse(points);
    const { xs, ends, stacked } = seriesOf(data);
    const line = data.line ?? null;
    const colour = getComputedStyle(element).color;
    const axis = { stroke: colour, grid: { show: false }, ticks: { stroke: colour } };
    const series = stacked.map(({ name }) => ({
      label: name,
      fill: COLORS[name],
      stroke: COLORS[name],
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars({ size: [0.9], align: 1 }),
    }));
    const options = {
      width,
      height: 120,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: true, range: () => ends }, y: { range: (_plot, _least, most) => [0, Math.max(1, most ?? 1, line ?? 0)] } },
      axes: [axis, { ...axis, size: 48 }],
      series: [{}, ...series],
      hooks: { draw: line === null ? [] : [(plot) => drawLine(plot, { height: line, colour })] },
      // Days are counted in UTC, by whatever clock their viewer lives.
      ...(data.bucketMs === DAY_MS ? { tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC") } : {}),
    };
    element.plot?.destroy();
    element.plot = new uPlot(options, [xs, ...stacked.map(({ values }) => values)], element);
    element.plotted = points;
  }

  function drawAll() {
    for (const element of document.querySelectorAll(".plot")) draw(element);
  }

  /** Whether somebody is about to type into the page: then it is left as it is. */
  function isTyping() {
    const page = document.getElementById("page");
    const fields = [...(page?.querySelectorAll("input:not([type=hidden])") ?? [])];
    return fields.some((field) => field === document.activeElement || field.value !== field.defaultValue);
  }

  /** Reads the page anew, and puts in what changed; once nobody types and somebody looks. */
  function reload() {
    isBehind = isTyping() || document.hidden;
    if (isBehind) return;
    htmx.ajax("GET", location.pathname + location.search, { target: "#page", select: "#page", swap: "outerMorph" });
  }

  function heard() {
    heardAtMs = Date.now();
  }

  function look() {
    tellTimes();
    const live = document.getElementById("live");
    if (live === null || document.hidden) return;
    const silentMs = Date.now() - heardAtMs;
    const isStale = silentMs > STALE_MS;
    document.body.classList.toggle("stale", isStale);
    const note = document.getElementById("stale");
    if (note !== null) note.hidden = !isStale;
    if (isBehind) reload();
    if (silentMs > POLL_MS * 2 && Date.now() - askedAtMs > POLL_MS) {
      askedAtMs = Date.now();
      reload();
    }
  }

  // The word on what was done is said once: the address that is kept, and sent to others, has no part in it.
  const address = new URL(location.href);
  if (address.searchParams.has("said")) {
    address.searchParams.delete("said");
    history.replaceState(history.state, "", address);
  }
  document.addEventListener("htmx:sse:before:message", (event) => {
    heard();
    const { data } = event.detail.message;
    if (!data.includes('hx-target="#page"') || !isTyping()) return;
    event.preventDefault();
    isBehind = true;
  });
  // A piece that the stream brought is the same for all who look, so its forms have no token of this session.
  document.addEventListener("submit", ({ target: form }) => {
    if (form.method !== "post" || form.elements.namedItem("csrf") !== null) return;
    const token = document.querySelector("footer input[name=csrf]");
    if (token !== null) form.append(token.cloneNode());
  });
  // A file goes as it is, however large; the page that comes back takes this one's place.
  async function sendFile(form) {
    const [file] = form.querySelector("input[type=file]").files;
    const state = form.querySelector("[data-send-state]");
    state.textContent = "The list is being read ...";
    const type = /\.(nd)?jsonl?$/i.test(file.name) ? "application/x-ndjson" : "text/csv";
    const token = document.querySelector("footer input[name=csrf]").value;
    const headers = { "content-type": type, "x-csrf-token": token };
    const answer = await fetch(form.dataset.sendFile, { method: "POST", headers, body: file }).catch(() => null);
    if (answer === null) {
      state.textContent = "It could not be sent: is the network there? The same file may be sent again.";
      return;
    }
    document.querySelector(".said")?.remove();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
    document.getElementById("page").replaceChildren(...page.childNodes);
    showForms();
    tellTimes();
  }

  /** Forms that need this script are shown by it. */
  function showForms() {
    for (const form of document.querySelectorAll("form[data-send-file]")) {
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        void sendFile(form);
      });
    }
  }
  showForms();
  document.addEventListener("changed", reload);
  document.addEventListener("htmx:after:swap", () => {
    tellTimes();
    drawAll();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    heard();
    // Nothing was told meanwhile.
    isBehind = true;
  });
  addEventListener("resize", drawAll);
  tellTimes();
  drawAll();
  setInterval(look, 1_000);
})();
