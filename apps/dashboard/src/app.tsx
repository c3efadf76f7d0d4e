import { Suspense, useEffect, useRef, useState } from "react";

import { WINDOWS } from "./data/range";
import { visible } from "./format/texts";
import { showTimesIn } from "./format/times";
import { linkTo, type Route } from "./route";
import {
  backToLive,
  changeParams,
  showRange,
  useAccess,
  useAlerts,
  useRange,
  useRoute,
  useSeriesList,
  useShortcuts,
} from "./ui/hooks";
import { useHub } from "./ui/hub";
import { signOf, useFavicon } from "./ui/favicon";
import { usePageVersion } from "./ui/page_version";
import { useCarriedLimits, useMarks, useRotation } from "./ui/views";
import { later } from "./ui/later";
import { useWakeLock } from "./ui/wake_lock";
import { ChartPage } from "./views/chart_page";
import { CreateMetric } from "./views/create_metric";
import { DownBand, useDownSince } from "./views/down_band";
import { EventsPage } from "./views/events_page";
import { Login } from "./views/login";
import { MetricPage } from "./views/metric_page";
import { Overview } from "./views/overview";
import { ShortcutsHelp } from "./views/shortcuts_help";
import { StatusBar } from "./views/status_bar";
import { Who } from "./views/who";

const HubPage = later(() => import("./views/hub_page").then(({ HubPage: view }) => view));
const DebugPanel = later(() => import("./views/debug_panel").then(({ DebugPanel: view }) => view));

