// The answer to a call: the number large, what must be said with it, and what stands around it.

import { element, labelOf, numberShown, phonesOf, searchedOf, shown } from "./text.js";
import { isWord, word } from "./words.js";

/// How a hit was found, in words.
export function whyOf(hit) {
  const key = `why_${hit.match}`;
  return isWord(key) ? word(key) : hit.match;
}

/// `hit` as its listing is now. How it was found stays, but no number that is not its own any more.
export function asOf(hit, { listing, parents, resting }) {
  const phones = listing.phones ?? [];
  const isLost = hit.matched?.field === "number" && searchedOf(phones, hit.matched).length === 0;
  return {
    ...hit, phones, name: listing.name, status: listing.status ?? "listed", referral: listing.referral ?? null, note: listing.note ?? null,
    locality: listing.locality ?? "", address: listing.address ?? "", category: listing.category ?? "",
    parent: parents[0] ?? null, resting: resting ?? [], matched: isLost ? null : hit.matched,
  };
}

/// A listing of which nothing is known but its name; its status says why: it is asked for anew ("checking"), or there no
/// more ("gone").
export const nameOnly = ({ id, name }, status) => ({
  id, name, status, phones: [], referral: null, parent: null, resting: [], match: null, matched: null, confusable: false,
});

/// The number of a listing that may simply be given out.
const givenOut = (listing) => (listing?.status === "listed" ? listing.phones?.[0] : null);

/// What is announced, with the numbers: large the one to give out, struck out those that are not.
export function announcement(hit, view) {
  const phones = phonesOf(hit, hit.matched);
  const large = (phone) => element("p", { class: "large" },
    element("span", { class: "label" }, labelOf(phone)), numberShown(phone.number, phone.ext));
  const say = (text) => element("p", { class: "say" }, text);
  const old = phones.map((phone) => element("p", { class: "old" },
    `${word("old_number")} `, element("s", {}, numberShown(phone.number, phone.ext))));
  switch (hit.status) {
    case "checking":
      return [say(word("say_checking"))];
    case "gone":
      return [say(word("say_gone"))];
    case "non_published":
      return [say(word("say_non_published"))];
    case "disconnected":
      return [say(word("say_disconnected")), ...old];
    case "changed":
      return [...referralOf(hit, view, large, say), ...old];
    default: {
      const [first, ...others] = phones;
      if (!first) return [say(word("say_no_number"))];
      const more = others.map((phone) => element("li", {},
        element("span", { class: "label" }, labelOf(phone)), numberShown(phone.number, phone.ext)));
      return [large(first), ...restingOf(hit), more.length > 0 && element("ul", { class: "others" }, more)];
    }
  }
}

/// What to ask where a number was another's a short while ago: whoever had it before may be who is meant.
function restingOf(listing) {
  return (listing.resting ?? []).map((one) => element("p", { class: "say resting" }, word("resting_say", one.number, one.given_up)));
}

function referralOf(hit, view, large, say) {
  const { referral } = hit;
  const until = referral?.until && element("p", { class: "until" }, word("until", referral.until));
  const other = view?.referral;
  if (referral?.number) return [say(word("say_changed")), large({ number: referral.number }), until];
  if (other) {
    const number = givenOut(other);
    return [say(word("say_changed_listing")), element("p", { class: "say" }, shown(other.name)), number ? large(number) : say(other.status === "listed" ? word("say_no_number") : word(`status_${other.status}`)), ...restingOf(other), until];
  }
  // The listing it names is asked for already.
  if (referral?.listing && !view) return [say(word("say_changed_listing"))];
  return [say(word("say_changed_none"))];
}

/// The captions under a listing in the order in which they are read, each with its level.
export function captionsOf(captions = [], above = "", level = 1) {
  return captions.flatMap((caption) => [{ ...caption, level, above }, ...captionsOf(caption.captions, caption.name, level + 1)]);
}

/// A caption's line in the tree.
export function drawCaption(caption, option) {
  option.setAttribute("aria-level", caption.level);
  option.dataset.level = Math.min(caption.level, 4);
  const phone = givenOut(caption);
  // What it stands under is read above it.
  const { name, above } = caption;
  const short = above && name.length > above.length && name.startsWith(above) ? name.slice(above.length) : name;
  return [shown(short), caption.resting?.length > 0 && element("span", { class: "mark-resting" }, word("resting")), caption.status !== "listed" && statusMark(caption.status), phone && numberShown(phone.number, phone.ext)];
}

/// A mark for a listing whose number is not simply given out.
export function statusMark(status) {
  return element("span", { class: "mark-status", "data-status": status }, word(`status_${status}`));
}

/// The rest of the answer: what the listing is, where, and what operators should know.
export function factsOf(hit, view) {
  const listing = view?.listing ?? hit;
  const facts = element("dl", { class: "facts" });
  const fact = (key, value, className) => {
    if (value) facts.append(element("div", { class: className ?? key }, element("dt", {}, word(key)), element("dd", {}, value)));
  };
  fact("note", listing.note && shown(listing.note));
  const above = (view?.parents ?? [hit.parent]).filter(Boolean);
  fact("parents", above.length > 0 && above.flatMap((parent, at) => [at > 0 ? " ‹ " : "", shown(parent.name || parent.id)]));
  fact("address", listing.address && shown(listing.address));
  fact("locality", listing.locality && shown(listing.locality));
  fact("category", listing.category && shown(listing.category));
  fact("match", hit.match && whyOf(hit));
  const aliases = listing.aliases ?? [];
  fact("aliases", aliases.length > 0 && aliases.flatMap((alias, at) => [at > 0 ? " · " : "", shown(alias.text)]));
  return facts;
}

/// Something to do with the answer, by its key or by this button.
export function action(name, shownKey, shortcut, act) {
  const button = element("button", { type: "button", "aria-keyshortcuts": shortcut }, word(name), " ", element("kbd", {}, shownKey));
  button.addEventListener("click", act);
  return button;
}
