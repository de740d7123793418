// The pages beside the box: what changed lately, and the data office.

import { statusMark } from "./answer.js";
import { ask, askJson, Failure, recall, remember } from "./desk.js";
import { element, numberShown, shown } from "./text.js";
import { isWord, language, word } from "./words.js";

const CHANGES_SHOWN = 200;
const CHANGES_ASKED = 10000;
const BATCHES_ASKED = 100;
/// Before which batch there are all of them.
const NEWEST = Number.MAX_SAFE_INTEGER;
const TYPES = { csv: "text/csv", tsv: "text/tab-separated-values", gz: "application/gzip", zst: "application/zstd",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };

const byId = (id) => document.getElementById(id);

/// Remembers up to which seq this shift has seen, and from where it began: what the shift before saw last.
export function seen(seq) {
  if (recall(sessionStorage, "since", null) === null) {
    remember(sessionStorage, "since", recall(localStorage, "seen", seq));
  }
  remember(localStorage, "seen", seq);
}

/// The batches of the ledger before one of them, the newest first.
const batchesBefore = (before, limit) => askJson("/v1/batches", { before, limit });

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

/// The page of changes.
export class ChangesPage {
  constructor() {
    this.since = "shift";
    this.changes = [];
    for (const button of document.querySelectorAll("[data-since]")) {
      button.addEventListener("click", () => {
        this.since = button.dataset.since;
        this.open();
      });
    }
    byId("changes-more").addEventListener("click", () => this.draw(this.drawn + CHANGES_SHOWN));
  }

  async open() {
    for (const button of document.querySelectorAll("[data-since]")) {
      button.setAttribute("aria-pressed", String(button.dataset.since === this.since));
    }
    try {
      const newest = (await askJson("/readyz")).seq ?? 0;
      let since = Math.max(0, newest - CHANGES_SHOWN);
      if (this.since === "shift") since = Math.min(newest, recall(sessionStorage, "since", newest));
      if (this.since === "batch") since = (await batchesBefore(NEWEST, 1)).batches[0]?.seq_before ?? 0;
      // Where more came than one answer holds, the newest are what counts.
      since = Math.max(since, newest - CHANGES_ASKED);
      const lines = await (await ask("/v1/changes", { since, limit: CHANGES_ASKED })).text();
      this.changes = lines.split("\n").filter(Boolean).map((line) => JSON.parse(line)).reverse();
      const last = this.changes[0]?.seq ?? since;
      const first = this.changes.at(-1)?.seq ?? since;
      byId("changes-about").textContent = this.changes.length > 0
        ? word("changes_about", this.changes.length, first, last) : word("changes_none");
      this.draw(CHANGES_SHOWN);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      byId("changes-about").textContent = word("failed", error.message);
    }
  }

  draw(count) {
    this.drawn = count;
    byId("changes-list").replaceChildren(...this.changes.slice(0, count).map(changeShown));
    byId("changes-more").hidden = this.changes.length <= count;
  }

  speakAgain() {
    this.draw(this.drawn ?? CHANGES_SHOWN);
  }
}

/// The page for the data office.
export class OfficePage {
  constructor() {
    byId("send-try").addEventListener("click", () => this.send(true));
    byId("send-import").addEventListener("click", () => this.send(false));
    byId("batches-older").addEventListener("click", () => this.older());
    for (const id of ["send-file", "send-feed"]) {
      byId(id).addEventListener("input", () => { byId("send-import").disabled = true; });
    }
  }

  async open() {
    try {
      const [health, { waiting }, { batches, next }] = await Promise.all([
        askJson("/readyz"), askJson("/v1/waiting"), batchesBefore(NEWEST, BATCHES_ASKED)]);
      this.batches = batches;
      this.drawLag(health);
      this.drawWaiting(waiting);
      this.drawBatches(next);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      byId("lag").replaceChildren(element("div", {}, element("dt", {}, word("lag_ready")), element("dd", {}, error.message)));
    }
  }

  async older() {
    const shownNow = this.batches;
    byId("batches-older").disabled = true;
    try {
      const { batches, next } = await batchesBefore(shownNow.at(-1)?.batch ?? NEWEST, BATCHES_ASKED);
      // The page may have been opened anew meanwhile.
      if (this.batches !== shownNow) return;
      shownNow.push(...batches);
      this.drawBatches(next);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      byId("send-report").replaceChildren(word("failed", error.message));
    } finally {
      byId("batches-older").disabled = false;
    }
  }

