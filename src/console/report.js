// What became of a batch that was sent, in words.

import { problemShown } from "./problem.js";
import { element, shown } from "./text.js";
import { isWord, word } from "./words.js";

const REJECTIONS_SHOWN = 100;
/// Cases of one kind that are named.
const CASES_SHOWN = 3;

/// What is worth a second look, kind by kind: what of the report it is, and a case of it.
const CASES = {
  published: (id) => id,
  ambiguous_names: ({ name, id, reading }) => `${name} (${id}): ${reading}`,
  shared_numbers: ({ number, ids }) => `${number}: ${ids.join(", ")}`,
  look_alikes: ({ names, ids }) => `${names[0]} (${ids[0]}), ${names[1]} (${ids[1]})`,
  early_numbers: ({ id, number, from, given_up: day }) => `${id}: ${number ?? "—"} ← ${from} (${day})`,
  reassigned_numbers: (one) => CASES.early_numbers(one),
  missing_listings: ({ id, field, missing }) => `${id}: ${word(`field_${field}`)} ${missing}`,
  caption_rings: ({ ids }) => ids.join(" → "),
};

/// The elements that tell of `report`, and of the `problem`, a failure, where there was one.
export function reportShown(report, problem) {
  const told = [];
  if (problem) told.push(element("p", { class: "bad" }, problemShown(problem)));
  if (!report) return told;
  for (const released of report.released ?? []) {
    const what = word(released.refused ? "send_released_refused" : "send_released", released.feed, released.feed_seq);
    told.push(element("p", { class: released.refused && "bad" }, what, released.refused && [" ", shown(released.refused, [], "en")]));
  }
  told.push(element("p", { class: "outcome" }, outcomeOf(report, problem)));
  if (saysCounts(report)) {
    const { add, change, delete: deleted } = report.accepted;
    told.push(element("p", {}, word("send_counts", add, change, deleted, report.rejected)));
    told.push(...leftOut(report).map((line) => element("p", {}, ...line)));
    if (!problem && report.review) told.push(...reviewShown(report.review));
  }
  if (report.rejections?.length > 0) told.push(rejectionsShown(report.rejections));
  return told;
}

/// What became of the batch as a whole.
function outcomeOf(report, problem) {
  const { batch, waits_until: day } = report;
  if (problem) return word("send_refused");
  if (report.in_step) return word("send_in_step");
  if (report.already_imported) {
    if (report.undone_by) return word("send_undone", batch, report.undone_by);
    if (day) return word("send_kept", day);
    return batch ? word("send_again", batch) : word("send_due");
  }
  if (day) {
    const wait = word(report.dry_run ? "send_would_wait" : "send_waits", day);
    return report.waits_behind ? `${wait} ${word("send_behind")}` : wait;
  }
  return report.dry_run ? word("send_tried") : word("send_done", batch);
}

/// Whether rows were looked at, so that their counts say something.
const saysCounts = (report) => !report.already_imported && !report.waits_behind && !(report.in_step && report.rejected === 0);

/// What else the file held or lacked, line by line.
function leftOut({ lexicon, ignored_columns: ignored, left_fields: left, repeated_headers: headers, without_phone: silent }) {
  const fields = Object.entries(left ?? {}).map(([field, count]) => `${word(`field_${field}`)} ${count}`);
  return [
    lexicon && [word("send_lexicon", lexicon.add, lexicon.delete)],
    ignored?.length > 0 && [word("send_ignored_columns", ""), shown(ignored.join(" · "))],
    fields.length > 0 && [word("send_left_fields", fields.join(" · "))],
    headers > 0 && [word("send_repeated_headers", headers)],
    silent > 0 && [word("send_without_phone", silent)],
  ].filter(Boolean);
}

function reviewShown(review) {
  const told = [];
  const fields = Object.entries(review.changed_fields ?? {}).sort(([, a], [, b]) => b - a);
  if (fields.length > 0) {
    told.push(word("review_changed_fields", fields.map(([field, count]) => `${word(`field_${field}`)} ${count}`).join(" · ")));
  }
  for (const [kind, tell] of Object.entries(CASES)) {
    const { count, cases } = review[kind] ?? { count: 0 };
    if (count === 0) continue;
    const named = cases.slice(0, CASES_SHOWN).flatMap((one, at) => [at > 0 ? "; " : "", shown(tell(one))]);
    told.push([word(`review_${kind}`, count), " ", named, count > CASES_SHOWN && " …"]);
  }
  if (review.names_beyond > 0) told.push(word("review_names_beyond", review.names_beyond));
  if (review.cut_short) told.push(word("review_cut_short"));
  return told.length > 0 ? [element("ul", { class: "review", "aria-label": word("review") }, told.map((line) => element("li", {}, ...[line].flat(2))))] : [];
}

/// Why a row was rejected, in the language of the page, and the server's own words beside it.
function reasonShown({ code, reason }) {
  const name = `code_${code}`;
  return [isWord(name) && `${word(name)} `, shown(reason, [], "en")];
}

function rejectionsShown(rejections) {
  const head = ["line", "field", "reason"].map((name) => element("th", { scope: "col" }, word(name)));
  const rows = rejections.slice(0, REJECTIONS_SHOWN).map((rejection) => element("tr", {},
    element("td", { class: "count" }, String(rejection.line)), element("td", {}, shown(rejection.field)),
    element("td", {}, reasonShown(rejection))));
  return element("table", { "aria-label": word("rejected") }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows));
}
