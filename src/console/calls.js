// The last calls of this shift.

import { nameOnly, phoneGiven } from "./answer.js";
import { recall, remember } from "./desk.js";

const CALLS_KEPT = 100;

const byId = (id) => document.getElementById(id);

export class Calls {
  /// Calls that are chosen from `list`.
  constructor(list) {
    this.list = list;
    this.calls = recall(sessionStorage, "calls", []);
    this.keep();
  }

  /// Remembers that `hit` was answered, with the number that was given.
  remember(hit, view) {
    const others = this.calls.filter((call) => call.hit.id !== hit.id);
    this.calls = [{ time: Date.now(), phone: phoneGiven(hit, view), hit }, ...others].slice(0, CALLS_KEPT);
    this.keep();
    this.draw();
  }

  clear() {
    this.calls = [];
    this.keep();
    this.draw();
  }

  /// Keeps them over a reload, without any number: one may be withheld by then.
  keep() {
    remember(sessionStorage, "calls", this.calls.map(({ time, hit }) => ({ time, hit: nameOnly(hit, hit.status) })));
  }

  draw() {
    this.list.set(this.calls, 0);
    byId("calls-none").hidden = this.calls.length > 0;
    byId("calls-clear").hidden = this.calls.length === 0;
  }
}
