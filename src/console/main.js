// The console: one box that keeps the keyboard, lists chosen from by key, the answer, the next call.

import { action, announcement, captionsOf, drawCaption, factsOf, numberGiven } from "./answer.js";
import { ChangesPage } from "./changes.js";
import { Choices } from "./choices.js";
import { askAhead, askJson, askLookup, Failure, Newest, recall, remember } from "./desk.js";
import { OfficePage } from "./office.js";
import { followSetting, health, help, notice, setTheme, tell } from "./page.js";
import { drawCall, drawChoice, drawHit } from "./rows.js";
import { saying } from "./saying.js";
import { startSession, tellChoice } from "./session.js";
import { beginShift, seen } from "./shift.js";
import { element, numberShown, shown, textAfter } from "./text.js";
import { language, languageOfBrowser, speak, word } from "./words.js";

const HITS_SHOWN = 10;
const HITS_MAX = 50;
const CALLS_KEPT = 100;
const RETRY_MS = 1_000;

const byId = (id) => document.getElementById(id);
const box = byId("box");
const search = new Newest();
const details = new Newest();
const pages = { changes: new ChangesPage(), office: new OfficePage() };

const state = {
  /// Hits as they are shown, and how many are asked for.
  hits: [],
  limit: HITS_SHOWN,
  truncated: false,
  narrowed: { locality: null, category: null },
  /// The field a narrowing is picked for, while it is.
  narrowing: null,
  /// The hit to show as soon as the answer to what is typed has come.
  awaited: null,
  /// The call that is answered: its hit and, once it came, the whole listing.
  answer: null,
  /// The list Enter chooses from: hits, calls, choices or captions.
  list: null,
  /// An arrow key was pressed last: digits choose.
  choosing: false,
  calls: recall(sessionStorage, "calls", []),
  retry: null,
};

const lists = {
  hits: new Choices(byId("hits"), drawHit, (_, at) => show(at)),
  calls: new Choices(byId("calls"), drawCall, (call) => answerWith(call.hit)),
  choices: new Choices(byId("choices"), drawChoice, narrowTo),
  captions: null,
};

// ---- asking ----

function lookup(keep = -1) {
  clearTimeout(state.retry);
  const q = box.value.trim();
  if (q === "") {
    search.drop();
    drawHits({ hits: [], truncated: false });
    return;
  }
  const parameters = { q, limit: state.limit, ...state.narrowed };
  search.ask((options) => askLookup(parameters, options), (json) => {
    seen(json.seq);
    drawHits(json, keep);
    health.lost(false);
  }, (failure) => {
    failed(failure);
    if (failure.status === 0 || failure.status === 503 || failure.status === 429) {
      state.retry = setTimeout(() => lookup(keep), (failure.retryAfter ?? 1) * RETRY_MS);
    }
  });
}

function failed(failure) {
  if (failure.status === 0) health.lost(true);
  else notice(word("failed", failure.message));
}

// ---- hits ----

function drawHits(json, keep = -1) {
  state.hits = json.hits;
  state.truncated = json.truncated;
  lists.hits.set(json.hits, Math.max(keep, 0));
  byId("hits").dataset.query = json.query ?? "";
  const typed = box.value.trim();
  const none = typed !== "" && json.hits.length === 0;
  const narrowed = state.narrowed.locality || state.narrowed.category;
  byId("none").hidden = !none;
  byId("none").textContent = none ? word(narrowed ? "none_narrowed" : "none", typed) : "";
  const more = json.hits.length === state.limit && state.limit < HITS_MAX;
  const count = typed === "" ? "" : word(more ? "count_more" : "count", json.hits.length);
  byId("count").textContent = [count, json.truncated && word("truncated")].filter(Boolean).join(" · ");
  listOfBox();
  tell([none ? byId("none").textContent : byId("count").textContent]);
  if (state.awaited !== null) {
    const at = state.awaited;
    state.awaited = null;
    if (json.hits[at]) show(at);
  }
}

// ---- the answer ----

/// Shows hit `at`, or waits for it where what was typed is not answered yet.
function show(at) {
  if (!search.fresh) {
    state.awaited = at;
    return;
  }
  const hit = state.hits[at];
  if (!hit) return;
  lists.hits.activate(at);
  tellChoice(byId("hits").dataset.query, hit.id, at + 1);
  answerWith(hit);
}

