// Listing text on the page. What listings say is data: it only ever becomes text nodes.

import { word } from "./words.js";

// Signs that change how text around them is shown, or that nobody sees.
const UNSEEN = /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;

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
export function shown(text, spans = []) {
  const bdi = element("bdi", { lang: "zh" });
  let run = "", marked = false;
  const end = () => {
    if (run) bdi.append(marked ? element("mark", {}, run) : run);
    run = "";
  };
  Array.from(text ?? "").forEach((c, at) => {
    const inside = spans.some(([from, to]) => from <= at && at < to);
    if (inside !== marked) end();
    marked = inside;
    if (UNSEEN.test(c)) {
      end();
      const code = `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
      bdi.append(element("span", { class: "unseen", title: word("hidden_sign", code) }, code));
    } else {
      run += c;
    }
  });
  end();
  return bdi;
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

/// The numbers of a listing to show, the one to give out first: the one that was searched for, or the first.
export function phonesOf(listing, matched) {
  const phones = listing.phones ?? [];
  if (matched?.field !== "number") return phones;
  const digits = (text) => text.replace(/\D/g, "");
  const found = phones.filter((phone) => digits(matched.text).startsWith(digits(phone.number)));
  return [...found, ...phones.filter((phone) => !found.includes(phone))];
}

/// What stands before a number: its label, or that it is a fax.
export function labelOf(phone) {
  if (phone.label) return shown(phone.label);
  return phone.kind === "fax" ? word("fax") : null;
}
