// The page of what changed lately.

import { statusMark } from "./answer.js";
import { ask, askJson, Failure } from "./desk.js";
import { inWords } from "./problem.js";
import { begunAt } from "./shift.js";
import { element, numberShown, shown } from "./text.js";
import { isWord, word } from "./words.js";

/// Changes drawn at once, and asked for at once.
const CHANGES_SHOWN = 200;
const CHANGES_ASKED = 10_000;

const byId = (id) => document.getElementById(id);

const fields = ["name", "phones", "status", "referral", "address", "locality", "category", "aliases", "parent", "area_code", "note", "popularity"];

function valueShown(field, image) {
  const value = image?.[field];
  if (field === "status") return value && value !== "listed" ? statusMark(value) : "—";
  if (value === undefined || value === null || value.length === 0) return "—";
  if (field === "phones") return value.flatMap((phone, at) => [at > 0 ? " · " : "", numberShown(phone.number, phone.ext)]);
  if (field === "aliases") return value.flatMap((alias, at) => [at > 0 ? " · " : "", shown(alias.text)]);
  if (field === "referral") {
    return [value.number && numberShown(value.number), " ", value.listing, " ", value.until && word("until", value.until)];
  }
  return shown(String(value));
}

function changeShown(change) {
  const { op, before, after } = change;
  const image = after ?? before ?? {};
  const entry = change.kind !== "listing";
  const name = entry
    ? [isWord(`kind_${change.kind}`) ? word(`kind_${change.kind}`) : change.kind, " ", shown(change.id), " ", shown(image.reading ?? "")]
    : [shown(image.name ?? change.id), " ", element("span", { class: "id" }, change.id)];
  const item = element("li", { "data-op": op },
    element("span", { class: "op", "data-op": op }, word(`op_${op}`)), element("span", { class: "name" }, name));
  if (entry) return item;
  if (op === "change") {
    const same = (field) => JSON.stringify(before?.[field]) === JSON.stringify(after?.[field]);
    const changed = fields.filter((field) => !same(field));
    item.append(element("span", { class: "diff" }, changed.map((field) => element("span", { class: "line" },
      element("span", { class: "field" }, word(`field_${field}`)), " ",
      element("del", {}, valueShown(field, before)), " → ", element("ins", {}, valueShown(field, after))))));
  } else {
    item.append(element("span", { class: "diff" },
      valueShown("phones", image), " ", shown(image.locality ?? ""), " ", shown(image.category ?? ""), " ",
      image.status && image.status !== "listed" && statusMark(image.status)));
  }
  return item;
}

/// The newest batch there is.
async function newestBatch() {
  return (await askJson("/v1/batches", { before: Number.MAX_SAFE_INTEGER, limit: 1 })).batches[0];
}

/// The changes behind the seq `since` up to `upTo`, the newest first; no more than are told at once.
async function changesOf(since, upTo) {
  const lines = await (await ask("/v1/changes", { since, limit: upTo - since })).text();
  const changes = lines.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  // A log that is folded has fewer than seqs, so that later ones may come with them.
  return changes.filter((change) => change.seq <= upTo).reverse();
}

/// The page of changes: the newest first, and older ones as far as they were asked for.
export class ChangesPage {
  constructor() {
    this.since = "shift";
    this.opened = 0;
    this.begin(0, 0);
    for (const button of document.querySelectorAll("[data-since]")) {
      button.addEventListener("click", () => {
        this.since = button.dataset.since;
        this.open();
      });
    }
    byId("changes-more").addEventListener("click", () => this.more());
  }

  /// Nothing is there yet of what came behind the seq `from` up to `newest`.
  begin(from, newest) {
    this.from = from;
    /// Changes behind this seq are there.
    this.reached = newest;
    this.changes = [];
    this.drawn = 0;
  }

  async open() {
    for (const button of document.querySelectorAll("[data-since]")) {
      button.setAttribute("aria-pressed", String(button.dataset.since === this.since));
    }
    this.opened += 1;
    const { opened } = this;
    await this.attempt(async () => {
      const [from, newest] = await this.stretch();
      // Another stretch may have been chosen meanwhile.
      if (opened !== this.opened) return;
      this.begin(from, newest);
      await this.more();
    });
  }

  /// The seq behind which changes were asked for, and up to where.
  async stretch() {
    if (this.since === "batch") {
      const batch = await newestBatch();
      return [batch?.seq_before ?? 0, batch?.seq ?? 0];
    }
    const newest = (await askJson("/readyz")).seq ?? 0;
    return [this.since === "shift" ? begunAt(newest) : Math.max(0, newest - CHANGES_SHOWN), newest];
  }

  /// Draws more of what is there; where all of that is drawn, older changes are asked for.
  async more() {
    const { opened, reached } = this;
    const isDrawn = this.drawn >= this.changes.length;
    if (isDrawn && reached > this.from) {
      const since = Math.max(this.from, reached - CHANGES_ASKED);
      byId("changes-more").disabled = true;
      const older = await this.attempt(() => changesOf(since, reached));
      byId("changes-more").disabled = false;
      if (!older || opened !== this.opened || reached !== this.reached) return;
      this.changes.push(...older);
      this.reached = since;
    }
    this.drawMore();
  }

  /// What `asking` comes to; where it fails, that is told.
  async attempt(asking) {
    try {
      return await asking();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      byId("changes-about").textContent = word("failed", inWords(error));
      return null;
    }
  }

  /// Draws some more of what is there, and tells what is not.
  drawMore() {
    const { changes } = this;
    const left = this.reached - this.from;
    const [last, first] = [changes[0]?.seq, changes.at(-1)?.seq];
    const about = changes.length > 0 ? word("changes_about", changes.length, first, last) : word("changes_none");
    byId("changes-about").textContent = [about, left > 0 && word("changes_older", left)].filter(Boolean).join(" ");
    const list = byId("changes-list");
    if (this.drawn === 0) list.replaceChildren();
    list.append(...changes.slice(this.drawn, this.drawn + CHANGES_SHOWN).map(changeShown));
    this.drawn = Math.min(this.drawn + CHANGES_SHOWN, changes.length);
    byId("changes-more").hidden = this.drawn >= changes.length && left <= 0;
  }
}