function answerWith(hit) {
  closeNarrow();
  state.answer = { hit, view: null };
  saying.begin(hit.id);
  drawAnswer();
  rememberCall(hit);
  // What is typed next is the next call.
  box.focus();
  box.select();
  details.ask((options) => askJson(`/v1/listings/${encodeURIComponent(hit.id)}`, {}, options), (view) => {
    seen(view.seq);
    state.answer.view = view;
    drawAnswer();
    rememberCall(hit);
  }, failed);
}

function drawAnswer() {
  const { hit, view } = state.answer;
  const title = element("h3", { id: "answer-name" }, shown(hit.name));
  const tree = element("ul", { id: "captions", role: "tree", "aria-labelledby": "captions-title" });
  const captions = captionsOf(view?.captions, hit.name);
  const alike = hit.confusable ? state.hits.filter((other) => other.id !== hit.id && other.name === hit.name) : [];
  const children = [
    element("div", { class: "announcement" }, title, announcement(hit, view).filter(Boolean)),
    hit.confusable && element("div", { class: "alike" }, word("confusable_say"),
      element("ul", {}, alike.map((other) => element("li", {}, shown(other.locality), " ", shown(other.address), " ",
        other.status === "listed" && other.phones[0] && numberShown(other.phones[0].number))))),
    factsOf(hit, view),
    element("div", { id: "spoken", hidden: "" }),
    element("p", { class: "actions" },
      action("copy", "Alt C", "Alt+C", () => saying.copy()), action("speech", "Alt S", "Alt+S", () => saying.next()), action("next_call", "Esc", "Escape", nextCall)),
    captions.length > 0 && element("h4", { id: "captions-title" }, word("captions", captions.length), " ", element("kbd", {}, "→")),
    captions.length > 0 && tree,
  ];
  const answer = byId("answer");
  answer.replaceChildren(...children.filter(Boolean));
  answer.hidden = false;
  answer.dataset.id = hit.id;
  answer.dataset.whole = String(view !== null);
  const treeHad = state.list === "captions";
  lists.captions = new Choices(tree, (caption, _, option) => drawCaption(caption, option), (caption) => open(caption.id));
  lists.captions.set(captions, 0);
  if (treeHad && captions.length > 0) useList("captions");
  else listOfBox();
  byId("calls-section").hidden = true;
  saying.draw();
  const heard = [...answer.querySelectorAll(".announcement .say, .announcement .large .heard")].map((node) => node.textContent);
  tell([hit.name, ...heard, hit.confusable && word("confusable_say")], 0);
}

