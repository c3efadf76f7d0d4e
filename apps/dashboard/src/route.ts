/** Where one is: everything that a link, or a reload, must bring back stands behind the # of the address. */
export interface Route {
  view: "overview" | "chart" | "metric" | "events" | "hub" | "unknown";
  /** Of the metric, or of the event, where there is one. */
  id: string;
  params: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const params = new URLSearchParams(query);
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return { view: "overview", id: "", params };
  if (parts.length === 1 && parts[0] === "chart") return { view: "chart", id: "", params };
  if (parts.length <= 2 && parts[0] === "events") return { view: "events", id: parts[1] ?? "", params };
  if (parts.length === 1 && parts[0] === "hub") return { view: "hub", id: "", params };
  if (parts.length === 2 && parts[0] === "metrics") return { view: "metric", id: parts[1] ?? "", params };
  return { view: "unknown", id: "", params };
}

// What the list of metrics looks like is kept for the way back.
const SHARED = [
  ...["window", "from", "to", "debug", "wall", "rotate", "every", "marks", "tz"],
  ...["q", "sort", "group", "rows", "pin", "m", "only", "own", "view", "limit"],
];

/** A link to another view takes along the window of time, and how the metrics are listed. */
export function linkTo(path: string, params: URLSearchParams): string {
  return withParams(path, new URLSearchParams([...params].filter(([name]) => SHARED.includes(name))));
}

/** What parameters become: a list stands there several times, and null, or what is empty, not at all. */
export type Changes = Record<string, string | readonly string[] | null>;

/** The address of this view with other parameters. */
export function changedHash(hash: string, changes: Changes): string {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const params = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name);
    for (const one of typeof value === "string" ? [value] : (value ?? [])) {
      if (one !== "") params.append(name, one);
    }
  }
  return withParams(path === "" ? "/" : path, params);
}

/** The address of the same view, of another thing in it. */
export function movedHash(hash: string, path: string): string {
  const [, query = ""] = hash.replace(/^#/, "").split("?", 2);
  return withParams(path, new URLSearchParams(query));
}

function withParams(path: string, params: URLSearchParams): string {
  const query = params.toString();
  return query === "" ? `#${path}` : `#${path}?${query}`;
}
