// Listing text on the page. What listings say is data: it only ever becomes text nodes.

import { word } from "./words.js";

// Signs that change how text around them is shown, or that nobody sees.
const UNSEEN = /([\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff])/u;

/// An element with attributes and children; children that are texts become text nodes, null and false are left out.
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/// `text` isolated from the direction of what stands around it, hidden signs made visible, stretches marked.
///
/// `spans` count characters as the server does: code points, not UTF-16 units.
export function shown(text, spans = [], lang = "zh") {
  const bdi = element("bdi", { lang });
  const characters = Array.from(text ?? "");
  let end = 0;
  const show = (to, marked) => {
    if (to <= end) return;
    const run = seen(characters.slice(end, to).join(""));
    if (marked) bdi.append(element("mark", {}, run));
    else bdi.append(...run);
    end = to;
  };
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    show(Math.min(from, characters.length), false);
    show(Math.min(to, characters.length), true);
  }
  show(characters.length, false);
  return bdi;
}

/// `run` as texts, and its hidden signs as what they are called.
function seen(run) {
  const signOr = (part, at) => {
    if (at % 2 === 0) return part;
    const code = `U+${part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    return element("span", { class: "unseen", title: word("hidden_sign", code) }, code);
  };
  return run.split(UNSEEN).map(signOr).filter(Boolean);
}

/// What stands in `box` once `event`, by which a text is put in, has happened; null where that cannot be told.
export function textAfter(box, event) {
  if (event.inputType !== "insertText" || event.isComposing || event.data === null) return null;
  return box.value.slice(0, box.selectionStart) + event.data + box.value.slice(box.selectionEnd);
}

/// The groups in which a number is read: area code, then fours; mobiles three, four, four.
export function groupsOf(number) {
  return number.split("-").flatMap((part) => {
    if (/^1\d{10}$/.test(part)) return [part.slice(0, 3), part.slice(3, 7), part.slice(7)];
    if (/^\d{7,8}$/.test(part)) return [part.slice(0, part.length - 4), part.slice(-4)];
    return [part];
  });
}

/// A number: to the eye in groups, to the ear digit by digit.
export function numberShown(number, ext = "", spans = []) {
  const groups = element("span", { class: "groups", "aria-hidden": "true" });
  let at = 0;
  for (const group of groupsOf(number)) {
    while (number[at] === "-") at += 1;
    const from = at;
    at += group.length;
    const inside = spans.map(([start, end]) => [start - from, end - from]);
    const text = shown(group, inside);
    text.className = "group";
    groups.append(text);
  }
  if (ext) groups.append(element("span", { class: "ext" }, `${word("extension")} ${ext}`));
  const digits = (text) => Array.from(text).join(" ");
  const heard = groupsOf(number).map(digits).join(", ") + (ext ? `, ${word("extension")} ${digits(ext)}` : "");
  return element("span", { class: "number" }, groups, element("span", { class: "heard" }, heard));
}

/// Those of `phones` that were searched for.
export function searchedOf(phones, matched) {
  if (matched?.field !== "number") return [];
  const digits = (text) => text.replace(/\D/g, "");
  return phones.filter((phone) => digits(matched.text).startsWith(digits(phone.number)));
}

/// The numbers of a listing to show, the one to give out first: the one that was searched for, or the first.
export function phonesOf(listing, matched) {
  const phones = listing.phones ?? [];
  const searched = searchedOf(phones, matched);
  return [...searched, ...phones.filter((phone) => !searched.includes(phone))];
}

/// What stands before a number: its label, or that it is a fax.
export function labelOf(phone) {
  if (phone.label) return shown(phone.label);
  return phone.kind === "fax" ? word("fax") : null;
}
