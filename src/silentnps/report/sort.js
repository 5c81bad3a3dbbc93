(() => {
  "use strict";
  const inWords = new Intl.Collator("en", { numeric: true }).compare;

  function keyOf(row, column, isNumber) {
    const cell = row.cells[column];
    if (!isNumber) return cell.textContent.trim();
    return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
  }

  function compare(one, other, isNumber, sign) {
    if (one === null || other === null) return (one === null) - (other === null);
    return sign * (isNumber ? one - other : inWords(one, other));
  }

  function sort(table, head) {
    const isNumber = head.dataset.sort === "number";
    const [first, second] = isNumber ? ["descending", "ascending"] : ["ascending", "descending"];
    const order = head.getAttribute("aria-sort") === first ? second : first;
    for (const each of head.parentNode.cells) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const keyed = [...table.tBodies[0].rows].map((row) => [keyOf(row, head.cellIndex, isNumber), row]);
    keyed.sort(([one], [other]) => compare(one, other, isNumber, sign));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  }

  for (const head of document.querySelectorAll("table thead th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head.closest("table"), head));
    head.append(button);
  }
})();
