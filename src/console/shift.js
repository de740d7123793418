// Whose shift it is, and from where on what happened to the listings is news to whoever has it.

import { recall, remember } from "./desk.js";

/// Who is signed in, "" where nobody needs to be; null as long as that is not known.
let who = null;
/// The newest seq that was seen while that was not known.
let early = null;

/// What is kept of one person, and not of the next one at this browser.
const own = (key) => `${key}.${who}`;

/// `name` has the desk from now on; whether that was somebody else's before.
export function beginShift(name) {
  const before = recall(sessionStorage, "who", null);
  who = name;
  remember(sessionStorage, "who", who);
  if (early !== null) seen(early);
  early = null;
  return before !== null && before !== who;
}

/// Remembers up to which seq this shift has seen, and from where it began: what that person's shift before saw last.
export function seen(seq) {
  if (who === null) {
    early = seq;
    return;
  }
  if (recall(sessionStorage, own("since"), null) === null) {
    remember(sessionStorage, own("since"), recall(localStorage, own("seen"), seq));
  }
  remember(localStorage, own("seen"), seq);
}

/// The seq this shift began at; `newest` where it has seen nothing yet.
export const begunAt = (newest) => Math.min(newest, recall(sessionStorage, own("since"), newest));
