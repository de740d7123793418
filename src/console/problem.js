// What went wrong, in the language of the page and in the server's own words beside it.

import { shown } from "./text.js";
import { isWord, word } from "./words.js";

/// What a status means that comes without a kind: a proxy's, or that nothing came at all.
const KINDS = { 0: "no_connection", 401: "unauthorized", 403: "forbidden", 404: "not_found", 413: "too_large", 429: "too_many",
  500: "internal", 502: "not_ready", 503: "not_ready", 504: "not_ready" };

/// What `failure` is called; null where there is no word for it.
function nameOf(failure) {
  const names = [failure.kind?.replaceAll("-", "_"), KINDS[failure.status]];
  const name = names.find((known) => known && isWord(`problem_${known}`));
  return name ? word(`problem_${name}`) : null;
}

/// `failure` as a text.
export function inWords(failure) {
  const name = nameOf(failure);
  if (!name) return failure.message;
  return failure.message ? word("problem", name, failure.message) : name;
}

/// `failure` as what is shown: its name, and what the server says of it, which is English.
export function problemShown(failure) {
  const name = nameOf(failure);
  return [name && `${name} `, failure.message && shown(failure.message, [], "en")].filter(Boolean);
}
