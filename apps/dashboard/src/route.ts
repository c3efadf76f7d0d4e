/** Where one is: everything that a link, or a reload, must bring back stands behind the # of the address. */
export interface Route {
  view: "overview" | "metric" | "events" | "hub" | "unknown";
  /** Of the metric, or of the event, where there is one. */
  id: string;
  params: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const params = new URLSearchParams(query);
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return { view: "overview", id: "", params };
  if (parts.length <= 2 && parts[0] === "events") return { view: "events", id: parts[1] ?? "", params };
  if (parts.length === 1 && parts[0] === "hub") return { view: "hub", id: "", params };
  if (parts.length === 2 && parts[0] === "metrics") return { view: "metric", id: parts[1] ?? "", params };
  return { view: "unknown", id: "", params };
}

// What the list of metrics looks like is kept for the way back.
const SHARED = ["window", "from", "to", "debug", "wall", "every", "q", "sort"];

/** A link to another view takes along the window of time, and how the metrics are listed. */
export function linkTo(path: string, params: URLSearchParams): string {
  return withParams(path, new URLSearchParams([...params].filter(([name]) => SHARED.includes(name))));
}

/** The address of this view with other parameters; null takes one away. */
export function changedHash(hash: string, changes: Record<string, string | null>): string {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const params = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") params.delete(name);
    else params.set(name, value);
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
