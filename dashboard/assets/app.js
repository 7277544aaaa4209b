// What pages gain with JavaScript: they follow what happens, ids can be copied, and
// all rows ticked at once. Nothing here is needed to see or to act.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const main = byId("main");

  // Times relative to now, kept right.
  const units = [[86400 * 2, 86400, "d"], [3600, 3600, "h"], [60, 60, "min"], [0, 1, "s"]];
  const relative = (seconds) => {
    const size = Math.abs(seconds);
    if (size < 1) return "now";
    const [, unit, name] = units.find(([from]) => size >= from);
    const words = Math.floor(size / unit) + " " + name;
    return seconds > 0 ? words + " ago" : "in " + words;
  };
  const updateTimes = () => {
    for (const t of document.querySelectorAll("time[data-rel]")) {
      const words = relative((Date.now() - Date.parse(t.dateTime)) / 1000);
      if (t.textContent !== words) t.textContent = words;
    }
  };

  // Copying ids.
  if (!navigator.clipboard) root.classList.add("no-copy");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    navigator.clipboard.writeText(button.dataset.copy).then(() => {
      button.dataset.copied = "";
      say("Copied");
      setTimeout(() => delete button.dataset.copied, 1500);
    }, () => say("Could not copy"));
  });

  // Ticking rows.
  const all = byId("tick-all"), ticked = byId("ticked");
  const boxes = () => [...document.querySelectorAll("input[name=id][type=checkbox]")];
  const countTicks = () => {
    const every = boxes(), n = every.filter((box) => box.checked).length;
    ticked.textContent = n ? n + " ticked:" : "With the ticked ones:";
    all.checked = n > 0 && n === every.length;
    all.indeterminate = n > 0 && n < every.length;
  };
  if (all) {
    all.addEventListener("change", () => {
      for (const box of boxes()) box.checked = all.checked;
      countTicks();
    });
    document.addEventListener("change", (event) => event.target.name === "id" && countTicks());
    countTicks(); // a page from the history may come with ticks
  }

  // One polite voice, at most every ten seconds.
  let spokenAt = 0;
  const say = (words, now = Date.now()) => {
    byId("spoken").textContent = words;
    spokenAt = now;
  };

  // Following what happens.
  const control = byId("live-control");
  if (!control) return;
  const follow = main.dataset.follow, url = control.dataset.url;
  const toggle = byId("live-toggle"), label = byId("live-state");
  const store = { get: () => { try { return sessionStorage.getItem("jobs-paused") === "1"; } catch { return false; } },
                  set: (on) => { try { sessionStorage.setItem("jobs-paused", on ? "1" : "0"); } catch { /* not allowed here */ } } };
  let paused = store.get(), source = null, polling = 0, failures = 0;
  let version = "", due = false, refreshedAt = Date.now(), heardAt = 0, failed = "";

  const show = () => {
    const stale = !paused && (!heardAt || (source && source.readyState !== EventSource.OPEN));
    const state = paused ? "paused" : !heardAt ? "connecting" : stale ? "stale" : "live";
    if (control.dataset.state !== state) {
      control.dataset.state = state;
      label.textContent = state;
      toggle.setAttribute("aria-pressed", String(paused));
      toggle.setAttribute("aria-label", paused ? "Live updates are paused: resume" : "Live updates are on (" + state + "): pause");
    }
  };
  const hear = (text) => {
    const news = JSON.parse(text);
    heardAt = Date.now();
    failures = 0;
    if (version && news.v !== version) due = true;
    version = news.v;
    for (const spot of document.querySelectorAll("[data-count]")) {
      const n = news.counts[spot.dataset.count];
      if (n !== undefined && spot.textContent !== n) spot.textContent = n;
    }
    if (failed && news.counts.failed !== failed && Date.now() - spokenAt > 10000) say(news.counts.failed + " jobs failed");
    failed = news.counts.failed;
    show();
  };
  const poll = () => fetch(url + "?once=1").then((r) => r.ok ? r.text() : "").then((t) => t && hear(t)).catch(() => { heardAt = 0; });
  const close = () => {
    source?.close();
    source = null;
    clearInterval(polling);
    polling = 0;
  };
  const open = () => {
    close();
    if (paused || document.hidden) return;
    if (failures > 2) {
      poll();
      polling = setInterval(poll, 3000);
      return;
    }
    source = new EventSource(url);
    source.onmessage = (event) => hear(event.data);
    source.onerror = () => {
      failures++;
      if (failures > 2 || source.readyState === EventSource.CLOSED) { failures = 3; open(); }
      show();
    };
  };

  // The page waits while somebody is at work in it.
  const atWork = () => {
    const at = document.activeElement, selection = getSelection();
    return paused || document.hidden ||
      main.contains(at) && at.matches("input:not([type=checkbox]), select, textarea") ||
      follow !== "notice" && selection && !selection.isCollapsed && main.contains(selection.anchorNode);
  };
  const tick = () => {
    updateTimes();
    show();
    if (!follow || atWork() || Date.now() - refreshedAt < 2000) return;
    if (!due && follow !== "always") return;
    due = false;
    refreshedAt = Date.now();
    main.dispatchEvent(new CustomEvent("refresh"));
  };
  toggle.addEventListener("click", () => {
    paused = !paused;
    store.set(paused);
    if (!paused) { due = true; refreshedAt = 0; }
    open();
    show();
  });
  document.addEventListener("visibilitychange", open);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
  show();
  setInterval(tick, 1000);
})();
