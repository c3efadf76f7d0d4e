import { useEffect, useState } from "react";

import { rangeParams, WINDOWS } from "./data/range";
import { linkTo, type Route } from "./route";
import { changeParams, useRoute, useShortcuts } from "./ui/hooks";
import { CreateMetric } from "./views/create_metric";
import { DebugPanel } from "./views/debug_panel";
import { EventsPage } from "./views/events_page";
import { MetricPage } from "./views/metric_page";
import { Overview } from "./views/overview";
import { ShortcutsHelp } from "./views/shortcuts_help";
import { StatusBar } from "./views/status_bar";

export function App() {
  const route = useRoute();
  const [dialog, setDialog] = useState<"create" | "help">();
  // A dialog's close event may come when the next one is already open.
  const close = (which: "create" | "help") => setDialog((open) => (open === which ? undefined : open));
  const [announcement, setAnnouncement] = useState("");
  const go = (path: string) => {
    window.location.hash = linkTo(path, route.params);
  };

  useShortcuts({
    "/": () => document.getElementById("search")?.focus(),
    n: () => setDialog("create"),
    "?": () => setDialog("help"),
    m: () => go("/"),
    e: () => go("/events"),
    d: () => changeParams({ debug: route.params.has("debug") ? null : "1" }),
    Escape: () => changeParams({ from: null, to: null }),
    ...Object.fromEntries(
      WINDOWS.map(({ span }, index) => [
        String(index + 1),
        () => changeParams(rangeParams({ kind: "live", span })),
      ]),
    ),
  });
  useTitle(route);

  return (
    <div className={route.params.has("debug") ? "page debugging" : "page"}>
      <header className="top">
        <p className="brand">
          <span className="mark" aria-hidden="true" />
          sse-serve
        </p>
        <nav aria-label="Views">
          <a href={linkTo("/", route.params)} aria-current={route.view === "events" ? undefined : "page"}>
            Metrics
          </a>
          <a
            href={linkTo("/events", route.params)}
            aria-current={route.view === "events" ? "page" : undefined}
          >
            Events
          </a>
        </nav>
        <div className="top-end">
          <button
            type="button"
            className="icon"
            aria-label="Keyboard shortcuts"
            onClick={() => setDialog("help")}
          >
            ?
          </button>
          <button type="button" aria-keyshortcuts="n" onClick={() => setDialog("create")}>
            New metric
          </button>
        </div>
      </header>
      <main id="main">
        <View route={route} />
      </main>
      {route.params.has("debug") && <DebugPanel />}
      <StatusBar />
      <p className="unseen" role="status">
        {announcement}
      </p>
      {dialog === "help" && <ShortcutsHelp onClose={() => close("help")} />}
      {dialog === "create" && (
        <CreateMetric
          onClose={() => close("create")}
          onCreated={(_id, name) => {
            close("create");
            setAnnouncement(`The metric ${name} was created.`);
          }}
        />
      )}
    </div>
  );
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case "overview":
      return <Overview />;
    case "metric":
      return <MetricPage />;
    case "events":
      return <EventsPage />;
    case "unknown":
      return (
        <section className="nothing">
          <h1>No such page</h1>
          <a href={linkTo("/", route.params)}>All metrics</a>
        </section>
      );
  }
}

function useTitle(route: Route): void {
  const title = route.view === "events" ? "Events" : "Metrics";
  useEffect(() => {
    document.title = `${title} · sse-serve`;
  }, [title]);
}