export function App() {
  const route = useRoute();
  const access = useAccess();
  const out = access.phase === "out";
  const [dialog, setDialog] = useState<"create" | "help">();
  // A dialog's close event may come when the next one is already open.
  const close = (which: "create" | "help") => setDialog((open) => (open === which ? undefined : open));
  const [created, setCreated] = useState<{ id: string; name: string }>();
  const isWall = route.params.has("wall");
  const downSince = useDownSince();
  const alerts = useAlerts();
  useMarks(out ? "" : (route.params.get("marks") ?? ""), useRange());
  useCarriedLimits(route.params);
  const rotation = useRotation(route.params);
  const { live } = useHub();
  const every = route.params.get("every") ?? "";
  useEffect(() => live.pace(/^\d+(ms|s)$/.test(every) ? every : ""), [live, every]);
  const zone = route.params.get("tz") === "utc" ? "utc" : "local";
  showTimesIn(zone); // before anything that has times in it
  usePageVersion();
  useWakeLock(isWall);
  const go = (path: string) => {
    window.location.hash = linkTo(path, route.params);
  };

  useShortcuts({
    "/": () => document.getElementById("search")?.focus(),
    n: () => !out && setDialog("create"),
    "?": () => setDialog("help"),
    m: () => go("/"),
    e: () => go("/events"),
    h: () => go("/hub"),
    c: () => go("/chart"),
    ...(rotation && { " ": rotation.toggle }),
    f: () => changeParams({ wall: isWall ? null : "1" }),
    d: () => changeParams({ debug: route.params.has("debug") ? null : "1" }),
    Escape: () => (isWall ? changeParams({ wall: null, rotate: null }) : backToLive()),
    ...Object.fromEntries(
      WINDOWS.map(({ span }, index) => [String(index + 1), () => showRange({ kind: "live", span })]),
    ),
  });
  const isDown = downSince !== undefined;
  useTitle(route, isDown, alerts.length);
  useFavicon(isDown ? "down" : signOf(alerts));
  useFocusOfView(`${route.view} ${route.view === "metric" ? route.id : ""}`);
  const classes = ["page"];
  if (route.params.has("debug") && !isWall) classes.push("debugging");
  if (isWall) classes.push("wall");
  if (downSince !== undefined) classes.push("is-down");

  return (
    <div className={classes.join(" ")}>
      <header className="top">
        <p className="brand">
          <span className="mark" aria-hidden="true" />
          sse-serve
        </p>
        <nav aria-label="Views">
          <a
            href={linkTo("/", route.params)}
            aria-current={["overview", "chart", "metric"].includes(route.view) ? "page" : undefined}
          >
            Metrics
          </a>
          <a
            href={linkTo("/events", route.params)}
            aria-current={route.view === "events" ? "page" : undefined}
          >
            Events
          </a>
          <a href={linkTo("/hub", route.params)} aria-current={route.view === "hub" ? "page" : undefined}>
            Hub
          </a>
        </nav>
        <div className="top-end">
          <Who />
          <button
            type="button"
            className="icon"
            aria-label="Keyboard shortcuts"
            onClick={() => setDialog("help")}
          >
            ?
          </button>
          {!out && (
            <button type="button" aria-keyshortcuts="n" onClick={() => setDialog("create")}>
              New metric
            </button>
          )}
        </div>
      </header>
      {downSince !== undefined && <DownBand since={downSince} />}
      <main key={zone} id="main" tabIndex={-1}>
        {out ? <Login why={access.why} /> : <View route={route} />}
      </main>
      <Suspense>{route.params.has("debug") && <DebugPanel key={`debug ${zone}`} />}</Suspense>
      <StatusBar />
      {rotation && (
        <p className="rotation" role="status">
          <bdi>{visible(rotation.name)}</bdi>
          {rotation.isPaused ? " paused: Space goes on" : ""}
        </p>
      )}
      <div className="toast" role="status">
        {created && (
          <>
            <span>
              Created <bdi>{visible(created.name)}</bdi>
            </span>
            <a href={linkTo(`/metrics/${created.id}`, route.params)} onClick={() => setCreated(undefined)}>
              Open
            </a>
            <button type="button" className="icon" aria-label="Dismiss" onClick={() => setCreated(undefined)}>
              ✕
            </button>
          </>
        )}
      </div>
      {dialog === "help" && <ShortcutsHelp onClose={() => close("help")} />}
      {dialog === "create" && !out && (
        <CreateMetric
          onClose={() => close("create")}
          onCreated={(id, name) => {
            close("create");
            setCreated({ id, name });
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
    case "chart":
      return <ChartPage />;
    case "metric":
      return <MetricPage />;
    case "events":
      return <EventsPage />;
    case "hub":
      return (
        <Suspense fallback={<p className="nothing">Loading …</p>}>
          <HubPage />
        </Suspense>
      );
    case "unknown":
      return (
        <section className="nothing">
          <h1>No such page</h1>
          <a href={linkTo("/", route.params)}>All metrics</a>
        </section>
      );
  }
}

function useTitle(route: Route, isDown: boolean, alerts: number): void {
  const { live } = useHub();
  useSeriesList(); // a metric's name comes with the list
  const view = route.view === "overview" || route.view === "chart" ? (route.params.get("view") ?? "") : "";
  const name = route.view === "metric" ? live.store.find(route.id)?.name : view;
  const title = `${isDown ? "✕ " : alerts > 0 ? `(${alerts}) ` : ""}${visible(name || TITLES[route.view])} · sse-serve`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}

const TITLES = {
  overview: "Metrics",
  chart: "Chart",
  metric: "Metrics",
  events: "Events",
  hub: "Hub",
  unknown: "No such page",
};

/** Another view begins at its heading, also for who hears it. */
function useFocusOfView(view: string): void {
  const before = useRef(view);
  useEffect(() => {
    if (before.current === view) return;
    before.current = view;
    // A list that one comes back to has put the focus on what was left.
    requestAnimationFrame(() => {
      if (document.activeElement !== document.body && document.activeElement !== null) return;
      const target =
        document.querySelector<HTMLElement>("main h1[tabindex]") ?? document.getElementById("main");
      target?.focus({ preventScroll: true });
    });
  }, [view]);
}
