// The console: one box that keeps the keyboard, lists chosen from by key, the answer, the next call.

import { action, announcement, asOf, captionsOf, drawCaption, factsOf, nameOnly } from "./answer.js";
import { Calls } from "./calls.js";
import { ChangesPage } from "./changes.js";
import { Choices } from "./choices.js";
import { askAhead, askJson, askLookup, Newest } from "./desk.js";
import { isOwnKey, keepKeyboard } from "./keyboard.js";
import { Narrowing } from "./narrowing.js";
import { OfficePage } from "./office.js";
import { followSetting, health, help, notice, setTheme, tell, Told } from "./page.js";
import { inWords } from "./problem.js";
import { drawCall, drawChoice, drawHit } from "./rows.js";
import { saying } from "./saying.js";
import { startSession, tellChoice } from "./session.js";
import { beginShift, seen } from "./shift.js";
import { element, numberShown, shown, textAfter } from "./text.js";
import { language, languageOfBrowser, speak, word } from "./words.js";

const HITS_SHOWN = 10;
const HITS_MAX = 50;
/// What is awaited where Enter was pressed on a row that arrow keys reached and that is not shown yet.
const REACHED = "reached";

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
  /// While more of the hits that are shown are on their way: the row arrow keys have reached, which may be one of them.
  reached: null,
  /// The hit to show as soon as the answer to what is typed has come.
  awaited: null,
  /// The call that is answered: its hit as it was found, and as it is shown; once it came, the whole listing.
  answer: null,
  /// The list Enter chooses from: hits, calls, choices or captions.
  list: null,
  /// An arrow key was pressed last: digits choose.
  choosing: false,
};

const lists = {
  hits: new Choices(byId("hits"), drawHit, (_, at) => show(at)),
  calls: new Choices(byId("calls"), drawCall, (call) => recallCall(call)),
  choices: new Choices(byId("choices"), drawChoice, (item) => narrowing.pick(item)),
  captions: null,
};
const calls = new Calls(lists.calls);
const told = new Told();
const narrowing = new Narrowing(lists.choices, {
  opens: () => useList("choices"),
  closes: listOfBox,
  picks: () => {
    closeAnswer();
    lookup();
  },
  lifts: () => {
    box.focus();
    lookup();
  },
});

// ---- asking ----

/// Looks up what is typed; where only more of the same hits are wanted, arrow keys have `reached` a row of them.
function lookup(reached = null) {
  state.reached = reached;
  if (reached === null && state.awaited === REACHED) state.awaited = null;
  const q = box.value.trim();
  if (q === "") {
    search.drop();
    drawHits({ hits: [], truncated: false });
    return;
  }
  const parameters = { q, limit: state.limit, ...narrowing.parameters };
  search.ask((options) => askLookup(parameters, options), (json) => {
    seen(json.seq);
    const at = state.reached ?? 0;
    state.reached = null;
    drawHits(json, at);
    health.lost(false);
  }, failed);
}

function failed(failure) {
  if (failure.status === 0) health.lost(true);
  else notice(word("failed", inWords(failure)));
}

// ---- hits ----

function drawHits(json, at = 0) {
  state.hits = json.hits;
  state.truncated = json.truncated;
  lists.hits.set(json.hits, Math.max(at, 0));
  byId("hits").dataset.query = json.query ?? "";
  const typed = box.value.trim();
  const none = typed !== "" && json.hits.length === 0;
  byId("none").hidden = !none;
  byId("none").textContent = none ? word(narrowing.isNarrow ? "none_narrowed" : "none", typed) : "";
  // As many as were asked for may not be all there are.
  const more = json.hits.length === state.limit;
  const count = typed === "" ? "" : word(more ? "count_more" : "count", json.hits.length);
  byId("count").textContent = [count, json.truncated && word("truncated")].filter(Boolean).join(" · ");
  // What is picked from beside the hits stays so, though more of them came.
  if (state.list !== "choices" && state.list !== "captions") listOfBox();
  tell([none ? byId("none").textContent : byId("count").textContent]);
  if (state.awaited !== null) {
    const awaited = state.awaited === REACHED ? lists.hits.active : state.awaited;
    state.awaited = null;
    if (json.hits[awaited]) show(awaited);
  }
}

// ---- the answer ----

/// Shows hit `at`, or waits for it where what was typed is not answered yet.
function show(at) {
  // Where only more of the hits are on their way, those that are shown are what they are.
  const isShown = search.fresh || (state.reached !== null && at < state.hits.length);
  if (!isShown) {
    state.awaited = at;
    return;
  }
  const hit = state.hits[at];
  if (!hit) return;
  if (state.reached !== null) state.reached = at;
  lists.hits.activate(at);
  tellChoice(byId("hits").dataset.query, hit.id, at + 1);
  begin({ found: hit, hit, view: null });
  calls.remember(hit);
  askWhole(hit);
}

/// Answers `call` once more. Its number is not shown until its listing says what that is now.
function recallCall(call) {
  begin({ found: call.hit, hit: nameOnly(call.hit, "checking"), view: null });
  askWhole(call.hit);
}

/// Shows `answer` as that to the call there is.
function begin(answer) {
  narrowing.close();
  state.answer = answer;
  told.begin();
  saying.begin(answer.hit.id);
  drawAnswer();
  // What is typed next is the next call.
  box.focus();
  box.select();
}

const wholeListing = (id) => (options) => askJson(`/v1/listings/${encodeURIComponent(id)}`, {}, options);