/// Shows the listing `id`, which is no hit: a caption, or what a caption stands under.
async function open(id) {
  try {
    const view = await askJson(`/v1/listings/${encodeURIComponent(id)}`);
    const { listing } = view;
    answerWith({
      ...listing, phones: listing.phones ?? [], status: listing.status ?? "listed", referral: listing.referral ?? null,
      parent: view.parents[0] ?? null, match: null, matched: null, confusable: false, resting: view.resting,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failed(error);
  }
}

function closeAnswer() {
  details.drop();
  saying.end();
  state.answer = null;
  const answer = byId("answer");
  answer.hidden = true;
  answer.replaceChildren();
  delete answer.dataset.id;
  delete answer.dataset.whole;
  byId("calls-section").hidden = false;
}

// ---- calls of this shift ----

function rememberCall(hit) {
  const number = numberGiven(hit, state.answer.view);
  const others = state.calls.filter((call) => call.hit.id !== hit.id);
  state.calls = [{ time: Date.now(), number, hit }, ...others].slice(0, CALLS_KEPT);
  remember(sessionStorage, "calls", state.calls);
  drawCalls();
}

function drawCalls() {
  lists.calls.set(state.calls, 0);
  byId("calls-none").hidden = state.calls.length > 0;
  byId("calls-clear").hidden = state.calls.length === 0;
}

function clearCalls() {
  state.calls = [];
  remember(sessionStorage, "calls", []);
  drawCalls();
}

// ---- narrowing ----

async function openNarrow(field) {
  const q = box.value.trim();
  if (q === "") {
    notice(word("narrow_empty"));
    return;
  }
  const parameters = { q, limit: HITS_MAX, ...state.narrowed, [field]: null };
  try {
    const { hits } = await askLookup(parameters);
    if (q !== box.value.trim()) return;
    const counts = new Map();
    for (const hit of hits) if (hit[field]) counts.set(hit[field], (counts.get(hit[field]) ?? 0) + 1);
    const items = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
    if (state.narrowed[field]) items.push({ value: null, count: null });
    state.narrowing = field;
    byId("narrow").hidden = false;
    byId("narrow-title").textContent = word(`narrow_${field}`);
    lists.choices.set(items, 0);
    useList("choices");
    tell([word(`narrow_${field}`), ...items.slice(0, 9).map((item, at) => `${at + 1} ${item.value ?? word("narrow_all")}`)], 0);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failed(error);
  }
}

function narrowTo(item) {
  state.narrowed[state.narrowing] = item.value;
  closeNarrow();
  closeAnswer();
  drawNarrowed();
  lookup();
}

function closeNarrow() {
  if (!state.narrowing) return;
  state.narrowing = null;
  byId("narrow").hidden = true;
  listOfBox();
}

function drawNarrowed() {
  const chips = Object.entries(state.narrowed).filter(([, value]) => value).map(([field, value]) => {
    const chip = element("button", { type: "button", "aria-label": word("narrow_remove", value) }, shown(value), " ×");
    chip.addEventListener("click", () => unnarrow(field));
    return chip;
  });
  byId("narrowed").replaceChildren(...chips);
}

function unnarrow(field) {
  state.narrowed[field] = null;
  drawNarrowed();
  box.focus();
  lookup();
}

// ---- keys ----

function nextCall() {
  closeNarrow();
  closeAnswer();
  state.narrowed = { locality: null, category: null };
  state.awaited = null;
  state.choosing = false;
  state.limit = HITS_SHOWN;
  drawNarrowed();
  box.value = "";
  box.focus();
  lookup();
}

function typed() {
  state.choosing = false;
  state.awaited = null;
  state.limit = HITS_SHOWN;
  closeNarrow();
  if (state.answer) closeAnswer();
  // Enter means what is typed, whether its answer is there or not.
  listOfBox();
  lookup();
}

function step(by) {
  state.choosing = true;
  const list = lists[state.list];
  const beyond = list.step(by);
  if (beyond && state.list === "hits" && state.hits.length === state.limit && state.limit < HITS_MAX) {
    const next = list.active + 1;
    state.limit = Math.min(state.limit + HITS_SHOWN, HITS_MAX);
    lookup(next);
  }
  pointAtActive();
}

function chooseActive() {
  const list = lists[state.list];
  // Before the answer came, the first hit is meant: nothing else could be seen.
  if (state.list === "hits") show(search.fresh ? Math.max(list.active, 0) : 0);
  else if (list.items[list.active]) list.choose(list.items[list.active], list.active);
}

/// Chooses by digit; 0 is the tenth. Whether the digit was taken.
function chooseByDigit(digit) {
  const at = (Number(digit) + 9) % 10;
  if (state.list === "hits") show(at);
  else if (lists[state.list].items[at]) lists[state.list].choose(lists[state.list].items[at], at);
  else return false;
  return true;
}

const plainKeys = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  PageDown: () => step(5),
  PageUp: () => step(-5),
  Enter: chooseActive,
  F1: () => help(),
};

const altKeys = {
  KeyL: () => openNarrow("locality"),
  KeyK: () => openNarrow("category"),
  KeyC: () => saying.copy(),
  KeyS: () => saying.next(),
  KeyX: clearCalls,
  KeyR: () => goTo("changes"),
  KeyO: () => goTo("office"),
};

function onKey(event) {
  // Keys of an input method are its own.
  if (event.isComposing || event.keyCode === 229 || document.querySelector("dialog[open]")) return;
  const { key, code } = event;
  if (event.altKey && !event.ctrlKey && !event.metaKey) {
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
    if (digit && onDesk()) chooseByDigit(digit);
    else if (altKeys[code] && (onDesk() || /^Key[RO]$/.test(code))) altKeys[code]();
    else return;
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") {
    if (!onDesk()) goTo("");
    else if (state.narrowing) closeNarrow();
    else nextCall();
    event.preventDefault();
    return;
  }
  if (key === "F1") {
    help();
    event.preventDefault();
    return;
  }
  if (!onDesk()) return;
  if (event.target === box) onBoxKey(event);
  else if (key.length === 1 && !event.target.closest("button, select, input, a, summary")) box.focus();
}

function onBoxKey(event) {
  const { key } = event;
  const untouched = box.selectionStart === 0 && box.selectionEnd === box.value.length;
  if (plainKeys[key] && !event.shiftKey) {
    plainKeys[key]();
  } else if (/^[0-9]$/.test(key) && digitsChoose()) {
    if (!chooseByDigit(key)) return;
  } else if (key === "ArrowRight" && state.answer && untouched && state.list !== "captions" && lists.captions?.items.length > 0) {
    useList("captions");
  } else if (key === "ArrowLeft" && state.answer && untouched && !event.shiftKey) {
    goUp();
  } else if (key === "Backspace" && box.value === "" && (state.narrowed.category || state.narrowed.locality)) {
    unnarrow(state.narrowed.category ? "category" : "locality");
  } else {
    return;
  }
  event.preventDefault();
}

/// Digits choose where a narrowing is picked, and behind an arrow key; not while a number is typed.
function digitsChoose() {
  if (state.narrowing) return true;
  return state.choosing && !state.answer && !/^[\d\s+-]+$/.test(box.value);
}

function goUp() {
  if (state.list === "captions") {
    listOfBox();
    return;
  }
  const above = state.answer.view?.parents[0] ?? state.answer.hit.parent;
  if (above) open(above.id);
}

// ---- the page ----

/// What Enter chooses from where nothing else is open: hits, or calls where nothing is typed.
function listOfBox() {
  const idle = box.value.trim() === "";
  byId("desk").dataset.idle = String(idle);
  useList(idle ? "calls" : "hits");
}

function useList(name) {
  state.list = name;
  for (const [key, list] of Object.entries(lists)) list?.node.classList.toggle("used", key === name);
  const { node } = lists[name];
  box.setAttribute("aria-controls", node.id);
  box.setAttribute("aria-haspopup", node.getAttribute("role"));
  box.setAttribute("aria-expanded", String(lists[name].items.length > 0));
  pointAtActive();
}

function pointAtActive() {
  const id = lists[state.list].activeId;
  if (id) box.setAttribute("aria-activedescendant", id);
  else box.removeAttribute("aria-activedescendant");
}

const onDesk = () => !byId("desk").hidden;

function goTo(page) {
  location.hash = page;
}

function turnPage() {
  const page = Object.hasOwn(pages, location.hash.slice(1)) ? location.hash.slice(1) : "desk";
  for (const name of ["desk", ...Object.keys(pages)]) byId(name).hidden = name !== page;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (page === "desk") {
    box.focus();
  } else {
    byId(page).focus();
    pages[page].open();
  }
}

function setLanguage(wanted) {
  speak(wanted);
  byId("language").value = language();
  drawNarrowed();
  drawCalls();
  if (state.answer) drawAnswer();
  drawHits({ hits: state.hits, truncated: state.truncated, query: byId("hits").dataset.query }, lists.hits.active);
  if (!onDesk()) turnPage();
  health.look();
}

function start() {
  lists.captions = new Choices(element("ul"), () => [], () => {});
  useList("calls");
  followSetting("theme", setTheme, "auto");
  followSetting("language", setLanguage, languageOfBrowser());
  byId("help-open").addEventListener("click", help);
  byId("calls-clear").addEventListener("click", clearCalls);
  box.addEventListener("beforeinput", (event) => {
    const q = textAfter(box, event)?.trim();
    if (q) askAhead({ q, limit: HITS_SHOWN, ...state.narrowed });
  });
  // A half-composed text is not what is meant: it is looked up once it is whole.
  box.addEventListener("input", (event) => { if (!event.isComposing) typed(); });
  box.addEventListener("compositionend", typed);
  document.addEventListener("keydown", onKey);
  startSession((name) => {
    if (!beginShift(name)) return;
    // What was looked up is not for whoever comes next.
    clearCalls();
    nextCall();
  }, () => {
    health.look();
    if (onDesk()) lookup();
    turnPage();
  });
  addEventListener("hashchange", turnPage);
  turnPage();
  document.documentElement.dataset.started = "true";
}

start();
