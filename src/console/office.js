// The page for the data office: how far the index is, what waits, the batches there are, and one to be sent.

import { ask, askJson, Failure } from "./desk.js";
import { inWords, problemShown } from "./problem.js";
import { reportShown } from "./report.js";
import { element, shown } from "./text.js";
import { language, word } from "./words.js";

const BATCHES_ASKED = 100;
/// Before which batch there are all of them.
const NEWEST = Number.MAX_SAFE_INTEGER;
const TYPES = { csv: "text/csv", tsv: "text/tab-separated-values", gz: "application/gzip", zst: "application/zstd",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };

const byId = (id) => document.getElementById(id);

/// The batches of the ledger before one of them, the newest first.
const batchesBefore = (before, limit) => askJson("/v1/batches", { before, limit });

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
      byId("lag").replaceChildren(element("div", {}, element("dt", {}, word("lag_ready")), element("dd", {}, problemShown(error))));
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
      byId("send-report").replaceChildren(word("failed", inWords(error)));
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
      element("td", { class: batch.refusal && "bad" }, batch.refusal && shown(batch.refusal, [], "en"))));
    byId("waiting").replaceChildren(...(waiting.length > 0 ? [head, element("tbody", {}, rows)] : []));
    byId("waiting-none").hidden = waiting.length > 0;
  }

  drawLag(health) {
    const { compactor } = health;
    const tile = (key, value) => element("div", {}, element("dt", {}, word(key)), element("dd", {}, value ?? "—"));
    // Why, in the server's own words, which are English.
    const told = (text) => shown(text, [], "en");
    byId("lag").replaceChildren(
      tile("lag_ready", health.ready ? word("health_ready") : [word("health_not_ready"), " ", told(health.reason)]),
      tile("lag_seq", health.seq),
      tile("lag_batches", health.lag_batches),
      // What a compactor wrote before it ended says nothing of now.
      tile("lag_seconds", health.compactor_is_alive === false ? null : compactor?.lag_seconds),
      tile("lag_compactor", compactor && health.compactor_is_alive !== false ? new Date(compactor.written).toLocaleString(language(), { hourCycle: "h23" }) : word("lag_no_compactor")),
      ...(compactor?.last_error ? [tile("lag_error", told(compactor.last_error))] : []));
  }

  drawBatches(next) {
    const heads = ["batch", "feed", "source", "received", "sender", "op_add", "op_change", "op_delete", "rejected", "forced"];
    const counts = new Set(["batch", "op_add", "op_change", "op_delete", "rejected"]);
    const head = element("thead", {}, element("tr", {}, heads.map((key) => element("th", { scope: "col", class: counts.has(key) && "count" }, word(key)))));
    const rows = this.batches.map((batch) => element("tr", {},
      element("td", { class: "count" }, String(batch.batch)),
      element("td", {}, shown(batch.feed), ` #${batch.feed_seq}`),
      element("td", {}, shown(batch.source.split("/").at(-1))),
      element("td", {}, new Date(batch.received).toLocaleString(language(), { hourCycle: "h23" })),
      element("td", {}, shown(batch.sent_by ?? "")),
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
    // What was tried is what may go in; who chooses another file or feed meanwhile tries that first.
    const buttons = [byId("send-import"), byId("send-try")];
    buttons.forEach((button) => { button.disabled = true; });
    report.replaceChildren(word("send_working"));
    const type = TYPES[file.name.split(".").at(-1).toLowerCase()] ?? "application/x-ndjson";
    const parameters = { dry_run: dryRun, feed: byId("send-feed").value.trim() };
    try {
      const told = await (await ask("/v1/batches", parameters, { method: "POST", body: file, headers: { "content-type": type } })).json();
      byId("send-report").replaceChildren(...reportShown(told, null));
      const isSame = byId("send-file").files[0] === file && byId("send-feed").value.trim() === parameters.feed;
      byId("send-import").disabled = !dryRun || !isSame;
      if (!dryRun) await this.open();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      byId("send-report").replaceChildren(...reportShown(error.report, error));
    } finally {
      byId("send-try").disabled = false;
    }
  }
}
