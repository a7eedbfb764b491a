"use strict";
// Tables that are sorted by a click on a head, and searched where they are long.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const order = (row, column) => {
    const cell = row.cells[column];
    const value = cell.dataset.order ?? cell.textContent.trim();
    return value === "" ? null : Number.isNaN(Number(value)) ? value : Number(value);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      // What is missing stays at the end, whichever way the others are sorted.
      const rows = [...body.rows].map((row) => [order(row, column), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null);
        return down ? compare(b, a) : compare(a, b);
      });
      body.append(...rows.map(([, row]) => row));
    });
  });
  if (body.rows.length > 20) {
    const label = document.createElement("label");
    const field = document.createElement("input");
    field.type = "search";
    label.className = "search";
    label.append("Rows with ", field);
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.closest(".scroll").before(label);
  }
}
