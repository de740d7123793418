// A list chosen from while the keyboard stays in the box: the combobox pattern with aria-activedescendant.

/// One list. `draw(item, at)` makes an option's content; `choose(item, at)` is what Enter or a click does.
export class Choices {
  constructor(node, draw, choose) {
    this.node = node;
    this.draw = draw;
    this.choose = choose;
    this.items = [];
    this.active = -1;
    // The box keeps the keyboard: a press must not take it away.
    node.addEventListener("mousedown", (event) => event.preventDefault());
    node.addEventListener("click", (event) => {
      const option = event.target.closest("[data-at]");
      if (option) this.choose(this.items[Number(option.dataset.at)], Number(option.dataset.at));
    });
  }

  /// Shows `items` in place of what was shown.
  set(items, active = 0) {
    this.items = items;
    const role = this.node.getAttribute("role") === "tree" ? "treeitem" : "option";
    const options = items.map((item, at) => {
      const option = document.createElement("li");
      option.id = `${this.node.id}-${at}`;
      option.setAttribute("role", role);
      option.setAttribute("aria-selected", "false");
      option.dataset.at = at;
      option.append(...[this.draw(item, at, option)].flat().filter(Boolean));
      return option;
    });
    this.node.replaceChildren(...options);
    this.active = -1;
    this.activate(items.length > 0 ? Math.min(active, items.length - 1) : -1, false);
  }

  /// Makes option `at` the one Enter chooses.
  activate(at, scroll = true) {
    this.option(this.active)?.setAttribute("aria-selected", "false");
    this.active = at;
    const option = this.option(at);
    option?.setAttribute("aria-selected", "true");
    if (scroll) option?.scrollIntoView({ block: "nearest" });
  }

  option(at) {
    return this.node.children[at];
  }

  /// The id of the active option, for the box.
  get activeId() {
    return this.option(this.active)?.id ?? "";
  }
}
