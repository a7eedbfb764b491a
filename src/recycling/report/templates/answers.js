// The browser of answers. Everything that is shown is set as text, never as markup.
const answers = document.getElementById("answers-data");
if (answers !== null) {
  const { arms, metrics, worn, rows } = JSON.parse(answers.textContent);
  const PAGE = 50;
  const at = (id) => document.getElementById(id);
  const make = (kind, text, name = "") => {
    const element = document.createElement(kind);
    element.textContent = text;
    element.className = name;
    return element;
  };
  // An answer: its text, whether it ended, the candidates' likelihoods, then its scores.
  const SCORES = 3, RIGHT = SCORES, FORMAT = SCORES + 3;
  const mark = (said) => `${said[RIGHT] ? "right" : "wrong"}${said[FORMAT] ? "" : " odd"}`;
  const is = (said, wanted) => {
    if (wanted === "") return true;
    if (said === undefined) return false;
    if (wanted === "wrong format") return !said[FORMAT];
    return Boolean(said[RIGHT]) === (wanted === "right");
  };
  let count = PAGE;
  const chosen = () => {
    const value = (id) => at(id).value;
    const found = rows.filter((row) => (value("by-task") === "" || row.task === value("by-task"))
      && (value("by-replicate") === "" || row.replicate === value("by-replicate"))
      && is(row.said[value("a-arm")], value("a-is")) && is(row.said[value("b-arm")], value("b-is")));
    if (value("sort-metric") !== "") {
      const place = SCORES + Number(value("sort-metric"));
      const sign = value("sort-down") ? -1 : 1;
      const score = (row) => row.said[value("sort-arm")]?.[place] ?? null;
      found.sort((a, b) => (score(a) === null || score(b) === null
        ? (score(a) === null) - (score(b) === null) : sign * (score(a) - score(b))));
    }
    return found;
  };
  const open = (row) => {
    at("example-title").textContent = `${row.task}, replicate ${row.replicate}: ${row.id}`;
    at("example-prompt").textContent = row.prompt;
    at("example-answers").textContent = row.answers.join(" | ");
    const heads = document.createElement("tr");
    const names = ["arm", "answer", "ended", ...metrics, ...row.choices, "adapters worn"];
    heads.append(...names.map((name) => make("th", name)));
    at("example-said").tHead.replaceChildren(heads);
    at("example-said").tBodies[0].replaceChildren(...arms.filter((arm) => row.said[arm]).map((arm) => {
      const said = row.said[arm];
      const line = document.createElement("tr");
      line.append(make("th", arm), make("td", said[0], mark(said)), make("td", said[1] ? "yes" : "cut off"));
      for (const score of said.slice(SCORES)) line.append(make("td", score ?? ""));
      const least = Math.min(...said[2]);
      for (const value of said[2]) {
        const cell = make("td", "");
        cell.append(make(value === least ? "mark" : "span", value));
        line.append(cell);
      }
      line.append(make("td", (worn[`${arm}/${row.task}/${row.replicate}`] ?? []).join(", ")));
      return line;
    }));
    at("example").showModal();
  };
  const show = () => {
    const found = chosen();
    const columns = at("columns").value ? [...new Set([at("a-arm").value, at("b-arm").value])] : arms;
    const heads = document.createElement("tr");
    heads.append(...["example", "task", "right", ...columns].map((name) => make("th", name)));
    at("browser-table").tHead.replaceChildren(heads);
    at("browser-table").tBodies[0].replaceChildren(...found.slice(0, count).map((row) => {
      const line = document.createElement("tr");
      const button = make("button", row.input.length > 80 ? `${row.input.slice(0, 80)}...` : row.input);
      button.type = "button";
      button.addEventListener("click", () => open(row));
      const cell = make("td", "", "row");
      cell.append(button);
      line.append(cell, make("td", `${row.task} ${row.replicate}`), make("td", row.answers[0], "said"));
      for (const arm of columns) {
        const said = row.said[arm];
        const text = said === undefined ? "" : said[0];
        line.append(make("td", text.length > 60 ? `${text.slice(0, 60)}...` : text,
          said === undefined ? "" : `said ${mark(said)}`));
      }
      return line;
    }));
    at("browser-count").textContent = `${found.length} of ${rows.length} examples`;
    at("browser-more").hidden = found.length <= count;
  };
  at("browser").addEventListener("change", () => { count = PAGE; show(); });
  at("browser-more").addEventListener("click", () => { count += PAGE; show(); });
  at("example-close").addEventListener("click", () => at("example").close());
  show();
}