/// Asks for the whole listing of what is shown, and shows it as it is now.
function askWhole(found) {
  details.ask(wholeListing(found.id), (view) => {
    seen(view.seq);
    state.answer = { found, hit: asOf(found, view), view };
    drawAnswer();
    calls.remember(state.answer.hit);
  }, (failure) => {
    if (failure.status !== 404) {
      failed(failure);
      return;
    }
    state.answer = { found, hit: nameOnly(found, "gone"), view: null };
    saying.end();
    drawAnswer();
    calls.remember(state.answer.hit);
  });
}

/// Shows the listing `id`, which is no hit: a caption, or what a caption stands under. Whatever comes next is not held up.
function open(id) {
  details.ask(wholeListing(id), (view) => {
    seen(view.seq);
    const found = { id, match: null, matched: null, confusable: false };
    begin({ found, hit: asOf(found, view), view });
    calls.remember(state.answer.hit);
  }, (failure) => {
    failed(failure);
    if (!failure.mayPass) askAgain();
  });
}

/// Asks for the rest of an answer that did not come whole.
function askAgain() {
  if (state.answer?.view === null) askWhole(state.answer.found);
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
        other.status === "listed" && other.phones[0] && numberShown(other.phones[0].number, other.phones[0].ext))))),
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
  told.tell([hit.name, ...heard, hit.confusable && word("confusable_say")].filter(Boolean));
}

function closeAnswer() {
  details.drop();
  if (state.answer) told.end();
  saying.end();
  state.answer = null;
  const answer = byId("answer");
  answer.hidden = true;
  answer.replaceChildren();
  delete answer.dataset.id;
  delete answer.dataset.whole;
  byId("calls-section").hidden = false;
}

// ---- keys ----

function nextCall() {
  composes(false);
  narrowing.close();
  narrowing.clear();
  closeAnswer();
  state.awaited = null;
  state.choosing = false;
  state.limit = HITS_SHOWN;
  box.value = "";
  box.focus();
  lookup();
}

function typed() {
  composes(false);
  state.choosing = false;
  state.awaited = null;
  state.limit = HITS_SHOWN;
  narrowing.close();
  if (state.answer) closeAnswer();
  // Enter means what is typed, whether its answer is there or not.
  listOfBox();
  lookup();
}

/// Whether an input method is at work on what is typed: until it is done, the hits that are shown are those of something else.
function composes(is) {
  byId("desk").dataset.composing = String(is);
}

/// An input method begins: what it makes is looked up once it is whole, but the next call has begun.
function composed() {
  composes(true);
  search.drop();
  state.awaited = null;
  state.reached = null;
  state.choosing = false;
  narrowing.close();
  if (state.answer) closeAnswer();
  listOfBox();
}

function step(by) {
  state.choosing = true;
  const list = lists[state.list];
  const isOfHits = state.list === "hits";
  const wanted = Math.max(0, ((isOfHits ? state.reached : null) ?? list.active) + by);
  list.activate(Math.min(wanted, list.items.length - 1));
  if (isOfHits && state.reached !== null) {
    state.reached = wanted;
  } else if (isOfHits && wanted >= state.hits.length && search.fresh && state.hits.length === state.limit && state.limit < HITS_MAX) {
    state.limit = Math.min(state.limit + HITS_SHOWN, HITS_MAX);
    lookup(wanted);
  }
  pointAtActive();
}

function chooseActive() {
  const list = lists[state.list];
  if (state.list === "hits") chooseHit();
  else if (list.items[list.active]) list.choose(list.items[list.active], list.active);
}

function chooseHit() {
  if (state.reached !== null && state.reached >= state.hits.length) state.awaited = REACHED;
  // Before the answer came, the first hit is meant: nothing else could be seen.
  else show(search.fresh || state.reached !== null ? Math.max(lists.hits.active, 0) : 0);
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

const openNarrow = (field) => narrowing.open(field, box.value.trim(), failed);

const altKeys = {
  KeyL: () => openNarrow("locality"),
  KeyK: () => openNarrow("category"),
  KeyC: () => saying.copy(),
  KeyS: () => saying.next(),
  KeyX: () => calls.clear(),
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
    else if (narrowing.field) narrowing.close();
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
  else if (key.length === 1 && !isOwnKey(key, event.target)) box.focus();
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
  } else if (key === "Backspace" && box.value === "" && narrowing.isNarrow) {
    narrowing.lift();
  } else {
    return;
  }
  event.preventDefault();
}

/// Digits choose where a narrowing is picked, and behind an arrow key; not while a number is typed.
function digitsChoose() {
  if (narrowing.field) return true;
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
  narrowing.draw();
  calls.draw();
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
  byId("calls-clear").addEventListener("click", () => calls.clear());
  box.addEventListener("beforeinput", (event) => {
    const q = textAfter(box, event)?.trim();
    if (q) askAhead({ q, limit: HITS_SHOWN, ...narrowing.parameters });
  });
  // A half-composed text is not what is meant: it is looked up once it is whole.
  box.addEventListener("input", (event) => { if (!event.isComposing) typed(); });
  box.addEventListener("compositionstart", composed);
  box.addEventListener("compositionend", typed);
  keepKeyboard(box);
  document.addEventListener("keydown", onKey);
  startSession((name) => {
    if (!beginShift(name)) return;
    // What was looked up is not for whoever comes next.
    calls.clear();
    nextCall();
  }, () => {
    health.look();
    if (onDesk()) lookup();
    askAgain();
    turnPage();
  });
  addEventListener("hashchange", turnPage);
  turnPage();
  document.documentElement.dataset.started = "true";
}

start();
