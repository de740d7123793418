// Narrowing to a locality or a category, picked by key from those there are.

import { askLookup, askJson, Failure } from "./desk.js";
import { notice, tell } from "./page.js";
import { element, shown } from "./text.js";
import { word } from "./words.js";

/// Hits of one answer at most.
const HITS_MAX = 50;

const byId = (id) => document.getElementById(id);
const nothing = () => ({ locality: null, category: null });

/// What is asked for where exactly this value is meant, and not every one that holds it.
const exactly = (value) => (value === null ? null : `=${value}`);

export class Narrowing {
  /// What is picked stands in `list`. `opens` and `closes` hear that it is picked from, and no more; `picks` and `lifts`
  /// that hits are narrowed otherwise.
  constructor(list, { opens, closes, picks, lifts }) {
    Object.assign(this, { list, opens, closes, picks, lifts });
    this.to = nothing();
    /// The field that is picked for, while one is.
    this.field = null;
    this.asked = 0;
  }

  /// The parameters of a lookup by which it is narrowed.
  get parameters() {
    return { locality: exactly(this.to.locality), category: exactly(this.to.category) };
  }

  get isNarrow() {
    return this.to.locality !== null || this.to.category !== null;
  }

  /// Lets `field` be picked, among the hits of `q`; `isWanted` says whether it still is once the answer has come.
  async open(field, q, failed) {
    if (q === "") {
      notice(word("narrow_empty"));
      return;
    }
    this.asked += 1;
    const { asked } = this;
    try {
      const { hits } = await askLookup({ q, limit: HITS_MAX, ...this.parameters, [field]: null });
      const others = hits.length === HITS_MAX ? (await askJson("/v1/facets"))[field] : [];
      if (asked !== this.asked) return;
      this.offer(field, hits, others);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (asked === this.asked) failed(error);
    }
  }

  /// Offers what `hits` have for `field`, the most frequent first; then `others`, which hits beyond them may have.
  offer(field, hits, others) {
    const counts = new Map();
    for (const hit of hits) if (hit[field]) counts.set(hit[field], (counts.get(hit[field]) ?? 0) + 1);
    const items = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
    for (const { value } of others) if (!counts.has(value)) items.push({ value, count: null });
    if (this.to[field]) items.push({ value: null, count: null });
    this.field = field;
    byId("narrow").hidden = false;
    byId("narrow-title").textContent = word(`narrow_${field}`);
    this.list.set(items, 0);
    this.opens();
    tell([word(`narrow_${field}`), ...items.slice(0, 9).map((item, at) => `${at + 1} ${item.value ?? word("narrow_all")}`)], 0);
  }

  pick(item) {
    this.to[this.field] = item.value;
    this.close();
    this.draw();
    this.picks();
  }

  /// Leaves it as it is; what was asked for it and has not come is not wanted any more.
  close() {
    this.asked += 1;
    if (!this.field) return;
    this.field = null;
    byId("narrow").hidden = true;
    this.closes();
  }

  /// Narrows no more.
  clear() {
    this.to = nothing();
    this.draw();
  }

  /// Takes back one narrowing: of `field`, or of the last.
  lift(field = this.to.category ? "category" : "locality") {
    this.to[field] = null;
    this.draw();
    this.lifts();
  }

  draw() {
    const chips = Object.entries(this.to).filter(([, value]) => value).map(([field, value]) => {
      const chip = element("button", { type: "button", "aria-label": word("narrow_remove", value) }, shown(value), " ×");
      chip.addEventListener("click", () => this.lift(field));
      return chip;
    });
    byId("narrowed").replaceChildren(...chips);
  }
}
