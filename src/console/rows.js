// Rows of the lists: hits, calls of this shift, what a lookup can be narrowed to.

import { statusMark, whyOf } from "./answer.js";
import { element, labelOf, numberShown, phonesOf, shown } from "./text.js";
import { language, word } from "./words.js";

/// A hit: its name and where it was matched, its number, where it is, how it was found.
export function drawHit(hit, at, option) {
  option.dataset.id = hit.id;
  const { matched } = hit;
  const [phone, ...others] = phonesOf(hit, matched);
  const byName = matched.field === "name" && matched.text === hit.name;
  const spans = matched.field === "number" && phone?.number === matched.text ? matched.spans : [];
  // The name of a department often says what it stands under.
  const parent = hit.parent && !hit.name.startsWith(hit.parent.name) ? hit.parent.name : null;
  const key = at < 10 ? element("kbd", { "aria-hidden": "true" }, String((at + 1) % 10)) : element("kbd", { class: "none", "aria-hidden": "true" });
  const name = element("span", { class: "name" }, shown(hit.name, byName ? matched.spans : []),
    hit.confusable && element("span", { class: "mark-confusable" }, word("confusable")),
    hit.resting?.length > 0 && element("span", { class: "mark-resting" }, word("resting")),
    hit.status !== "listed" && statusMark(hit.status));
  return [key, name, drawHitNumber(hit, phone, others, spans), element("span", { class: "where" },
    parent && element("span", { class: "parent" }, shown(parent)),
    // Most addresses begin with the locality.
    hit.locality && !hit.address.startsWith(hit.locality) && shown(hit.locality),
    hit.address && shown(hit.address), hit.category && shown(hit.category)),
  element("span", { class: "why" }, matched.field === "alias" && element("span", { class: "alias" }, `${word("why_alias")} `, shown(matched.text, matched.spans)), whyOf(hit))];
}

/// The number of a hit: the new one where it has changed, none where none may be given out.
function drawHitNumber(hit, phone, others, spans) {
  if (hit.status === "changed" && hit.referral?.number) {
    return element("span", { class: "first" }, "→ ", numberShown(hit.referral.number));
  }
  if (!phone || hit.status === "non_published") return element("span", { class: "first" });
  const number = numberShown(phone.number, phone.ext, spans);
  if (hit.status !== "listed") return element("span", { class: "first" }, element("s", {}, number));
  return element("span", { class: "first" }, element("span", { class: "label" }, labelOf(phone)), number,
    others.length > 0 && element("span", { class: "further" }, `+${others.length}`));
}

/// A call of this shift.
export function drawCall(call) {
  const time = new Date(call.time).toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const { hit } = call;
  return [element("time", {}, time), element("span", { class: "name" }, shown(hit.name)),
    hit.status !== "listed" ? statusMark(hit.status) : hit.locality && element("span", { class: "where" }, shown(hit.locality))];
}

/// A locality or category with the number of hits in it.
export function drawChoice(item, at) {
  return [element("kbd", { "aria-hidden": "true" }, at < 9 ? String(at + 1) : ""),
    item.value === null ? element("span", {}, word("narrow_all")) : shown(item.value),
    item.count !== null && element("span", { class: "count" }, String(item.count))];
}
