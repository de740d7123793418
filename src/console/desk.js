// Asking the server: the newest question wins, older ones are dropped.

import { Line } from "./line.js";

/// How kinds of problems begin.
const KIND = "urn:chahao:";

/// A problem the server told, or a connection that failed (`status` 0); its message is in the server's own words.
export class Failure extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail);
    this.status = status;
    this.kind = problem.type?.startsWith(KIND) ? problem.type.slice(KIND.length) : null;
    this.retryAfter = retryAfter;
    this.report = problem.report ?? null;
  }

  /// Whether asking again may help.
  get mayPass() {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

/// What the requests of this tab have in common: made up anew each time it is loaded, so it says nothing about anybody.
const TAB = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/// What the window hears when a token is needed.
export const UNAUTHORIZED = "chahao-unauthorized";

/// Where lookups are asked.
const LOOKUP = "/v1/lookup";
/// What lookups are asked over, where it is open.
const line = new Line(TAB);

/// Opens the line, as whoever is signed in now.
export const openLine = () => line.begin();
/// Closes it: nobody is.
export const closeLine = () => line.leave();

/// `path` with these parameters; those without a value are left out.
function addressOf(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}

/// What came in place of an answer.
function failure(path, status, problem, wait, otherwise) {
  if (status === 401 && path !== "/v1/session") dispatchEvent(new Event(UNAUTHORIZED));
  return new Failure(status, { detail: otherwise, ...problem }, wait);
}

/// The answer to `path` with these parameters.
export async function ask(path, parameters = {}, options = {}) {
  const address = addressOf(path, parameters);
  let response;
  try {
    // Other sites' pages cannot send this header unasked: what writes is turned away without it.
    response = await fetch(address, { ...options, headers: { "chahao-console": TAB, ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, { detail: error.message }, 1);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const wait = Number(response.headers.get("retry-after")) || null;
  // A desk that is not ready still tells how it stands.
  if (path === "/readyz" && "ready" in problem) return new Response(JSON.stringify(problem));
  throw failure(path, response.status, problem, wait, response.statusText);
}

/// The answer to `path` as JSON.
export const askJson = async (...question) => (await ask(...question)).json();

/// The lookup that is about to be asked for: its address, and its answer over the line.
let ahead = null;

/// Asks for what is about to be looked up: while a key still is on its way into the box.
export function askAhead(parameters) {
  const address = addressOf(LOOKUP, parameters);
  const asked = { address, answer: line.ask(address) };
  ahead = asked;
  // The key that did not get into the box after all asked for nothing.
  setTimeout(() => { if (ahead === asked) ahead = null; });
}

/// The answer to a lookup.
export async function askLookup(parameters, options = {}) {
  const address = addressOf(LOOKUP, parameters);
  const asked = ahead?.address === address ? ahead.answer : line.ask(address);
  ahead = null;
  const answer = await asked;
  if (!answer) return askJson(LOOKUP, parameters, options);
  if (answer.status === 200) return answer.body;
  throw failure(LOOKUP, answer.status, answer.body, 1, "");
}

/// How long is waited before a question is asked again, where its failure does not say.
const AGAIN_MS = 1_000;

/// Questions of one kind of which only the newest counts.
export class Newest {
  constructor() {
    this.asked = 0;
    this.answered = 0;
    this.controller = null;
    this.again = null;
  }

  /// Forgets what is asked: whatever still comes is dropped.
  drop() {
    this.asked += 1;
    this.answered = this.asked;
    this.leave();
  }

  /// Whether the newest question is answered.
  get fresh() {
    return this.asked === this.answered;
  }

  /// Asks `question`; `answer` or `failed` is called unless something newer was asked meanwhile. Where that may help, it is
  /// asked again until it is answered or dropped.
  ask(question, answer, failed) {
    this.asked += 1;
    return this.attempt(this.asked, question, answer, failed);
  }

  async attempt(sequence, question, answer, failed) {
    this.leave();
    const controller = new AbortController();
    this.controller = controller;
    try {
      const json = await question({ signal: controller.signal });
      if (sequence !== this.asked) return;
      this.answered = sequence;
      answer(json);
    } catch (error) {
      if (sequence !== this.asked || error.name === "AbortError") return;
      if (!(error instanceof Failure)) throw error;
      failed(error);
      if (sequence !== this.asked || !error.mayPass) return;
      const wait = error.retryAfter === null ? AGAIN_MS : error.retryAfter * 1_000;
      this.again = setTimeout(() => this.attempt(sequence, question, answer, failed), wait);
    }
  }

  leave() {
    clearTimeout(this.again);
    this.controller?.abort();
    this.controller = null;
  }
}

/// What is kept in this browser. Storage may be full or forbidden: the console works without.
export function remember(storage, key, value) {
  try {
    storage.setItem(`chahao.${key}`, JSON.stringify(value));
  } catch {
    // Nothing depends on it.
  }
}

/// What was kept under `key`, or `otherwise`.
export function recall(storage, key, otherwise) {
  try {
    return JSON.parse(storage.getItem(`chahao.${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}
