// The keyboard stays in the box: whatever is clicked at, the next name is typed at once.

const byId = (id) => document.getElementById(id);

/// Whether `key` does something to `target`, which has the keyboard: letters do nothing to buttons and links.
export function isOwnKey(key, target) {
  return target.closest("select, input, textarea") !== null || (key === " " && target.closest("button, a, summary") !== null);
}

/// Has a click leave the keyboard where it is, and in `box` where nothing else takes keys.
export function keepKeyboard(box) {
  const isFree = () => !byId("desk").hidden && !document.querySelector("dialog[open]");
  addEventListener("mousedown", (event) => {
    if (isFree() && event.target.closest("button")) event.preventDefault();
  });
  addEventListener("click", () => {
    // Who marks a text wants it marked.
    if (isFree() && document.activeElement === document.body && getSelection().isCollapsed) box.focus();
  });
}