  drawWaiting(waiting) {
    const heads = ["feed", "source", "received", "until_day", "refusal"];
    const head = element("thead", {}, element("tr", {}, heads.map((key) => element("th", { scope: "col" }, word(key)))));
    const rows = waiting.map((batch) => element("tr", {},
      element("td", {}, shown(batch.feed), ` #${batch.feed_seq}`),
      element("td", {}, shown(batch.source.split("/").at(-1))),
      element("td", {}, new Date(batch.received).toLocaleString(language(), { hourCycle: "h23" })),
      element("td", {}, batch.until),
      element("td", { class: batch.refusal && "bad" }, batch.refusal && shown(batch.refusal))));
    byId("waiting").replaceChildren(...(waiting.length > 0 ? [head, element("tbody", {}, rows)] : []));
    byId("waiting-none").hidden = waiting.length > 0;
  }

  drawLag(health) {
    const { compactor } = health;
    const tile = (key, value) => element("div", {}, element("dt", {}, word(key)), element("dd", {}, String(value ?? "—")));
    byId("lag").replaceChildren(
      tile("lag_ready", health.ready ? word("health_ready") : health.reason ?? word("health_not_ready")),
      tile("lag_seq", health.seq),
      tile("lag_batches", health.lag_batches),
      tile("lag_seconds", compactor?.lag_seconds),
      tile("lag_compactor", compactor ? new Date(compactor.written).toLocaleString(language(), { hourCycle: "h23" }) : word("lag_no_compactor")),
      ...(compactor?.last_error ? [tile("lag_error", compactor.last_error)] : []));
  }

  drawBatches(next) {
    const heads = ["batch", "feed", "source", "received", "op_add", "op_change", "op_delete", "rejected", "forced"];
    const counts = new Set(["batch", "op_add", "op_change", "op_delete", "rejected"]);
    const head = element("thead", {}, element("tr", {}, heads.map((key) => element("th", { scope: "col", class: counts.has(key) && "count" }, word(key)))));
    const rows = this.batches.map((batch) => element("tr", {},
      element("td", { class: "count" }, String(batch.batch)),
      element("td", {}, shown(batch.feed), ` #${batch.feed_seq}`),
      element("td", {}, shown(batch.source.split("/").at(-1))),
      element("td", {}, new Date(batch.received).toLocaleString(language(), { hourCycle: "h23" })),
      ["added", "changed", "deleted"].map((key) => element("td", { class: "count" }, String(batch[key]))),
      element("td", { class: batch.rejected > 0 ? "count bad" : "count" }, String(batch.rejected)),
      element("td", {}, batch.forced && [shown(batch.by ?? ""), " ", shown(batch.reason ?? "")])));
    byId("batches").replaceChildren(head, element("tbody", {}, rows));
    byId("batches-older").hidden = !next;
  }

  async send(dryRun) {
    const file = byId("send-file").files[0];
    const report = byId("send-report");
    if (!file) {
      report.replaceChildren(word("send_none"));
      return;
    }
    report.replaceChildren(word("send_working"));
    const type = TYPES[file.name.split(".").at(-1).toLowerCase()] ?? "application/x-ndjson";
    const parameters = { dry_run: dryRun, feed: byId("send-feed").value.trim() };
    try {
      const told = await (await ask("/v1/batches", parameters, { method: "POST", body: file, headers: { "content-type": type } })).json();
      this.drawReport(told, null);
      byId("send-import").disabled = !dryRun;
      if (!dryRun) await this.open();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.drawReport(error.report, error.message);
      byId("send-import").disabled = true;
    }
  }

  drawReport(report, problem) {
    const lines = [];
    if (problem) lines.push(element("p", { class: "bad" }, shown(problem)));
    if (report) {
      const { accepted } = report;
      const key = report.already_imported ? "send_again" : report.dry_run || problem ? "send_tried" : "send_done";
      lines.push(element("p", {}, word(key, accepted.add, accepted.change, accepted.delete, report.rejected)));
      if (report.rejections?.length > 0) {
        lines.push(element("table", { "aria-label": word("rejected") },
          element("thead", {}, element("tr", {}, ["line", "field", "reason"].map((name) => element("th", { scope: "col" }, word(name))))),
          element("tbody", {}, report.rejections.slice(0, 100).map((rejection) => element("tr", {},
            element("td", { class: "count" }, String(rejection.line)), element("td", {}, shown(rejection.field)),
            element("td", {}, shown(rejection.reason)))))));
      }
    }
    byId("send-report").replaceChildren(...lines);
  }
}
