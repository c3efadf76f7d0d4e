import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/page.css";
import "./styles/cards.css";
import "./styles/rows.css";
import "./styles/metric.css";
import "./styles/several.css";
import "./styles/events.css";
import "./styles/hub.css";
import "./styles/debug.css";
import "./styles/wall.css";

import { App } from "./app";
import { ChartLoop } from "./charts/chart_loop";
import { ChartTheme } from "./charts/theme";
import { Access } from "./data/access";
import { AlertBook } from "./data/alerts";
import { Folds } from "./data/folds";
import { Frames } from "./data/frames";
import { LimitStore } from "./data/limits";
import { LiveMetrics } from "./data/live_metrics";
import { MarkBook } from "./data/marks";
import { browserNotifications, Notifier } from "./data/notifier";
import { followAccess, followAlerts, followPage } from "./data/page_life";
import { Pasts } from "./data/pasts";
import { Pins } from "./data/pins";
import { browserPorts } from "./data/ports";
import { sharedStreams } from "./data/shared_streams";
import { KeyStore } from "./data/storage";
import { SavedViews } from "./saved_views";
import { ErrorBoundary } from "./ui/error_boundary";
import { HubContext } from "./ui/hub";
import { loadLater } from "./ui/later";

// Opened by this window itself where windows cannot share a worker: Android's Chromium has none.
const streamPorts =
  typeof SharedWorker === "undefined"
    ? browserPorts
    : {
        ...browserPorts,
        openStream: sharedStreams(
          () =>
            new SharedWorker(new URL("./stream_worker.ts", import.meta.url), {
              type: "module",
              name: "sse-stream",
            }),
          browserPorts.openStream.bind(browserPorts),
        ),
      };
const access = new Access(streamPorts);
const ports = access.watched();
const frames = new Frames(ports);
const live = new LiveMetrics(ports, frames); // its step of a frame comes first: what is drawn is what is known
const charts = new ChartLoop(frames, ports);
const theme = new ChartTheme();
const storage = new KeyStore(browserStorage());
const limits = new LimitStore(storage);
const marks = new MarkBook(ports, live);
const pasts = new Pasts(ports);
const views = new SavedViews(storage);
const folds = new Folds(storage);
const pins = new Pins(storage);
const alerts = new AlertBook();
const notifier = new Notifier(browserNotifications, storage);
live.store.listed.subscribe(() => pasts.refresh());
followPage(live, notifier);
followAlerts(live, alerts, limits, notifier);
followAccess(live, access);

/** Private windows of some browsers throw at the question. */
function browserStorage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

window.addEventListener("load", loadLater);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <HubContext
        value={{
          ...{ ports, access, live, frames, charts, theme, limits },
          ...{ marks, pasts, views, folds, pins, alerts, notifier },
        }}
      >
        <ErrorBoundary>
          <App />
        </ErrorBoundary>
      </HubContext>
    </StrictMode>,
  );
}
