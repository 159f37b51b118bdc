// The editor of policies, where a browser has scripts: it checks while its author
// types, numbers the lines, and leads from a finding to its line. Without this
// script the same form does the same when it is sent.

(() => {
  "use strict";

  const form = document.querySelector("form.editor");
  if (!form) return;
  const findings = form.querySelector("#findings");
  const status = form.querySelector("#checking");
  const said = status.textContent;
  const pause = 900; // ms without a key before anything is asked

  // number keeps a column of line numbers beside a text area. The column is for
  // eyes only: whoever listens is told file and line by each finding.
  function number(area) {
    const frame = document.createElement("div");
    const column = document.createElement("pre");
    frame.className = "numbered";
    column.className = "numbers";
    column.setAttribute("aria-hidden", "true");
    area.before(frame);
    frame.append(column, area);
    const count = () => {
      const lines = area.value.split("\n").length;
      if (Number(column.dataset.lines) === lines) return;
      column.dataset.lines = lines;
      column.textContent = Array.from({ length: lines }, (_, i) => i + 1).join("\n");
    };
    const follow = () => { column.scrollTop = area.scrollTop; };
    area.addEventListener("input", count);
    area.addEventListener("scroll", follow);
    count();
  }

  // jump puts the cursor on a line, selects it and brings it into view.
  function jump(area, line) {
    const lines = area.value.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    area.focus();
    area.setSelectionRange(before, before + (lines[line - 1] ?? "").length);
    const height = area.scrollHeight / Math.max(lines.length, 1);
    area.scrollTop = Math.max(0, (line - 4) * height);
    area.scrollIntoView({ block: "nearest" });
  }

  let waiting, asking, asked = "";

  async function check() {
    const body = new URLSearchParams(new FormData(form));
    body.delete("title");
    if (body.toString() === asked) return;
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    status.textContent = "Checking what stands here …";
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body, signal: mine.signal, headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      if (mine.signal.aborted) return;
      asked = body.toString();
      findings.innerHTML = text;
      form.querySelectorAll("ul.findings").forEach((old) => old.remove());
      status.textContent = "Checked as it stands here. " + said;
    } catch (problem) {
      if (problem.name !== "AbortError") status.textContent = "It could not be checked just now. Save and check does the same. " + said;
    }
  }

  form.querySelectorAll("textarea.code").forEach(number);
  form.addEventListener("input", (event) => {
    if (event.target.id === "title") return;
    clearTimeout(waiting);
    waiting = setTimeout(check, pause);
  });
  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    const area = link && document.getElementById(link.hash.slice(1));
    const line = link && Number(link.dataset.line);
    if (!area || !line) return;
    event.preventDefault();
    jump(area, line);
  });
})();
