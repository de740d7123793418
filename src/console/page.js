// What stands around the desk: notices, the state of the data, help, the look, the clipboard.

import { askJson, Failure, recall, remember } from "./desk.js";
import { element } from "./text.js";
import { word } from "./words.js";

const HEALTH_EVERY_MS = 10_000;
const NOTICE_MS = 2_500;
/// What is told to a screen reader waits until typing pauses.
const TELL_AFTER_MS = 350;

const byId = (id) => document.getElementById(id);

let telling = null;
/// Tells a screen reader; what waits to be told is not, where something newer is.
export function tell(texts, after = TELL_AFTER_MS) {
  clearTimeout(telling);
  const say = () => { byId("live").textContent = texts.filter(Boolean).join("\n"); };
  if (after === 0) say();
  else telling = setTimeout(say, after);
}

/// What is told of one thing line by line, as more of it becomes known.
export class Told {
  lines = [];

  begin() {
    this.lines = [];
  }

  /// What was told holds no more, and stands nowhere.
  end() {
    this.begin();
    tell([], 0);
  }

  /// Tells those of `lines` that were not told yet; all of them, where something that was told is true no more.
  tell(lines) {
    const holds = this.lines.every((line) => lines.includes(line));
    const news = holds ? lines.filter((line) => !this.lines.includes(line)) : lines;
    this.lines = lines;
    if (news.length > 0) tell(news, 0);
  }
}

let noticing = null;
/// Shows a short notice, and tells it.
export function notice(text) {
  byId("notice").textContent = text;
  byId("notice").dataset.shown = "true";
  clearTimeout(noticing);
  noticing = setTimeout(() => { byId("notice").dataset.shown = "false"; }, NOTICE_MS);
  tell([text], 0);
}

/// How the desk stands: asked now and then, and after a connection was lost.
export const health = {
  timer: null,
  draw(name, text) {
    const before = byId("health").dataset.state;
    byId("health").dataset.state = name;
    byId("health").textContent = text;
    // Who cannot see it hears that the server is away, and that it is back.
    if (before !== name && [before, name].some((state) => state === "lost" || state === "bad")) tell([text]);
  },
  lost(is) {
    if (is) this.draw("lost", word("health_lost"));
    else if (byId("health").dataset.state === "lost") this.look();
  },
  async look() {
    clearTimeout(this.timer);
    try {
      const told = await askJson("/readyz");
      const lag = told.lag_batches ?? 0;
      if (!told.ready) this.draw("bad", word(lag > 0 ? "health_behind" : "health_not_ready", lag));
      else this.draw(lag > 0 ? "behind" : "ready", lag > 0 ? word("health_behind", lag) : word("health_ready"));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.draw("lost", word("health_lost"));
    }
    this.timer = setTimeout(() => this.look(), HEALTH_EVERY_MS);
  },
};

const KEYS = [
  ["abc …", "key_type"], ["↑ ↓", "key_choose"], ["Enter", "key_enter"], ["Alt 1 … 9 0", "key_digit"], ["↓ 2", "key_arrow_digit"],
  ["Esc", "key_escape"], ["abc …", "key_overwrite"], ["End", "key_end"], ["→", "key_right"], ["←", "key_left"],
  ["Alt L", "key_locality"], ["Alt K", "key_category"], ["Backspace", "key_backspace"], ["Alt C", "key_copy"], ["Alt S", "key_speech"],
  ["↓ Enter", "key_calls"], ["Alt X", "clear"], ["Alt R", "changes"], ["Alt O", "office"],
];

/// Shows what each key does.
export function help() {
  byId("keys").replaceChildren(...KEYS.map(([key, text]) => element("div", {},
    element("dt", {}, element("kbd", {}, key)), element("dd", {}, word(text)))));
  byId("help").showModal();
}

/// Light, dark, or as the system has it.
export function setTheme(wanted) {
  document.documentElement.dataset.theme = wanted;
  byId("theme").value = wanted;
}

/// Puts `text` on the clipboard.
export async function copyText(text) {
  const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
  await written.catch(() => copyByHand(text));
}

/// For pages that came without TLS, where there is no clipboard to write to.
function copyByHand(text) {
  const area = element("textarea", { class: "heard", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused.focus();
  if (!done) throw new Error("not copied");
}

/// Applies the setting `id` as it was left, and whenever another is picked.
export function followSetting(id, apply, first) {
  apply(recall(localStorage, id, first));
  byId(id).addEventListener("change", (event) => {
    remember(localStorage, id, event.target.value);
    apply(event.target.value);
  });
}
